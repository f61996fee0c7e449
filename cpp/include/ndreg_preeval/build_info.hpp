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
  std::vector<std::string> usable_isas;  ///< those that this processor can run
  std::string active_isa;                ///< what a Scorer made now will use
};

/// The instruction set in use is the last usable one, or the one that the environment variable
/// NDREG_PREEVAL_ISA names: it is read whenever a Scorer is made.
/// \throws std::invalid_argument  where it names one that is not usable
NDREG_PREEVAL_API BuildInfo build_info();

}  // namespace ndreg_preeval
