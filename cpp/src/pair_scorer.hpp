// SPDX-License-Identifier: MIT
// One image against a reference spectrum, in one precision, with the memory of one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <ndreg_preeval/options.hpp>
#include <ndreg_preeval/pair_score.hpp>

#include "aligned_buffer.hpp"
#include "centred_image.hpp"
#include "kernel/transforms.hpp"
#include "peak.hpp"
#include "place.hpp"
#include "stopper.hpp"

namespace ndreg_preeval::detail {

// A reference image after its transforms.
template <class T>
struct Reference {
  AlignedBuffer<T> aligner;  // whitened spectra; empty without evidence
  AlignedBuffer<T> opinion;
  double own_peak = 0;  // of the aligner's correlogram of the reference with itself
  std::int64_t invalid_pixels = 0;
  std::uint32_t flags = no_contrast;
  bool has_evidence = false;

  // Where hot pixels are ignored: the dominant pixel, and the reference without it.
  std::optional<Place> dominant;
  std::unique_ptr<Reference> rest;
};

// What all threads share.
template <class T>
struct Plan {
  Plan(std::size_t height, std::size_t width, const Options& options);

  std::size_t height;
  std::size_t width;
  Options options;
  Window2D window;
  std::unique_ptr<const kernel::Transforms<T>> transforms;
};

// The memory of one thread. Nothing is allocated per image.
template <class T>
class PairScorer {
 public:
  explicit PairScorer(const Plan<T>& plan);

  void prepare(const CentredImage& image, Reference<T>& reference, Stopper& stopper);
  PairScore score(const Reference<T>& reference, const CentredImage& image, Stopper& stopper);
  std::vector<double> correlogram(const Reference<T>& reference, const CentredImage& image,
                                  bool second_opinion, Stopper& stopper);

  // For score_consecutive: a reference that changes with every image.
  Reference<T>& own_reference() { return own_reference_; }

 private:
  void prepare_rest(const CentredImage& image, Reference<T>& reference, Stopper& stopper);
  // Half correlograms to spectrum_ (the aligner's) and opinion_; false without evidence.
  bool correlate(const Reference<T>& reference, const CentredImage& image, Stopper& stopper);
  void measure_peak(PairScore& score, Place& place, double own_peak);
  void measure_shift(PairScore& score, const Place& place);

  const Plan<T>& plan_;
  AlignedBuffer<T> spectrum_;
  AlignedBuffer<T> opinion_;
  AlignedBuffer<T> scratch_;
  Surface<T> surface_;
  Reference<T> own_reference_;
};

}  // namespace ndreg_preeval::detail
