// SPDX-License-Identifier: MIT
// Images against a reference image, in one precision.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include <ndreg_preeval/image_view.hpp>
#include <ndreg_preeval/options.hpp>
#include <ndreg_preeval/pair_score.hpp>
#include <ndreg_preeval/run_options.hpp>

#include "base/cancellation.hpp"
#include "correlation/pair_scorer.hpp"
#include "image/image_copy.hpp"
#include "scoring/workshop.hpp"

namespace ndreg_preeval::detail {

// The images of a call, and which pairs they make.
struct Images {
  const std::vector<ImageView>& views;
  std::size_t first_index = 0;  // as messages count
  bool consecutive = false;     // each against the one before it, not against the reference

  std::size_t pairs() const noexcept {
    return consecutive && !views.empty() ? views.size() - 1 : views.size();
  }
};

template <class T>
class TypedScorer {
 public:
  TypedScorer(const ImageView& reference, const Options& options, const RunOptions& run);

  const Options& options() const noexcept { return plan_.options; }
  std::size_t height() const noexcept { return plan_.height; }
  std::size_t width() const noexcept { return plan_.width; }
  const Reference<T>& reference() const noexcept { return reference_; }
  // Whether every pair with the reference image is to be scored in double.
  bool is_doubtful() const noexcept { return doubtful_; }

  // Scores pairs `which`, each to scores[pair]. Where somebody asks, uncertain[pair] says whether
  // it is to be scored in double; such pairs are not finished.
  void score(const Images& images, const std::vector<std::size_t>& which, const RunOptions& run,
             Cancellation& cancellation, std::vector<PairScore>& scores,
             std::vector<unsigned char>* uncertain = nullptr) const;

  // Whether double precision would find the same of this image and the reference image.
  bool is_certain(const ImageView& view, const RunOptions& run) const;

  std::vector<double> correlogram(const ImageView& view, bool second_opinion,
                                  const RunOptions& run) const;

 private:
  using Worker = typename Workshop<T>::Worker;
  using Lease = typename Workshop<T>::Lease;

  std::size_t threads_for(const RunOptions& run, std::size_t images) const;

  std::unique_ptr<Workshop<T>> workshop_;
  const Plan<T>& plan_;
  Reference<T> reference_;
  bool doubtful_ = false;
  std::optional<ImageCopy> pixels_;  // of the reference image
};

}  // namespace ndreg_preeval::detail
