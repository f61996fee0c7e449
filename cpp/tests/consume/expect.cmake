# SPDX-License-Identifier: MIT
# Runs PROGRAM and compares what it prints with the known ranking.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE got COMMAND_ERROR_IS_FATAL ANY)
file(READ ${CMAKE_CURRENT_LIST_DIR}/ranking.txt expected)
if(NOT got STREQUAL expected)
  message(FATAL_ERROR "The program printed\n${got}instead of\n${expected}")
endif()
