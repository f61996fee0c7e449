// SPDX-License-Identifier: MIT
// The images of a stack with peaks at zero shift that are looked at again when it is done: about
// sixteen, spread over as many images as there are so far, and what they were compared with.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include <ndreg_preeval/image_view.hpp>
#include <ndreg_preeval/pair_score.hpp>
#include <ndreg_preeval/run_options.hpp>
#include <ndreg_preeval/stack_scorer.hpp>
#include <ndreg_preeval/static_pattern.hpp>

#include "image/image_copy.hpp"

namespace ndreg_preeval::detail {

// Its middle, of an image that is larger than what is looked at again.
ImageView middle_of(const ImageView& view) noexcept;

// The middle of an image: as a view of memory that stays, or with a copy of its pixels.
class KeptImage {
 public:
  KeptImage(const ImageView& view, bool stays) : view_(middle_of(view)) {
    if (stays) return;
    copy_.emplace(view_);
    view_ = copy_->view();
  }
  const ImageView& view() const noexcept { return view_; }

 private:
  std::optional<ImageCopy> copy_;
  ImageView view_;
};

class KeptImages {
 public:
  // By numbers: compared images count from 1, the reference image or the first one is 0.
  struct Candidates {
    std::map<std::size_t, KeptImage> images;
    std::vector<std::size_t> at_zero;  // numbers of compared images
  };

  void start(const ImageView& reference, Pairing pairing, bool stays) {
    consecutive_ = pairing == Pairing::previous;
    if (!consecutive_) kept_.images.try_emplace(0, reference, stays);
  }

  // What is to be kept of a block that follows `before` compared images; they may `stay`. `last`:
  // of consecutive pairs, the image before the first one, which never does.
  Candidates candidates(const std::vector<ImageView>& images, const std::vector<PairScore>& scores,
                        std::size_t before, const ImageView* last, bool stay) const;

  // Makes room for it, so that nothing can fail when it is added.
  void reserve(const Candidates& some);
  // Keeps it, and lets go of what is not needed: there are so many compared images now.
  void add(Candidates some, std::size_t compared, const ImageView& shape) noexcept;

  StaticPattern find(const RunOptions& run) const;

 private:
  std::size_t reference_of(std::size_t number) const noexcept {
    return consecutive_ ? number - 1 : 0;
  }

  bool consecutive_ = false;
  Candidates kept_;
};

}  // namespace ndreg_preeval::detail
