// SPDX-License-Identifier: MIT
// Running a scorer in some number of threads, and comparing what comes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <ndreg_preeval/pair_score.hpp>
#include <ndreg_preeval/scorer.hpp>

#include "images.hpp"

namespace runs {

inline bool same(const std::vector<ndreg_preeval::PairScore>& a,
                 const std::vector<ndreg_preeval::PairScore>& b) {
  if (a.size() != b.size() || a.empty()) return a.size() == b.size();  // memcmp takes no null
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(ndreg_preeval::PairScore)) == 0;
}

inline ndreg_preeval::RunOptions on(int threads) {
  ndreg_preeval::RunOptions run;
  run.num_threads = threads;
  return run;
}

inline std::vector<images::Image> drifting(std::size_t count, std::size_t height,
                                           std::size_t width) {
  const images::Image first = images::noise(height, width, 1);
  std::vector<images::Image> stack{first};
  for (std::uint32_t i = 1; i < count; ++i) {
    stack.push_back(images::sum(images::rolled(first, i, -2 * static_cast<int>(i)),
                                images::noise(height, width, 10 + i), 0.1 * i));
  }
  return stack;
}

}  // namespace runs
