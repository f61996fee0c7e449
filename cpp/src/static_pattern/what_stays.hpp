// SPDX-License-Identifier: MIT
// Whether the sample of images with peaks at zero shift rests, or a pattern that stays hides that
// it moves: by the numbers of what they have in common, and of what is left without it.
#pragma once

#include <cstddef>
#include <vector>

#include <ndreg_preeval/image_view.hpp>
#include <ndreg_preeval/static_pattern.hpp>

#include "base/cancellation.hpp"
#include "static_pattern/common_scene.hpp"
#include "static_pattern/residuals.hpp"

namespace ndreg_preeval::detail {

struct WhatStays {
  std::size_t images = 0;  // 0: too few or too small to be looked at
  double pixels = 0;       // of a plane
  bool has_rest = false;   // something is left of most images: they are no copies
  Colour colour;
  double frequencies = 0;                 // that have more than white noise
  std::vector<PairAgreement> agreements;  // of the pairs
  CommonScene scene;

  // What is left has a colour that white noise has in one stack of forty.
  bool is_structured() const noexcept;
  // Something moved: what is left agrees at another shift.
  bool has_moved() const noexcept;
  // Nothing did: it is noise of some colour.
  bool agrees_nowhere() const noexcept;
  StaticVerdict verdict() const noexcept;
};

// Of images of one shape, by so many threads; no bit depends on their number.
WhatStays look_at_what_stays(const Planes& planes, const std::vector<Pair>& pairs,
                             std::size_t threads, Cancellation& cancellation);

// The whole: numbers, verdict, and what it is that hides the motion.
StaticPattern judge_what_stays(const std::vector<ImageView>& images, const std::vector<Pair>& pairs,
                               std::size_t threads, Cancellation& cancellation);

}  // namespace ndreg_preeval::detail
