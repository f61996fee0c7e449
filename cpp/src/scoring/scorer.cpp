// SPDX-License-Identifier: MIT
#include <ndreg_preeval/scorer.hpp>

#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/kept_memory.hpp"
#include "image/image_copy.hpp"
#include "image/validation.hpp"
#include "scoring/typed_scorer.hpp"

namespace ndreg_preeval {

using detail::Cancellation;
using detail::Images;
using detail::TypedScorer;

// The same for all precisions; what differs is behind the virtual functions.
class Scorer::Impl {
 public:
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  virtual ~Impl() = default;

  virtual const Options& options() const noexcept = 0;
  virtual std::size_t height() const noexcept = 0;
  virtual std::size_t width() const noexcept = 0;
  virtual std::int64_t reference_invalid_pixels() const noexcept = 0;
  virtual std::uint32_t reference_flags() const noexcept = 0;
  virtual void score(const Images& images, const RunOptions& run, Cancellation& cancellation,
                     std::vector<PairScore>& scores) const = 0;
  virtual std::vector<double> correlogram(const ImageView& image, bool second_opinion,
                                          const RunOptions& run) const = 0;
};

namespace {

std::vector<std::size_t> all_below(std::size_t count) {
  std::vector<std::size_t> indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return indices;
}

// In the precision that was asked for.
template <class T>
class InOnePrecision final : public Scorer::Impl {
 public:
  InOnePrecision(const ImageView& reference, const Options& options, const RunOptions& run)
      : scorer_(reference, options, run) {}

  const Options& options() const noexcept override { return scorer_.options(); }
  std::size_t height() const noexcept override { return scorer_.height(); }
  std::size_t width() const noexcept override { return scorer_.width(); }
  std::int64_t reference_invalid_pixels() const noexcept override {
    return scorer_.reference().invalid_pixels;
  }
  std::uint32_t reference_flags() const noexcept override { return scorer_.reference().flags; }

  void score(const Images& images, const RunOptions& run, Cancellation& cancellation,
             std::vector<PairScore>& scores) const override {
    scorer_.score(images, all_below(scores.size()), run, cancellation, scores);
  }

  std::vector<double> correlogram(const ImageView& image, bool second_opinion,
                                  const RunOptions& run) const override {
    return scorer_.correlogram(image, second_opinion, run);
  }

 private:
  TypedScorer<T> scorer_;
};

// In single, and again in double where that is not certain to find the same.
class InEither final : public Scorer::Impl {
 public:
  InEither(const ImageView& reference, const Options& options, const RunOptions& run)
      : options_(options),
        pixels_(run.reference_stays ? std::nullopt : std::optional<detail::ImageCopy>(reference)),
        reference_(pixels_ ? pixels_->view() : reference),
        single_(reference_, with(Precision::single_), staying(run)) {}

  const Options& options() const noexcept override { return options_; }
  std::size_t height() const noexcept override { return single_.height(); }
  std::size_t width() const noexcept override { return single_.width(); }
  std::int64_t reference_invalid_pixels() const noexcept override {
    return single_.reference().invalid_pixels;
  }
  std::uint32_t reference_flags() const noexcept override { return single_.reference().flags; }

  void score(const Images& images, const RunOptions& run, Cancellation& cancellation,
             std::vector<PairScore>& scores) const override {
    std::vector<std::size_t> again;
    again.reserve(scores.size());
    if (single_.is_doubtful() && !images.consecutive) {
      again = all_below(scores.size());
    } else {
      std::vector<unsigned char> uncertain(scores.size());
      single_.score(images, all_below(scores.size()), run, cancellation, scores, &uncertain);
      for (std::size_t pair = 0; pair < scores.size(); ++pair) {
        if (uncertain[pair] != 0) again.push_back(pair);
      }
    }
    if (again.empty()) return;
    in_double_for(run).score(images, again, run, cancellation, scores);
    for (const std::size_t pair : again) scores[pair].flags |= in_double;
  }

  std::vector<double> correlogram(const ImageView& image, bool second_opinion,
                                  const RunOptions& run) const override {
    if (single_.is_certain(image, run)) return single_.correlogram(image, second_opinion, run);
    return in_double_for(run).correlogram(image, second_opinion, run);
  }

 private:
  Options with(Precision precision) const {
    Options options = options_;
    options.precision = precision;
    return options;
  }

  // The pixels of the reference image stay where they are as long as this does.
  static RunOptions staying(const RunOptions& run) {
    RunOptions own = run;
    own.progress = nullptr;
    own.reference_stays = true;
    return own;
  }

  // Calls at once may make one each, and the first one stays: nobody waits, with the lock or for
  // it, while the caller is asked whether to go on.
  const TypedScorer<double>& in_double_for(const RunOptions& run) const {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (double_) return *double_;
    }
    auto made = std::make_unique<const TypedScorer<double>>(reference_, with(Precision::double_),
                                                            staying(run));
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!double_) double_ = std::move(made);
    return *double_;
  }

  Options options_;
  std::optional<detail::ImageCopy> pixels_;
  ImageView reference_;
  TypedScorer<float> single_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<const TypedScorer<double>> double_;  // made when it is needed
};

std::unique_ptr<const Scorer::Impl> make_impl(const ImageView& reference, const Options& options,
                                              const RunOptions& run) {
  detail::check_options(options);
  detail::check_view(reference, "the reference image");
  switch (options.precision) {
    case Precision::single_:
      return std::make_unique<InOnePrecision<float>>(reference, options, run);
    case Precision::double_:
      return std::make_unique<InOnePrecision<double>>(reference, options, run);
    case Precision::automatic:
      break;
  }
  return std::make_unique<InEither>(reference, options, run);
}

std::vector<PairScore> score_all(const Scorer::Impl& scorer, const Images& images,
                                 const RunOptions& run) {
  for (std::size_t i = 0; i < images.views.size(); ++i) {
    const std::string name = detail::image_name(images.first_index + i);
    detail::check_view(images.views[i], name);
    detail::check_same_shape(images.views[i], scorer.height(), scorer.width(), name);
  }
  if (images.pairs() == 0) return {};
  std::vector<PairScore> scores(images.pairs());
  Cancellation cancellation(run, scores.size());
  scorer.score(images, run, cancellation, scores);
  cancellation.finished();
  return scores;
}

}  // namespace

Scorer::Scorer(const ImageView& reference, const Options& options, const RunOptions& run)
    : impl_(detail::again_without_kept_memory([&] { return make_impl(reference, options, run); })) {
}

Scorer::Scorer(Scorer&&) noexcept = default;
Scorer& Scorer::operator=(Scorer&&) noexcept = default;
Scorer::~Scorer() = default;

std::vector<PairScore> Scorer::score(const std::vector<ImageView>& images,
                                     const RunOptions& run) const {
  return detail::again_without_kept_memory(
      [&] { return score_all(*impl_, {images, run.first_index.value_or(0), false}, run); });
}

std::vector<PairScore> Scorer::score_consecutive(const std::vector<ImageView>& images,
                                                 const RunOptions& run) const {
  return detail::again_without_kept_memory(
      [&] { return score_all(*impl_, {images, run.first_index.value_or(0), true}, run); });
}

std::vector<double> Scorer::correlogram(const ImageView& image, bool second_opinion,
                                        const RunOptions& run) const {
  if (second_opinion && !impl_->options().confirm) {
    throw std::invalid_argument("there is no second opinion without Options::confirm");
  }
  detail::check_view(image, "the image");
  detail::check_same_shape(image, impl_->height(), impl_->width(), "the image");
  return detail::again_without_kept_memory(
      [&] { return impl_->correlogram(image, second_opinion, run); });
}

std::size_t Scorer::height() const noexcept { return impl_->height(); }
std::size_t Scorer::width() const noexcept { return impl_->width(); }
const Options& Scorer::options() const noexcept { return impl_->options(); }
std::int64_t Scorer::reference_invalid_pixels() const noexcept {
  return impl_->reference_invalid_pixels();
}
std::uint32_t Scorer::reference_flags() const noexcept { return impl_->reference_flags(); }

}  // namespace ndreg_preeval
