// SPDX-License-Identifier: MIT
#include <ndreg_preeval/build_info.hpp>
#include <ndreg_preeval/version.hpp>

#include "kernel/isa/dispatch.hpp"
#include "threads/parallel.hpp"

namespace ndreg_preeval {
namespace {

std::string compiler() {
#if defined(__clang__)
  return "Clang " __clang_version__;
#elif defined(__GNUC__)
  return "GCC " __VERSION__;
#elif defined(_MSC_VER)
  return "MSVC " + std::to_string(_MSC_VER);
#else
  return "unknown";
#endif
}

}  // namespace

BuildInfo build_info() {
  BuildInfo info;
  info.version = NDREG_PREEVAL_VERSION;
  info.compiler = compiler();
  info.build_type = NDREG_PREEVAL_BUILD_TYPE;
  info.threads = detail::thread_backend();
  info.fft_source = NDREG_PREEVAL_POCKETFFT_SOURCE;
  info.isas = kernel::isas();
  info.usable_isas = kernel::usable_isas();
  info.active_isa = kernel::active_isa();
  return info;
}

}  // namespace ndreg_preeval
