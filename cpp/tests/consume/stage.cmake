# SPDX-License-Identifier: MIT
# Installs BUILDS (build folders) into one prefix, and moves it to PREFIX: from now on nothing lies
# where it was installed. No file of text in it may name a folder that was used on the way.
set(first ${PREFIX}-first)
file(REMOVE_RECURSE ${PREFIX} ${first})
foreach(build IN LISTS BUILDS)
  foreach(component runtime development)
    execute_process(COMMAND ${CMAKE_COMMAND} --install ${build} --prefix ${first} --config ${CONFIG}
      --component ndreg_preeval_${component} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
endforeach()
file(RENAME ${first} ${PREFIX})

file(GLOB_RECURSE texts ${PREFIX}/*.cmake ${PREFIX}/*.pc ${PREFIX}/*.hpp)
list(LENGTH texts count)
if(count LESS 10)
  message(FATAL_ERROR "${PREFIX} is rather empty: ${texts}")
endif()
foreach(file IN LISTS texts)
  file(READ ${file} text)
  foreach(folder ${first} ${SOURCES} ${BUILDS})
    string(FIND "${text}" "${folder}" place)
    if(NOT place EQUAL -1)
      message(FATAL_ERROR "${file} names ${folder}: what is installed cannot be moved")
    endif()
  endforeach()
endforeach()
