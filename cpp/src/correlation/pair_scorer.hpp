// SPDX-License-Identifier: MIT
// One image against a reference spectrum, in one precision, with the memory of one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ndreg_preeval/options.hpp>
#include <ndreg_preeval/pair_score.hpp>

#include "base/cancellation.hpp"
#include "correlation/metrics.hpp"
#include "correlation/overlap.hpp"
#include "correlation/plan.hpp"
#include "correlation/reference.hpp"
#include "correlation/spectra.hpp"
#include "image/image_copy.hpp"
#include "image/pixel_reader.hpp"
#include "image/repeated_pixels.hpp"
#include "image/static_outliers.hpp"
#include "image/statistics.hpp"

namespace ndreg_preeval::detail {

// One image of a call, and how messages name it.
struct NamedImage {
  const ImageView& view;
  std::size_t index = 0;
  const char* only_name = nullptr;  // instead of one with the index

  std::string name() const;
};

// The memory for one image at a time. Nothing is allocated per image.
template <class T>
class PairScorer {
 public:
  explicit PairScorer(const Plan<T>& plan);

  // How many threads share the work on an image from now on; fewer where memory is short.
  void use_threads(std::size_t threads) { spectra_.use_threads(threads); }
  // About so many threads, those of a call that have nothing else to do, help from now on.
  void open_to(SharedLoops& loops, std::size_t threads) { spectra_.open_to(loops, threads); }
  // Scratch memory for threads that help others; for so many of them, or fewer.
  std::size_t reserve_scratch(std::size_t threads) { return spectra_.team().reserve(threads); }
  T* scratch(std::size_t thread) noexcept { return spectra_.team().scratch(thread); }

  // The view must hold as long as the reference, or until it keeps a copy.
  void prepare(const NamedImage& image, Reference<T>& reference, Cancellation& cancellation);
  PairScore score(const Reference<T>& reference, const NamedImage& image,
                  Cancellation& cancellation);
  std::vector<double> correlogram(const Reference<T>& given, const NamedImage& image,
                                  bool second_opinion, Cancellation& cancellation);

  // Whether double precision would find the same of the last pair that was scored. Of scorers in
  // single; it depends on the pair alone.
  bool is_certain() const noexcept { return certain_; }
  // Whether no pair with this reference can be certain.
  bool is_doubtful(const Reference<T>& reference) const noexcept {
    return spectra_.is_doubtful(reference);
  }

  // For score_consecutive: a reference that changes with every image.
  Reference<T>& own_reference() { return own_reference_; }

 private:
  // Spectra of the columns, to spectra_.
  ImageStatistics transform(const NamedImage& image, const LeftOut* left_out,
                            Cancellation& cancellation);
  // The pixel, the same in both, that holds most of their variance; nullptr where there is none.
  static const PixelIndex* dominant(const Reference<T>& reference,
                                    const ImageStatistics& statistics) noexcept;
  // Whether a pair that was measured has static outliers that move its peak: to left_out_.
  bool has_static(const Reference<T>& reference, const NamedImage& image,
                  const ImageStatistics& statistics, Cancellation& cancellation);
  // Whether it has any that hold a share of its variance.
  bool find_static(const Reference<T>& reference, const NamedImage& image,
                   const ImageStatistics& statistics, Cancellation& cancellation);
  // The rest of both images, to rest_ and spectra_; nothing where that is no evidence.
  std::optional<ImageStatistics> transform_rest(const Reference<T>& reference,
                                                const NamedImage& image,
                                                Cancellation& cancellation);
  // Returns the sign of the aligner's correlogram at its peak.
  int measure(PairScore& score, const Reference<T>& reference, const ImageStatistics& statistics,
              const NamedImage& image, Cancellation& cancellation);
  // Of a pair whose r is highest beyond max_shift: whether the scene is there.
  void look_beyond_limit(PairScore& score, const Aligned<T>& aligner, Certainty& certainty,
                         Cancellation& cancellation);
  PairScore score_as_it_is(const Reference<T>& reference, const NamedImage& image,
                           Cancellation& cancellation);
  // Of a pair of maps that were enlarged: takes the probability from the maps as they were
  // measured.
  void judge_as_measured(PairScore& score, const Reference<T>& reference, const NamedImage& image,
                         Cancellation& cancellation);
  // Makes a scorer of that plan, unless there is one.
  void use_map_plan(std::shared_ptr<const Plan<T>> plan);
  // Says that the peak stands for a shift by more than half of the image.
  static void move_farther(PairScore& score, const Shift& nearest, const Shift& found);

  const Plan<T>& plan_;
  Spectra<T> spectra_;
  bool certain_ = true;
  Metrics<T> metrics_;
  Reference<T> own_reference_;

  StaticOutliers outliers_;
  OutlierCandidates candidates_;
  const Reference<T>* candidates_of_ = nullptr;
  LeftOut left_out_;
  std::vector<std::size_t> common_;
  // A reference without some of its pixels, for the images that follow.
  Reference<T> rest_;
  std::vector<std::size_t> left_out_of_rest_;
  const Reference<T>* rest_of_ = nullptr;

  // Of the last image that was distrusted, and of a reference image.
  PixelBlocks blocks_;
  PixelBlocks blocks_of_reference_;
  const Reference<T>* maps_of_ = nullptr;
  // For maps as they were before they were enlarged, made for the first ones.
  std::shared_ptr<const Plan<T>> map_plan_;
  std::unique_ptr<PairScorer<T>> map_scorer_;
  Reference<T> map_reference_;
};

}  // namespace ndreg_preeval::detail
