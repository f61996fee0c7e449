# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: library, headers, CMake package, pkg-config file, licences. A
# static and a shared build may be installed into one prefix (but on Windows, where both are called
# ndreg_preeval.lib). Every path in what is installed is relative.
include(CMakePackageConfigHelpers)

string(TOLOWER ${_kind} _which)
set(_package ${CMAKE_INSTALL_LIBDIR}/cmake/ndreg_preeval)
set(_development COMPONENT ndreg_preeval_development)

install(TARGETS ndreg_preeval EXPORT ndreg_preeval_targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} ${_development}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ndreg_preeval_runtime
    NAMELINK_COMPONENT ndreg_preeval_development
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT ndreg_preeval_runtime)
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} ${_development})
if(NOT NDREG_PREEVAL_BUILD_PYTHON)  # a wheel has it already
  install(FILES ../LICENSE DESTINATION ${NDREG_PREEVAL_LICENSE_DIR} RENAME ndreg_preeval.txt
    ${_development})
endif()
install(FILES ${NDREG_PREEVAL_POCKETFFT_LICENSE} DESTINATION ${NDREG_PREEVAL_LICENSE_DIR}
  RENAME pocketfft.txt ${_development})

# --- CMake package ---------------------------------------------------------------------------
# What programs need to link with a static library.
set(_dependencies "")
if(_kind STREQUAL "STATIC")
  set(_dependencies "find_dependency(Threads)\n")
  if(_threads STREQUAL "openmp")
    string(APPEND _dependencies "find_dependency(OpenMP COMPONENTS CXX)\n")
  endif()
endif()
configure_file(cmake/ndreg_preeval-library.cmake.in ndreg_preeval-${_which}.cmake @ONLY)
install(EXPORT ndreg_preeval_targets NAMESPACE ndreg_preeval:: DESTINATION ${_package}
  FILE ndreg_preeval-${_which}-targets.cmake ${_development})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/ndreg_preeval-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/ndreg_preeval-${_which}.cmake
  cmake/ndreg_preeval-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/ndreg_preeval-config-version.cmake
  DESTINATION ${_package} ${_development})

# --- pkg-config ------------------------------------------------------------------------------
set(_libraries "")
if(_threads STREQUAL "openmp")
  foreach(_name IN LISTS OpenMP_CXX_LIB_NAMES)
    string(APPEND _libraries " -l${_name}")
  endforeach()
endif()
if(CMAKE_THREAD_LIBS_INIT)
  string(APPEND _libraries " ${CMAKE_THREAD_LIBS_INIT}")
endif()
# Programs in C need those of C++, too.
foreach(_name IN LISTS CMAKE_CXX_IMPLICIT_LINK_LIBRARIES)
  if(_name MATCHES "^(stdc\\+\\+|c\\+\\+|m)$")
    string(APPEND _libraries " -l${_name}")
  endif()
endforeach()
# Who has a static library only should not have to know: no `pkg-config --static` is needed.
set(_public "")
set(_private "${_libraries}")
set(_definitions "")
if(_kind STREQUAL "STATIC")
  set(_public "${_libraries}")
  set(_private "")
  set(_definitions " -DNDREG_PREEVAL_STATIC")
endif()
set(_pkgconfig ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH _to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" _to_prefix "${_to_prefix}")
file(RELATIVE_PATH _to_lib ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH _to_include ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(cmake/ndreg_preeval.pc.in ndreg_preeval.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/ndreg_preeval.pc DESTINATION ${_pkgconfig} ${_development})
