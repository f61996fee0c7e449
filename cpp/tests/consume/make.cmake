# SPDX-License-Identifier: MIT
# Builds the program of pkg_config/Makefile in FOLDER and compares what it prints. PACKAGES: where
# ndreg_preeval.pc lies.
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
execute_process(
  COMMAND ${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${PACKAGES} ${MAKE} --no-print-directory
    -f ${CMAKE_CURRENT_LIST_DIR}/pkg_config/Makefile CXX=${CXX} PKG_CONFIG=${PKG_CONFIG}
  WORKING_DIRECTORY ${FOLDER} COMMAND_ERROR_IS_FATAL ANY)
set(PROGRAM ${FOLDER}/rank)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)
