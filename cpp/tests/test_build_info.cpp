// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdlib>
#include <string>

#include <ndreg_preeval/ndreg_preeval.hpp>

#include "check.hpp"

namespace {

void version() {
  const auto info = ndreg_preeval::build_info();
  const std::string parts = std::to_string(NDREG_PREEVAL_VERSION_MAJOR) + "." +
                            std::to_string(NDREG_PREEVAL_VERSION_MINOR) + "." +
                            std::to_string(NDREG_PREEVAL_VERSION_PATCH);
  CHECK(info.version == parts);
  CHECK(info.version == NDREG_PREEVAL_VERSION);
  CHECK(info.version == EXPECTED_VERSION);  // CMake's
}

void parts() {
  const auto info = ndreg_preeval::build_info();
  CHECK(info.threads == EXPECTED_THREADS);
  CHECK(info.build_type == EXPECTED_BUILD_TYPE);
  CHECK(!info.compiler.empty() && info.compiler != "unknown");
  CHECK(!info.fft_source.empty());
  CHECK(std::find(info.isas.begin(), info.isas.end(), info.active_isa) != info.isas.end());
}

void threads() {
  CHECK(ndreg_preeval::usable_cpus() >= 1);
  CHECK(ndreg_preeval::default_threads() >= 1);
  CHECK(ndreg_preeval::default_threads() <= ndreg_preeval::usable_cpus());
}

}  // namespace

int main() { return check::run({{"version", version}, {"parts", parts}, {"threads", threads}}); }
