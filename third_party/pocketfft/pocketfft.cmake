# SPDX-License-Identifier: MIT
# Finds pocketfft (one header, BSD-3-Clause) and defines the target pocketfft::pocketfft:
#
#   1. POCKETFFT_INCLUDE_DIR, a folder with pocketfft_hdronly.h
#   2. an installed pocketfft_hdronly.h (distribution, conda, module)
#   3. the copy inside the Python package pythran of the build environment
#   4. upstream, one pinned file, where NDREG_PREEVAL_ALLOW_DOWNLOAD says that it may be downloaded
#
# Sets NDREG_PREEVAL_POCKETFFT_SOURCE (which one was taken) and NDREG_PREEVAL_POCKETFFT_LICENSE
# (a file with the licence text, taken from the header itself).

set(_commit ea778e37710c07723435b1be58235996d1d43a5a)
set(_sha256_upstream 4983075ffefbeaf02e97c9aaac36df44fb59b977ac8bf38c9efdedd9ba3e63bd)
# Upstream's commit above plus an allocation branch for Windows.
set(_sha256_pythran 9ed4da5afa1f7e3fc550324c2cc9353d373a23fda0975dac643fd26c4e311250)

set(_header "")
set(_work ${CMAKE_CURRENT_BINARY_DIR}/pocketfft)
file(MAKE_DIRECTORY ${_work}/include)

if(POCKETFFT_INCLUDE_DIR)
  set(_header ${POCKETFFT_INCLUDE_DIR}/pocketfft_hdronly.h)
  if(NOT EXISTS ${_header})
    message(FATAL_ERROR "POCKETFFT_INCLUDE_DIR is ${POCKETFFT_INCLUDE_DIR}, "
      "but there is no pocketfft_hdronly.h in it")
  endif()
  set(_source "POCKETFFT_INCLUDE_DIR")
endif()

if(NOT _header)
  find_path(_installed pocketfft_hdronly.h PATH_SUFFIXES pocketfft NO_CACHE)
  if(_installed)
    set(_header ${_installed}/pocketfft_hdronly.h)
    set(_source "installed header")
  endif()
endif()

if(NOT _header)
  find_package(Python 3 QUIET COMPONENTS Interpreter)
  if(Python_EXECUTABLE)
    # find_spec does not import the package.
    execute_process(
      COMMAND ${Python_EXECUTABLE} -c
        "import importlib.util as u; print(u.find_spec('pythran').submodule_search_locations[0])"
      OUTPUT_VARIABLE _pythran OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    set(_candidate ${_pythran}/pythonic/numpy/fft/pocketfft.hpp)
    if(_pythran AND EXISTS ${_candidate})
      set(_header ${_candidate})
      set(_source "pythran")
      set(_expected ${_sha256_pythran})
    endif()
  endif()
endif()

if(NOT _header AND NDREG_PREEVAL_ALLOW_DOWNLOAD)
  set(_header ${_work}/pocketfft_hdronly.h)
  file(DOWNLOAD
    https://raw.githubusercontent.com/mreineck/pocketfft/${_commit}/pocketfft_hdronly.h ${_header}
    EXPECTED_HASH SHA256=${_sha256_upstream} TLS_VERIFY ON STATUS _status)
  list(GET _status 0 _code)
  if(NOT _code EQUAL 0)
    message(FATAL_ERROR "pocketfft could not be downloaded: ${_status}")
  endif()
  set(_source "upstream ${_commit}")
  set(_expected ${_sha256_upstream})
endif()

if(NOT _header)
  message(FATAL_ERROR "pocketfft was not found. One of these helps:\n"
    "  -DPOCKETFFT_INCLUDE_DIR=<folder with pocketfft_hdronly.h>\n"
    "  installing it (conda-forge: pocketfft, Fedora: pocketfft-devel)\n"
    "  a Python with the package pythran: -DPython_EXECUTABLE=<python>\n"
    "  -DNDREG_PREEVAL_ALLOW_DOWNLOAD=ON to download one pinned file")
endif()

file(SHA256 ${_header} _sha256)
if(DEFINED _expected AND NOT _sha256 STREQUAL _expected)
  message(FATAL_ERROR "${_header} (${_source}) is not the pocketfft that was tested: "
    "SHA-256 ${_sha256}, expected ${_expected}")
endif()
if(_sha256 STREQUAL _sha256_upstream OR _sha256 STREQUAL _sha256_pythran)
  set(_known "tested copy")
else()
  # Other copies are welcome as long as they have the plan classes that the kernels run.
  file(STRINGS ${_header} _classes REGEX "class pocketfft_[cr]")
  list(LENGTH _classes _count)
  if(_count LESS 2)
    message(FATAL_ERROR "${_header} has no pocketfft_c and pocketfft_r: not pocketfft's C++ header")
  endif()
  set(_known "other copy, SHA-256 ${_sha256}")
endif()

# The name the kernels include, whatever the file is called where it was found.
configure_file(${_header} ${_work}/include/pocketfft_hdronly.h COPYONLY)
if(NOT TARGET pocketfft::pocketfft)
  add_library(pocketfft_header INTERFACE)
  add_library(pocketfft::pocketfft ALIAS pocketfft_header)
  target_include_directories(pocketfft_header SYSTEM INTERFACE ${_work}/include)
endif()

# The licence is the first comment of the header.
file(READ ${_header} _text)
string(FIND "${_text}" "*/" _end)
string(SUBSTRING "${_text}" 0 ${_end} _text)
string(REPLACE "/*" "" _text "${_text}")
string(STRIP "${_text}" _text)
if(NOT _text MATCHES "Redistribution")
  message(FATAL_ERROR "${_header} does not begin with its licence")
endif()
file(WRITE ${_work}/LICENSE.pocketfft.txt "${_text}\n")
set(NDREG_PREEVAL_POCKETFFT_LICENSE ${_work}/LICENSE.pocketfft.txt)
set(NDREG_PREEVAL_POCKETFFT_SOURCE "${_source} (${_known})")
