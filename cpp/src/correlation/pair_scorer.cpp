// SPDX-License-Identifier: MIT
#include "correlation/pair_scorer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "correlation/plans.hpp"
#include "correlation/probability.hpp"
#include "image/validation.hpp"

namespace ndreg_preeval::detail {
namespace {

// Images of a smaller probability are looked at once more: whether they are enlarged maps, of which
// the second opinion thinks too little.
constexpr double beyond_doubt = 0.9;

// Static outliers matter when they hold more than this share of the variance of both images
// (geometric mean), in units of 1 / sqrt(pixels): what noise gives the peak at zero shift.
constexpr double least_share = 2;

// An aligner follows an enlarged map by whole blocks: what is left of its motion is the error.
// Chance that this is within a pixel, by the pixels that the sub-pixel shift of the map says: a fit
// to maps that moved by whole and by parts of their pixels.
constexpr double even_by_whole_blocks = 0.75;

// From where on a peak beyond max_shift is taken for that of the scene: by its probability, or,
// without a second opinion, by its p-value.
constexpr double trusted = 0.5;
constexpr double unlikely = 0.01;

double follows_by_whole_blocks(const PairScore& map, const PixelBlocks& blocks) noexcept {
  const double dy = (map.shift_y - map.peak_dy) * static_cast<double>(blocks.height);
  const double dx = (map.shift_x - map.peak_dx) * static_cast<double>(blocks.width);
  return 1 / (1 + std::pow(std::hypot(dy, dx) / even_by_whole_blocks, 2.5));
}

}  // namespace

std::string NamedImage::name() const {
  return only_name != nullptr ? only_name : image_name(index);
}

template <class T>
PairScorer<T>::PairScorer(const Plan<T>& plan)
    : plan_(plan), spectra_(plan), metrics_(plan, spectra_.team()) {}

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
    const PixelSums sums = spectra_.load(source, cancellation);
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
  spectra_.load(source, cancellation);
  return statistics;
}

template <class T>
void PairScorer<T>::prepare(const NamedImage& image, Reference<T>& reference,
                            Cancellation& cancellation) {
  if (rest_of_ == &reference) rest_of_ = nullptr;
  if (candidates_of_ == &reference) candidates_of_ = nullptr;
  if (maps_of_ == &reference) maps_of_ = nullptr;
  reference.view = image.view;
  const ImageStatistics statistics = transform(image, nullptr, cancellation);
  spectra_.whiten_reference(statistics, reference, cancellation);
  reference.statistics = statistics;
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
    spectra_.whiten_reference(statistics, rest_, cancellation);
    left_out_of_rest_ = left_out_.pixels();
    rest_of_ = &reference;
  }
  // One pixel in front of nothing is the whole scene.
  if (!rest_.has_evidence) return std::nullopt;
  const ImageStatistics statistics = transform(image, &left_out_, cancellation);
  if (!statistics.has_evidence()) return std::nullopt;
  return statistics;
}

template <class T>
int PairScorer<T>::measure(PairScore& score, const Reference<T>& reference,
                           const ImageStatistics& statistics, const NamedImage& image,
                           Cancellation& cancellation) {
  score.flags |= statistics.flags;
  if (!spectra_.correlate(reference, statistics, cancellation)) return 0;
  const Aligned<T> found = spectra_.aligned(reference, statistics);
  Certainty certainty = spectra_.certainty_of(reference, statistics);
  const int sign = metrics_.measure(score, found, spectra_.opinion(), certainty, cancellation);
  score.probability_masked = score.probability;
  if (plan_.options.confirm) {
    certainty.decided_by(score.probability - beyond_doubt, Certainty::most_of_probability);
    if (plan_.looks_farther()) decided_credible(score, certainty);
  }
  if (metrics_.is_higher_beyond_limit()) look_beyond_limit(score, found, certainty, cancellation);
  certain_ = certain_ && certainty.holds();
  if (plan_.options.confirm && score.probability < beyond_doubt) {
    blocks_ = pixel_blocks(PixelReader(image.view), cancellation);
    score.flags |= blocks_.flags();
  }
  return sign;
}

// An aligner that may not go where an image lies finds something else, or nothing: whoever reads
// the numbers of that has to know.
template <class T>
void PairScorer<T>::look_beyond_limit(PairScore& score, const Aligned<T>& aligner,
                                      Certainty& certainty, Cancellation& cancellation) {
  const PairScore free =
      metrics_.without_limit(aligner, spectra_.opinion(), certainty, cancellation);
  const bool confirm = plan_.options.confirm;
  if (confirm) certainty.decided_by(free.probability - trusted, Certainty::most_of_probability);
  if (confirm ? free.probability < trusted : free.p_value > unlikely) return;
  const std::int32_t far = std::max(std::abs(free.peak_dy), std::abs(free.peak_dx));
  score.flags |= beyond_limit;
  score.beyond_max_shift = static_cast<std::uint32_t>(far);
  // On the slope of that peak an aligner may still come near.
  const double apart = std::hypot(score.shift_y - free.shift_y, score.shift_x - free.shift_x);
  if (!(apart > 1)) return;
  score.probability = std::min(score.probability, 1 - free.probability);
  score.probability_masked = score.probability;
}

template <class T>
PairScore PairScorer<T>::score(const Reference<T>& reference, const NamedImage& image,
                               Cancellation& cancellation) {
  PairScore score = score_as_it_is(reference, image, cancellation);
  if ((score.flags & repeated_pixels) != 0) {
    judge_as_measured(score, reference, image, cancellation);
  }
  return score;
}

// The correlogram of two enlarged maps is that of the maps, their pixels a block apart, with
// nothing between. So an aligner goes where it would go with the maps, by whole blocks.
template <class T>
void PairScorer<T>::judge_as_measured(PairScore& score, const Reference<T>& reference,
                                      const NamedImage& image, Cancellation& cancellation) {
  score.flags &= ~std::uint32_t{split_peak};  // pixels of maps are 2 apart if blocks are
  const Options& given = plan_.options;
  const bool as_given = std::isinf(given.max_shift) && std::isinf(given.aligner.cutoff);
  if (!as_given || !blocks_.whole || !reference.has_evidence) return;
  if (maps_of_ != &reference) {
    maps_of_ = nullptr;
    const PixelBlocks blocks = pixel_blocks(PixelReader(reference.view), cancellation);
    if (blocks.any() && blocks.whole) {
      use_map_plan(shared_plan<T>(plan_.height / blocks.height, plan_.width / blocks.width, given));
      const ImageView view = before_enlarging(reference.view, blocks);
      map_scorer_->prepare({view, 0, "the reference image"}, map_reference_, cancellation);
    }
    blocks_of_reference_ = blocks;
    maps_of_ = &reference;
  }
  if (!(blocks_ == blocks_of_reference_)) return;
  certain_ = false;  // nobody follows the errors of sub-pixel shifts
  const ImageView view = before_enlarging(image.view, blocks_);
  const PairScore map =
      map_scorer_->score(map_reference_, {view, image.index, image.only_name}, cancellation);
  const auto is_block = [](std::int32_t found, std::int32_t of_map, std::size_t block) {
    return found == static_cast<std::int64_t>(of_map) * static_cast<std::int64_t>(block);
  };
  if (!is_block(score.peak_dy, map.peak_dy, blocks_.height)) return;
  if (!is_block(score.peak_dx, map.peak_dx, blocks_.width)) return;
  score.flags |= map.flags & split_peak;
  const double follows = follows_by_whole_blocks(map, blocks_);
  score.probability = map.probability * follows;
  score.probability_masked = map.probability_masked * follows;
}

template <class T>
void PairScorer<T>::use_map_plan(std::shared_ptr<const Plan<T>> plan) {
  if (map_scorer_ != nullptr && plan == map_plan_) return;
  map_scorer_ = nullptr;
  map_plan_ = std::move(plan);
  map_scorer_ = std::make_unique<PairScorer<T>>(*map_plan_);
}

template <class T>
PairScore PairScorer<T>::score_as_it_is(const Reference<T>& reference, const NamedImage& image,
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
  if (!spectra_.correlate(*reference, statistics, cancellation)) {
    return std::vector<double>(plan_.height * plan_.width, 0.0);
  }
  return second_opinion
             ? metrics_.second_opinion(spectra_.opinion(), cancellation)
             : metrics_.correlogram(spectra_.aligned(*reference, statistics), cancellation);
}

template class PairScorer<float>;
template class PairScorer<double>;

}  // namespace ndreg_preeval::detail
