// SPDX-License-Identifier: MIT
#include "correlation/pair_scorer.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <new>
#include <stdexcept>

#include "correlation/probability.hpp"
#include "image/repeated_pixels.hpp"
#include "image/validation.hpp"

namespace ndreg_preeval::detail {
namespace {

// Images of a smaller probability get a reason.
constexpr double trusted = 0.5;

// Static outliers matter when they hold more than this share of the variance of both images
// (geometric mean), in units of 1 / sqrt(pixels): what noise gives the peak at zero shift.
constexpr double least_share = 2;

// Makes the norm of a centred image 1; spectra of the kernels are twice those of their images.
double unit_gain(const ImageStatistics& statistics, std::size_t pixels) {
  return 0.5 / (std::sqrt(static_cast<double>(pixels)) * statistics.rms);
}

// Chunks of groups: more than threads, so that all end at about the same time.
std::size_t most_chunks(std::size_t threads) noexcept { return threads == 1 ? 1 : 4 * threads; }

std::size_t chunk_start(std::size_t chunk, std::size_t chunks, std::size_t groups) noexcept {
  return chunk * groups / chunks;
}

}  // namespace

std::string NamedImage::name() const {
  return only_name != nullptr ? only_name : image_name(index);
}

template <class T>
PairScorer<T>::PairScorer(const Plan<T>& plan)
    : plan_(plan),
      spectrum_(plan.image.spectrum_size),
      opinion_(plan.options.confirm ? plan.image.spectrum_size : 0),
      sums_(plan.image.batches),
      whitened_(plan.image.groups),
      doubts_(plan.image.groups),
      team_(plan.image.scratch_size),
      metrics_(plan, team_) {}

template <class T>
void PairScorer<T>::use_threads(std::size_t threads) {
  team_.resize(threads);
  if (!has_edges()) team_.resize(1);
}

template <class T>
void PairScorer<T>::open_to(SharedLoops& loops, std::size_t threads) {
  team_.open_to(loops, threads);
  if (!has_edges()) team_.resize(1);
}

template <class T>
bool PairScorer<T>::has_edges() noexcept {
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
PixelSums PairScorer<T>::load(const kernel::Source& source, Cancellation& cancellation) {
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
ImageStatistics PairScorer<T>::transform(const NamedImage& image, const LeftOut* left_out,
                                         Cancellation& cancellation) {
  const PixelReader reader(image.view, left_out);
  kernel::Source source;
  source.reader = &reader;
  source.direct = reader.is_direct();
  source.cancellation = &cancellation;
  constexpr bool single = sizeof(T) < sizeof(double);
  if (const auto estimate = estimate_centring(reader, single)) {
    source.scale = estimate->scale;
    source.gain = estimate->gain;
    source.shift = estimate->shift;
    const PixelSums sums = load(source, cancellation);
    const auto statistics = statistics_from_sums(reader, *estimate, sums, single, cancellation);
    if (statistics) return *statistics;
  }
  ImageStatistics statistics = full_statistics(reader, cancellation);
  if (statistics.invalid > 0 && left_out == nullptr && !plan_.options.accept_invalid) {
    throw std::invalid_argument(image.name() + " must have valid pixels only, but " +
                                std::to_string(statistics.invalid) + " are not finite or masked");
  }
  if (!statistics.has_evidence()) return statistics;
  source.checked = true;
  source.scale = statistics.centring.scale;
  source.gain = statistics.centring.gain;
  source.shift = statistics.centring.shift;
  load(source, cancellation);
  return statistics;
}

template <class T>
void PairScorer<T>::prepare(const NamedImage& image, Reference<T>& reference,
                            Cancellation& cancellation) {
  if (rest_of_ == &reference) rest_of_ = nullptr;
  if (candidates_of_ == &reference) candidates_of_ = nullptr;
  reference.view = image.view;
  const ImageStatistics statistics = transform(image, nullptr, cancellation);
  prepare_from_spectrum(statistics, reference, cancellation);
  reference.statistics = statistics;
}

template <class T>
void PairScorer<T>::prepare_from_spectrum(const ImageStatistics& statistics,
                                          Reference<T>& reference, Cancellation& cancellation) {
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
  if (bin_error > 0) job.lost = 1 / bin_error;
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
kernel::WhitenedSums PairScorer<T>::whiten(const kernel::WhitenJob<T>& job,
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
bool PairScorer<T>::is_doubtful(const Reference<T>& reference) const noexcept {
  if constexpr (sizeof(T) >= sizeof(double)) return false;
  if (!reference.has_evidence) return false;
  const std::size_t pixels = plan_.height * plan_.width;
  if (!reference.statistics.template transform_sets_floor<T>(pixels)) return true;
  return std::max(reference.aligner_variance, reference.opinion_variance) > most_variance(pixels);
}

template <class T>
Certainty PairScorer<T>::certainty_of(const Reference<T>& reference,
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

template <class T>
const PixelIndex* PairScorer<T>::dominant(const Reference<T>& reference,
                                          const ImageStatistics& statistics) noexcept {
  const std::optional<PixelIndex>& pixel = statistics.dominant;
  return pixel && pixel == reference.statistics.dominant ? &*pixel : nullptr;
}

template <class T>
bool PairScorer<T>::has_static(const Reference<T>& reference, const NamedImage& image,
                               const ImageStatistics& statistics, Cancellation& cancellation) {
  if (!metrics_.zero_stands_out() && dominant(reference, statistics) == nullptr) return false;
  return find_static(reference, image, statistics, cancellation);
}

template <class T>
bool PairScorer<T>::find_static(const Reference<T>& reference, const NamedImage& image,
                                const ImageStatistics& statistics, Cancellation& cancellation) {
  if (!plan_.options.ignore_hot_pixel) return false;
  if (!reference.has_evidence || !statistics.has_evidence()) return false;
  const PixelReader first(reference.view);
  const PixelReader second(image.view);
  if (candidates_of_ != &reference) {
    candidates_of_ = nullptr;
    const std::size_t valid =
        plan_.height * plan_.width - static_cast<std::size_t>(reference.invalid_pixels);
    outliers_.find(first, valid, candidates_, cancellation);
    candidates_of_ = &reference;
  }
  std::vector<std::size_t>& common = common_;
  common.clear();
  if (!candidates_.empty()) common = outliers_.common(first, candidates_, second, cancellation);
  // Little of the variance moves no peak.
  if (!common.empty()) {
    const double shares = share_of_variance(first, reference.statistics, common) *
                          share_of_variance(second, statistics, common);
    const auto pixels = static_cast<double>(plan_.height * plan_.width);
    if (!(shares * pixels > least_share * least_share)) common.clear();
  }
  // Of the same image again nothing can be said.
  if (!common.empty() && StaticOutliers::same_but_for(common, first, second, cancellation)) {
    common.clear();
  }
  // One that holds most of both counts in any case.
  if (const PixelIndex* const pixel = dominant(reference, statistics)) {
    const std::size_t place = pixel->row * plan_.width + pixel->column;
    const auto at = std::lower_bound(common.begin(), common.end(), place);
    if (at == common.end() || *at != place) common.insert(at, place);
  }
  if (common.empty()) return false;
  left_out_.set(common, plan_.height * plan_.width);
  return true;
}

template <class T>
std::optional<ImageStatistics> PairScorer<T>::transform_rest(const Reference<T>& reference,
                                                             const NamedImage& image,
                                                             Cancellation& cancellation) {
  if (rest_of_ != &reference || left_out_of_rest_ != left_out_.pixels()) {
    rest_of_ = nullptr;
    const NamedImage first{reference.view, 0, "the reference image"};
    const ImageStatistics statistics = transform(first, &left_out_, cancellation);
    prepare_from_spectrum(statistics, rest_, cancellation);
    left_out_of_rest_ = left_out_.pixels();
    rest_of_ = &reference;
  }
  // One pixel in front of nothing is the whole scene.
  if (!rest_.has_evidence) return std::nullopt;
  const ImageStatistics statistics = transform(image, &left_out_, cancellation);
  if (!statistics.has_evidence()) return std::nullopt;
  return statistics;
}

// Groups are cut into chunks that threads take; a window reaches one row over the cuts.
template <class T>
void PairScorer<T>::find_edges(std::size_t chunks, Cancellation& cancellation) {
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
void PairScorer<T>::add_edges(Job& part, std::size_t chunk, std::size_t chunks) const noexcept {
  const std::size_t row = 2 * plan_.width;
  if (chunk > 0) part.below = edges_.data() + (2 * chunk - 2) * row;
  if (chunk + 1 < chunks) part.above = edges_.data() + (2 * chunk + 1) * row;
}

template <class T>
bool PairScorer<T>::correlate(const Reference<T>& reference, const ImageStatistics& statistics,
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
  if (bin_error > 0) job.lost = static_cast<T>(1 / bin_error);
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
Aligned<T> PairScorer<T>::aligned(const Reference<T>& reference,
                                  const ImageStatistics& statistics) {
  const double means = reference.mean_over * (statistics.mean / statistics.rms);
  return {spectrum_.data(), reference.own_peak, means};
}

template <class T>
int PairScorer<T>::measure(PairScore& score, const Reference<T>& reference,
                           const ImageStatistics& statistics, const NamedImage& image,
                           Cancellation& cancellation) {
  score.flags |= statistics.flags;
  if (!correlate(reference, statistics, cancellation)) return 0;
  const Aligned<T> found = aligned(reference, statistics);
  Certainty certainty = certainty_of(reference, statistics);
  const int sign = metrics_.measure(score, found, opinion_.data(), certainty, cancellation);
  score.probability_masked = score.probability;
  if (plan_.options.confirm) {
    certainty.decided_by(score.probability - trusted, Certainty::most_of_probability);
    if (plan_.looks_farther()) decided_credible(score, certainty);
  }
  certain_ = certain_ && certainty.holds();
  if (plan_.options.confirm && score.probability < trusted) {
    score.flags |= repeated_pixel_flags(PixelReader(image.view), cancellation);
  }
  return sign;
}

template <class T>
PairScore PairScorer<T>::score(const Reference<T>& reference, const NamedImage& image,
                               Cancellation& cancellation) {
  certain_ = true;
  ImageStatistics statistics = transform(image, nullptr, cancellation);
  PairScore score;
  score.invalid_pixels = statistics.invalid;
  int sign = measure(score, reference, statistics, image, cancellation);
  const Reference<T>* used = &reference;
  const LeftOut* left_out = nullptr;
  if (has_static(reference, image, statistics, cancellation)) {
    if (const auto without = transform_rest(reference, image, cancellation)) {
      PairScore rest;
      rest.invalid_pixels = statistics.invalid;
      rest.flags = hot_pixel;
      rest.static_pixels = static_cast<std::int64_t>(left_out_.pixels().size());
      sign = measure(rest, rest_, *without, image, cancellation);
      rest.probability = probability_with_outliers(rest, score, plan_.height, plan_.width);
      score = rest;
      statistics = *without;
      used = &rest_;
      left_out = &left_out_;
    }
  }
  const bool farther = plan_.looks_farther() && is_credible(score) &&
                       may_be_farther({score.peak_dy, score.peak_dx}, plan_.height, plan_.width);
  if (!farther) return score;
  const Shift nearest{score.peak_dy, score.peak_dx};
  const auto ask = [&](const LeftOut* without) {
    const PixelReader first(reference.view, without);
    const PixelReader second(image.view, without);
    return true_shift({first, used->centring}, {second, statistics.centring}, nearest, sign,
                      plan_.options.max_shift, cancellation);
  };
  Shift found = ask(left_out);
  // What stays where it is may agree in any overlap, also where it moves no peak.
  if (!(found == nearest) && left_out == nullptr &&
      find_static(reference, image, statistics, cancellation)) {
    found = ask(&left_out_);
  }
  if (!(found == nearest)) move_farther(score, nearest, found);
  return score;
}

template <class T>
void PairScorer<T>::move_farther(PairScore& score, const Shift& nearest, const Shift& found) {
  score.flags |= wrapped;
  score.peak_dy = static_cast<std::int32_t>(found.dy);
  score.peak_dx = static_cast<std::int32_t>(found.dx);
  score.shift_y += static_cast<double>(found.dy - nearest.dy);
  score.shift_x += static_cast<double>(found.dx - nearest.dx);
  score.probability *= aligner_goes_farther;
  score.probability_masked *= aligner_goes_farther;
}

template <class T>
std::vector<double> PairScorer<T>::correlogram(const Reference<T>& given, const NamedImage& image,
                                               bool second_opinion, Cancellation& cancellation) {
  const Reference<T>* reference = &given;
  ImageStatistics statistics = transform(image, nullptr, cancellation);
  PairScore found;
  measure(found, given, statistics, image, cancellation);
  std::optional<ImageStatistics> rest;
  if (has_static(given, image, statistics, cancellation)) {
    rest = transform_rest(given, image, cancellation);
  }
  if (rest) {
    reference = &rest_;
    statistics = *rest;
  } else {
    transform(image, nullptr, cancellation);
  }
  if (!correlate(*reference, statistics, cancellation)) {
    return std::vector<double>(plan_.height * plan_.width, 0.0);
  }
  return second_opinion ? metrics_.second_opinion(opinion_.data(), cancellation)
                        : metrics_.correlogram(aligned(*reference, statistics), cancellation);
}

template class PairScorer<float>;
template class PairScorer<double>;

}  // namespace ndreg_preeval::detail
