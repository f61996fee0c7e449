// SPDX-License-Identifier: MIT
/// \file build_info.hpp
/// What this library was built from and what it runs on.
#pragma once

#include <string>
#include <vector>

#include <ndreg_preeval/export.hpp>

namespace ndreg_preeval {

struct BuildInfo {
  std::string version;
  std::string compiler;
  std::string build_type;
  std::string threads;            ///< "openmp", "std" or "off"
  std::string fft_source;         ///< which copy of the FFT header was found
  std::vector<std::string> isas;  ///< instruction sets this binary has kernels for, best last
  std::string active_isa;         ///< the one in use
};

NDREG_PREEVAL_API BuildInfo build_info();

}  // namespace ndreg_preeval
