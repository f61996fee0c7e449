// SPDX-License-Identifier: MIT
#include "correlation/pair_scorer.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <new>
#include <stdexcept>

#include "correlation/overlap.hpp"
#include "correlation/probability.hpp"
#include "image/repeated_pixels.hpp"
#include "image/validation.hpp"

namespace ndreg_preeval::detail {
namespace {

// Images of a smaller probability get a reason.
constexpr double trusted = 0.5;

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
      team_(plan.image.scratch_size),
      metrics_(plan, team_) {}

template <class T>
void PairScorer<T>::use_threads(std::size_t threads) {
  team_.resize(threads);
  const std::size_t rows = 2 * most_chunks(team_.size());
  if (team_.size() == 1 || edges_.size() >= rows * 2 * plan_.width) return;
  try {
    edges_ = AlignedBuffer<T>(rows * 2 * plan_.width);
  } catch (const std::bad_alloc&) {
    team_.resize(1);
  }
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
ImageStatistics PairScorer<T>::transform(const NamedImage& image,
                                         std::optional<PixelIndex> left_out,
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
  if (statistics.invalid > 0 && !plan_.options.accept_invalid) {
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
  reference.view = image.view;
  reference.dominant.reset();
  const ImageStatistics statistics = transform(image, {}, cancellation);
  prepare_from_spectrum(statistics, reference, cancellation);
  if (!plan_.options.ignore_hot_pixel || !statistics.dominant) return;
  const ImageStatistics rest = transform(image, statistics.dominant, cancellation);
  // One pixel in front of nothing is the whole scene.
  if (!rest.has_evidence()) return;
  if (!reference.rest) reference.rest = std::make_unique<Reference<T>>();
  prepare_from_spectrum(rest, *reference.rest, cancellation);
  reference.dominant = statistics.dominant;
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
  job.cancellation = &cancellation;
  const auto whiten = [&](const Filter& filter, const LowPass& low_pass, AlignedBuffer<T>& unit) {
    if (unit.size() == 0) unit = AlignedBuffer<T>(plan_.image.spectrum_size);
    job.window = {filter, plan_.height, plan_.width};
    job.low_y = low_pass.y.data();
    job.low_x = low_pass.x.data();
    job.out = unit.data();
    return plan_.kernels.whiten(plan_.image, job, team_.scratch());
  };
  if (plan_.plain()) job.gain = unit_gain(statistics, pixels);
  const double total = whiten(plan_.options.aligner, plan_.aligner_low_pass, reference.aligner);
  job.gain = 0;
  const auto size = static_cast<double>(pixels);
  // A window gives the bin of the mean a phase, too, which keep_mean replaces.
  const double mean_bin = std::abs(static_cast<double>(reference.aligner.data()[0])) * size;
  reference.own_peak = (plan_.options.keep_mean ? total - mean_bin + 1 : total) / size;
  if (plan_.options.confirm && !plan_.opinion_follows()) {
    whiten(plan_.options.opinion, plan_.opinion_low_pass, reference.opinion);
  }
}

template <class T>
typename PairScorer<T>::Choice PairScorer<T>::transform_for(const Reference<T>& reference,
                                                            const NamedImage& image,
                                                            Cancellation& cancellation) {
  Choice choice{&reference, transform(image, {}, cancellation)};
  if (reference.dominant && reference.dominant == choice.statistics.dominant) {
    choice.statistics = transform(image, reference.dominant, cancellation);
    choice.reference = reference.rest.get();
    choice.hot_pixel = true;
  }
  return choice;
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
  job.cancellation = &cancellation;
  const std::size_t chunks = std::min(image.groups, most_chunks(team_.size()));
  const bool windows = job.first.window.any() || (options.confirm && opinion.window.any());
  if (chunks > 1 && windows) find_edges(chunks, cancellation);
  team_.for_each(chunks, cancellation, [&](std::size_t chunk, T* scratch) {
    kernel::CorrelateJob<T> part = job;
    const std::size_t row = 2 * image.width;
    if (windows && chunk > 0) part.below = edges_.data() + (2 * chunk - 2) * row;
    if (windows && chunk + 1 < chunks) part.above = edges_.data() + (2 * chunk + 1) * row;
    plan_.kernels.correlate(image, part, chunk_start(chunk, chunks, image.groups),
                            chunk_start(chunk + 1, chunks, image.groups), scratch);
  });
  return true;
}

template <class T>
Aligned<T> PairScorer<T>::aligned(const Choice& choice) {
  const Reference<T>& reference = *choice.reference;
  const double means = reference.mean_over * (choice.statistics.mean / choice.statistics.rms);
  return {spectrum_.data(), reference.own_peak, means};
}

template <class T>
PairScore PairScorer<T>::score(const Reference<T>& given, const NamedImage& image,
                               Cancellation& cancellation) {
  const Choice choice = transform_for(given, image, cancellation);
  PairScore score;
  score.invalid_pixels = choice.statistics.invalid;
  score.flags = choice.statistics.flags | (choice.hot_pixel ? hot_pixel : 0U);
  if (!correlate(*choice.reference, choice.statistics, cancellation)) return score;
  const int sign = metrics_.measure(score, aligned(choice), opinion_.data(), cancellation);
  if (plan_.options.confirm && score.probability < trusted) {
    score.flags |= repeated_pixel_flags(PixelReader(image.view), cancellation);
  }
  if (plan_.looks_farther()) look_farther(score, given, choice, image, sign, cancellation);
  return score;
}

template <class T>
void PairScorer<T>::look_farther(PairScore& score, const Reference<T>& given, const Choice& choice,
                                 const NamedImage& image, int sign, Cancellation& cancellation) {
  const Shift nearest{score.peak_dy, score.peak_dx};
  if (!is_credible(score) || !may_be_farther(nearest, plan_.height, plan_.width)) return;
  const std::optional<PixelIndex> left_out =
      choice.hot_pixel ? given.dominant : std::optional<PixelIndex>{};
  const PixelReader first(given.view, left_out);
  const PixelReader second(image.view, left_out);
  const Shift found =
      true_shift({first, choice.reference->centring}, {second, choice.statistics.centring}, nearest,
                 sign, plan_.options.max_shift, cancellation);
  if (found == nearest) return;
  score.flags |= wrapped;
  score.peak_dy = static_cast<std::int32_t>(found.dy);
  score.peak_dx = static_cast<std::int32_t>(found.dx);
  score.shift_y += static_cast<double>(found.dy - nearest.dy);
  score.shift_x += static_cast<double>(found.dx - nearest.dx);
  score.probability *= aligner_goes_farther;
}

template <class T>
std::vector<double> PairScorer<T>::correlogram(const Reference<T>& reference,
                                               const NamedImage& image, bool second_opinion,
                                               Cancellation& cancellation) {
  const Choice choice = transform_for(reference, image, cancellation);
  if (!correlate(*choice.reference, choice.statistics, cancellation)) {
    return std::vector<double>(plan_.height * plan_.width, 0.0);
  }
  return second_opinion ? metrics_.second_opinion(opinion_.data(), cancellation)
                        : metrics_.correlogram(aligned(choice), cancellation);
}

template class PairScorer<float>;
template class PairScorer<double>;

}  // namespace ndreg_preeval::detail
