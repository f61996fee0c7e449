# SPDX-License-Identifier: MIT
# Stand-alone projects below consume/, built against this library as it would be installed, static
# and shared, and against the sources. Each has to print the known ranking.
#
# They share out what can be chosen: the other kind of library has std::thread, the one that is
# fetched no threads at all; nothing here runs Python.
set(_here ${CMAKE_CURRENT_SOURCE_DIR}/consume)
set(_work ${CMAKE_CURRENT_BINARY_DIR}/consume)
set(_tools --build-generator ${CMAKE_GENERATOR} --build-makeprogram ${CMAKE_MAKE_PROGRAM})
set(_compiler -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER})
set(_pocketfft -DPOCKETFFT_INCLUDE_DIR=${PROJECT_BINARY_DIR}/pocketfft/include)

# ndreg_preeval_consumer(name project options): configure, build and run a project.
function(ndreg_preeval_consumer name project)
  set(_folder ${_work}/${name})
  string(REPLACE "/" ":" _test ${name})
  add_test(NAME consume:${_test}
    COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${_here}/${project} ${_folder} ${_tools}
      --build-options ${_compiler} -DCMAKE_BUILD_TYPE=Release ${ARGN}
      --test-command ${CMAKE_COMMAND} -DPROGRAM=${_folder}/rank -P ${_here}/expect.cmake)
  # Some compile the whole library.
  set_tests_properties(consume:${_test} PROPERTIES TIMEOUT 1800)
endfunction()

# --- The sources -----------------------------------------------------------------------------
ndreg_preeval_consumer(add_subdirectory add_subdirectory ${_pocketfft}
  -DNDREG_PREEVAL_THREADS=${NDREG_PREEVAL_THREADS})
# Unoptimised: it is the fetching that is tried.
ndreg_preeval_consumer(fetch_content fetch_content ${_pocketfft}
  -DNDREG_PREEVAL_THREADS=off -DBUILD_SHARED_LIBS=ON -DCMAKE_BUILD_TYPE=Debug)

# --- Installed: this build, the other kind, and both in one prefix ---------------------------
if(NOT NDREG_PREEVAL_INSTALL)
  return()
endif()
string(TOLOWER ${_kind} _this)
set(_other shared)
if(_this STREQUAL "shared")
  set(_other static)
endif()
set(_build_${_this} ${CMAKE_BINARY_DIR})
set(_build_${_other} ${_work}/${_other}-build)
set(_build_both ${_build_${_this}} ${_build_${_other}})
string(COMPARE EQUAL ${_other} shared _other_is_shared)

foreach(_one static shared both)
  add_test(NAME consume:${_one}:install
    COMMAND ${CMAKE_COMMAND} -DPREFIX=${_work}/${_one}/prefix "-DBUILDS=${_build_${_one}}"
      -DSOURCES=${PROJECT_SOURCE_DIR} -DCONFIG=$<CONFIG> -P ${_here}/stage.cmake)
  set_tests_properties(consume:${_one}:install PROPERTIES FIXTURES_SETUP installed_${_one})
endforeach()
# ctest wants something to run after a build.
add_test(NAME consume:${_other}:build
  COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${PROJECT_SOURCE_DIR} ${_build_${_other}} ${_tools}
    --build-options ${_compiler} -DCMAKE_BUILD_TYPE=$<CONFIG> ${_pocketfft}
      -DNDREG_PREEVAL_SHARED_LIBS=${_other_is_shared} -DNDREG_PREEVAL_THREADS=std
      -DNDREG_PREEVAL_BUILD_TESTS=OFF -DNDREG_PREEVAL_WERROR=${NDREG_PREEVAL_WERROR}
    --test-command ${CMAKE_COMMAND} -E true)
set_tests_properties(consume:${_other}:build PROPERTIES FIXTURES_SETUP built_${_other}
  TIMEOUT 1800)
set_tests_properties(consume:${_other}:install consume:both:install PROPERTIES
  FIXTURES_REQUIRED built_${_other})

find_program(NDREG_PREEVAL_MAKE NAMES gmake make)
find_program(NDREG_PREEVAL_PKG_CONFIG NAMES pkgconf pkg-config)
mark_as_advanced(NDREG_PREEVAL_MAKE NDREG_PREEVAL_PKG_CONFIG)
if(NOT NDREG_PREEVAL_MAKE OR NOT NDREG_PREEVAL_PKG_CONFIG)
  message(STATUS "No test of ndreg_preeval.pc: make or pkg-config is missing")
endif()

foreach(_one static shared both)
  set(_prefix ${_work}/${_one}/prefix)
  set(_tests "")
  foreach(_component static shared)
    if(_one STREQUAL "both" OR _one STREQUAL _component)
      ndreg_preeval_consumer(${_one}/find_package_${_component} find_package
        -DCMAKE_PREFIX_PATH=${_prefix} -DKIND=${_component})
      list(APPEND _tests consume:${_one}:find_package_${_component})
    endif()
  endforeach()
  add_test(NAME consume:${_one}:components
    COMMAND ${CMAKE_COMMAND} -S ${_here}/components -B ${_work}/${_one}/components
      -G ${CMAKE_GENERATOR} ${_compiler} -DCMAKE_PREFIX_PATH=${_prefix} -DINSTALLED=${_one})
  list(APPEND _tests consume:${_one}:components)
  if(NDREG_PREEVAL_MAKE AND NDREG_PREEVAL_PKG_CONFIG)
    add_test(NAME consume:${_one}:pkg_config
      COMMAND ${CMAKE_COMMAND} -DFOLDER=${_work}/${_one}/pkg_config
        -DPACKAGES=${_prefix}/${CMAKE_INSTALL_LIBDIR}/pkgconfig -DCXX=${CMAKE_CXX_COMPILER}
        -DMAKE=${NDREG_PREEVAL_MAKE} -DPKG_CONFIG=${NDREG_PREEVAL_PKG_CONFIG}
        -P ${_here}/make.cmake)
    list(APPEND _tests consume:${_one}:pkg_config)
  endif()
  set_tests_properties(${_tests} PROPERTIES FIXTURES_REQUIRED installed_${_one})
endforeach()

if(UNIX AND NOT APPLE AND CMAKE_NM AND CMAKE_OBJDUMP)
  set(_version ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  add_test(NAME consume:shared:exports
    COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DOBJDUMP=${CMAKE_OBJDUMP}
      -DSONAME=libndreg_preeval.so.${_version}
      -DLIBRARY=${_work}/shared/prefix/${CMAKE_INSTALL_LIBDIR}/libndreg_preeval.so
      -P ${_here}/exports.cmake)
  set_tests_properties(consume:shared:exports PROPERTIES FIXTURES_REQUIRED installed_shared)
endif()
