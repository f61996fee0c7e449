// SPDX-License-Identifier: MIT
#include "correlation/spectra.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <new>

namespace ndreg_preeval::detail {
namespace {

// Makes the norm of a centred image 1; spectra of the kernels are twice those of their images.
double unit_gain(const ImageStatistics& statistics, std::size_t pixels) {
  return 0.5 / (std::sqrt(static_cast<double>(pixels)) * statistics.rms);
}

// Chunks of groups: more than threads, so that all end at about the same time.
std::size_t most_chunks(std::size_t threads) noexcept { return threads == 1 ? 1 : 4 * threads; }

std::size_t chunk_start(std::size_t chunk, std::size_t chunks, std::size_t groups) noexcept {
  return chunk * groups / chunks;
}

// What stands for 1 / |F| where the phase is lost. The errors of such frequencies may all have one
// sign, as between an image and its copy: their sum is at most the root of (number of pixels * sum
// of squares).
double lost_doubt(double bin_error, std::size_t pixels) {
  return bin_error > 0 ? std::sqrt(static_cast<double>(pixels)) / bin_error : 0;
}

}  // namespace

template <class T>
Spectra<T>::Spectra(const Plan<T>& plan)
    : plan_(plan),
      spectrum_(plan.image.spectrum_size),
      opinion_(plan.options.confirm ? plan.image.spectrum_size : 0),
      sums_(plan.image.batches),
      whitened_(plan.image.groups),
      doubts_(plan.image.groups),
      team_(plan.image.scratch_size) {}

template <class T>
void Spectra<T>::use_threads(std::size_t threads) {
  team_.resize(threads);
  if (!has_edges()) team_.resize(1);
}

template <class T>
void Spectra<T>::open_to(SharedLoops& loops, std::size_t threads) {
  team_.open_to(loops, threads);
  if (!has_edges()) team_.resize(1);
}

template <class T>
bool Spectra<T>::has_edges() noexcept {
  const std::size_t rows = 2 * most_chunks(team_.size());
  if (team_.size() == 1 || edges_.size() >= rows * 2 * plan_.width) return true;
  try {
    edges_ = AlignedBuffer<T>(rows * 2 * plan_.width);
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

template <class T>
PixelSums Spectra<T>::load(const kernel::Source& source, Cancellation& cancellation) {
  const kernel::ImagePlan<T>& image = plan_.image;
  // An estimate that met an invalid pixel is wrong: no need to go on with it. With statistics of
  // all pixels the sums mean nothing: they hold what masked pixels were.
  std::atomic<bool> sound{true};
  team_.for_each(image.panels(), cancellation, [&](std::size_t panel, T* scratch) {
    if (!sound.load(std::memory_order_relaxed)) return;
    const std::size_t first = image.first_batch(panel);
    const std::size_t last = image.first_batch(panel + 1);
    plan_.kernels.load(image, source, first, last, spectrum_.data(), sums_.data(), scratch);
    for (std::size_t batch = first; batch < last && !source.checked; ++batch) {
      if (!std::isfinite(sums_[batch].squares)) sound.store(false, std::memory_order_relaxed);
    }
  });
  PixelSums total;
  if (!sound.load()) {
    total.squares = std::numeric_limits<double>::quiet_NaN();
    return total;
  }
  for (const PixelSums& sums : sums_) {
    total.sum += sums.sum;
    total.squares += sums.squares;
    total.absolute += sums.absolute;
    total.largest = std::max(total.largest, sums.largest);
  }
  return total;
}

template <class T>
void Spectra<T>::whiten_reference(const ImageStatistics& statistics, Reference<T>& reference,
                                  Cancellation& cancellation) {
  reference.invalid_pixels = statistics.invalid;
  reference.flags = statistics.flags;
  reference.has_evidence = statistics.has_evidence();
  if (!reference.has_evidence) return;
  reference.mean_over = statistics.mean / statistics.rms;
  reference.centring = statistics.centring;
  const std::size_t pixels = plan_.height * plan_.width;
  kernel::WhitenJob<T> job;
  job.spectrum = spectrum_.data();
  job.floor = static_cast<T>(statistics.template rounding_floor<T>(pixels));
  const double bin_error = kernel_bin_error<T>(statistics, pixels);
  job.lost = lost_doubt(bin_error, pixels);
  job.sums = whitened_.data();
  job.cancellation = &cancellation;
  const auto whiten_with = [&](const Filter& filter, const LowPass& low_pass,
                               AlignedBuffer<T>& unit) {
    if (unit.size() == 0) unit = AlignedBuffer<T>(plan_.image.spectrum_size);
    job.window = {filter, plan_.height, plan_.width};
    job.low_y = low_pass.y.data();
    job.low_x = low_pass.x.data();
    job.out = unit.data();
    return whiten(job, cancellation);
  };
  if (plan_.plain()) job.gain = unit_gain(statistics, pixels);
  if (plan_.opinion_follows()) {
    job.second_low_y = plan_.opinion_low_pass.y.data();
    job.second_low_x = plan_.opinion_low_pass.x.data();
  }
  const kernel::WhitenedSums sums =
      whiten_with(plan_.options.aligner, plan_.aligner_low_pass, reference.aligner);
  const double total = sums.magnitudes;
  const double variance = 2 * bin_error * bin_error;  // of both halves of the spectrum
  reference.aligner_variance =
      plan_.plain() ? error_of_unit(job.gain, bin_error, pixels) : variance * sums.doubts.first;
  reference.opinion_variance = variance * sums.doubts.second;
  job.gain = 0;
  job.second_low_y = job.second_low_x = nullptr;
  const auto size = static_cast<double>(pixels);
  // A window gives the bin of the mean a phase, too, which keep_mean replaces.
  const double mean_bin = std::abs(static_cast<double>(reference.aligner.data()[0])) * size;
  reference.own_peak = (plan_.options.keep_mean ? total - mean_bin + 1 : total) / size;
  if (plan_.options.confirm && !plan_.opinion_follows()) {
    const kernel::WhitenedSums second =
        whiten_with(plan_.options.opinion, plan_.opinion_low_pass, reference.opinion);
    reference.opinion_variance = variance * second.doubts.first;
  }
}

// By chunks of groups, as correlate().
template <class T>
kernel::WhitenedSums Spectra<T>::whiten(const kernel::WhitenJob<T>& job,
                                        Cancellation& cancellation) {
  const kernel::ImagePlan<T>& image = plan_.image;
  const std::size_t chunks = std::min(image.groups, most_chunks(team_.size()));
  if (chunks > 1 && job.window.any()) find_edges(chunks, cancellation);
  team_.for_each(chunks, cancellation, [&](std::size_t chunk, T* scratch) {
    kernel::WhitenJob<T> part = job;
    if (job.window.any()) add_edges(part, chunk, chunks);
    plan_.kernels.whiten(image, part, chunk_start(chunk, chunks, image.groups),
                         chunk_start(chunk + 1, chunks, image.groups), scratch);
  });
  kernel::WhitenedSums total;
  for (const kernel::WhitenedSums& sums : whitened_) {
    total.magnitudes += sums.magnitudes;
    total.doubts.first += sums.doubts.first;
    total.doubts.second += sums.doubts.second;
  }
  return total;
}

template <class T>
bool Spectra<T>::is_doubtful(const Reference<T>& reference) const noexcept {
  if constexpr (sizeof(T) >= sizeof(double)) return false;
  if (!reference.has_evidence) return false;
  const std::size_t pixels = plan_.height * plan_.width;
  if (!reference.statistics.template transform_sets_floor<T>(pixels)) return true;
  return std::max(reference.aligner_variance, reference.opinion_variance) > most_variance(pixels);
}

template <class T>
Certainty Spectra<T>::certainty_of(const Reference<T>& reference,
                                   const ImageStatistics& statistics) const {
  if constexpr (sizeof(T) >= sizeof(double)) return {};
  const std::size_t pixels = plan_.height * plan_.width;
  const double bin_error = kernel_bin_error<T>(statistics, pixels);
  const double variance = 2 * bin_error * bin_error;
  kernel::Doubts total;
  for (const kernel::Doubts& doubts : doubts_) {
    total.first += doubts.first;
    total.second += doubts.second;
  }
  const double aligner = plan_.plain()
                             ? error_of_unit(unit_gain(statistics, pixels), bin_error, pixels)
                             : variance * total.first;
  const double share = 0.5 * static_cast<double>(std::numeric_limits<T>::epsilon()) *
                       std::sqrt(std::log2(std::max(2.0, static_cast<double>(pixels))));
  Certainty certainty(std::sqrt(reference.aligner_variance + aligner),
                      std::sqrt(reference.opinion_variance + variance * total.second), share);
  certainty.require(statistics.template transform_sets_floor<T>(pixels));
  // Phases that are lost lower the peak by their share, which no standard deviation tells.
  certainty.require(std::max(aligner, variance * total.second) <= most_variance(pixels));
  return certainty;
}

// Groups are cut into chunks that threads take; a window reaches one row over the cuts.
template <class T>
void Spectra<T>::find_edges(std::size_t chunks, Cancellation& cancellation) {
  const kernel::ImagePlan<T>& image = plan_.image;
  team_.for_each(2 * (chunks - 1), cancellation, [&](std::size_t index, T* scratch) {
    const std::size_t cut = chunk_start(index / 2 + 1, chunks, image.groups) * image.lanes;
    const std::size_t ky = index % 2 == 0 ? cut - 1 : cut;
    plan_.kernels.edge_row(image, spectrum_.data(), ky, edges_.data() + index * 2 * image.width,
                           scratch);
  });
}

template <class T>
template <class Job>
void Spectra<T>::add_edges(Job& part, std::size_t chunk, std::size_t chunks) const noexcept {
  const std::size_t row = 2 * plan_.width;
  if (chunk > 0) part.below = edges_.data() + (2 * chunk - 2) * row;
  if (chunk + 1 < chunks) part.above = edges_.data() + (2 * chunk + 1) * row;
}

template <class T>
bool Spectra<T>::correlate(const Reference<T>& reference, const ImageStatistics& statistics,
                           Cancellation& cancellation) {
  if (!reference.has_evidence || !statistics.has_evidence()) return false;
  const Options& options = plan_.options;
  const kernel::ImagePlan<T>& image = plan_.image;
  kernel::Whitened<T> opinion;
  opinion.spectrum = reference.opinion.data();
  opinion.window = {options.opinion, plan_.height, plan_.width};
  opinion.out = opinion_.data();
  kernel::CorrelateJob<T> job;
  job.spectrum = spectrum_.data();
  job.floor = static_cast<T>(statistics.template rounding_floor<T>(plan_.height * plan_.width));
  job.first.spectrum = reference.aligner.data();
  job.first.window = {options.aligner, plan_.height, plan_.width};
  job.first.keep_mean = options.keep_mean && !plan_.plain();
  if (plan_.plain()) {
    job.first.gain = static_cast<T>(unit_gain(statistics, plan_.height * plan_.width));
  }
  job.first.out = spectrum_.data();
  if (options.confirm) job.second = &opinion;
  if (plan_.opinion_follows()) {
    opinion.spectrum = nullptr;
    job.low_pass = {plan_.opinion_factors.y.data(), plan_.opinion_factors.x.data()};
  }
  job.doubts = doubts_.data();
  const double bin_error = kernel_bin_error<T>(statistics, plan_.height * plan_.width);
  job.lost = static_cast<T>(lost_doubt(bin_error, plan_.height * plan_.width));
  job.cancellation = &cancellation;
  const std::size_t chunks = std::min(image.groups, most_chunks(team_.size()));
  const bool windows = job.first.window.any() || (options.confirm && opinion.window.any());
  if (chunks > 1 && windows) find_edges(chunks, cancellation);
  team_.for_each(chunks, cancellation, [&](std::size_t chunk, T* scratch) {
    kernel::CorrelateJob<T> part = job;
    if (windows) add_edges(part, chunk, chunks);
    plan_.kernels.correlate(image, part, chunk_start(chunk, chunks, image.groups),
                            chunk_start(chunk + 1, chunks, image.groups), scratch);
  });
  return true;
}

template <class T>
Aligned<T> Spectra<T>::aligned(const Reference<T>& reference, const ImageStatistics& statistics) {
  const double means = reference.mean_over * (statistics.mean / statistics.rms);
  return {spectrum_.data(), reference.own_peak, means};
}

template class Spectra<float>;
template class Spectra<double>;

}  // namespace ndreg_preeval::detail
