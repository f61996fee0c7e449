// SPDX-License-Identifier: MIT
#include <ndreg_preeval/scorer.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <ndreg_preeval/threads.hpp>

#include "correlation/pair_scorer.hpp"
#include "correlation/workshop.hpp"
#include "image/image_copy.hpp"
#include "image/validation.hpp"
#include "threads/parallel.hpp"

namespace ndreg_preeval {

using detail::Cancellation;
using detail::NamedImage;

// The same for both precisions; what differs is behind the virtual functions.
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
  virtual std::vector<PairScore> score(const std::vector<ImageView>& images, const RunOptions& run,
                                       bool consecutive) const = 0;
  virtual std::vector<double> correlogram(const ImageView& image, bool second_opinion,
                                          const RunOptions& run) const = 0;
};

namespace {

template <class T>
class TypedScorer final : public Scorer::Impl {
 public:
  TypedScorer(const ImageView& reference, const Options& options, const RunOptions& run)
      : workshop_(std::make_unique<Workshop>(reference.height, reference.width, options)),
        plan_(workshop_->plan()) {
    Cancellation cancellation(run);
    const Lease lease = workshop_->lease();
    lease->use_threads(threads_for(run, 1));
    lease->prepare({reference, 0, "the reference image"}, reference_, cancellation);
    if (!plan_.looks_again() || run.reference_stays) return;
    pixels_.emplace(reference);
    reference_.view = pixels_->view();
  }

  const Options& options() const noexcept override { return plan_.options; }
  std::size_t height() const noexcept override { return plan_.height; }
  std::size_t width() const noexcept override { return plan_.width; }
  std::int64_t reference_invalid_pixels() const noexcept override {
    return reference_.invalid_pixels;
  }
  std::uint32_t reference_flags() const noexcept override { return reference_.flags; }

  std::vector<PairScore> score(const std::vector<ImageView>& images, const RunOptions& run,
                               bool consecutive) const override {
    const std::size_t first = run.first_index.value_or(0);
    for (std::size_t i = 0; i < images.size(); ++i) {
      detail::check_view(images[i], detail::image_name(first + i));
      detail::check_same_shape(images[i], plan_.height, plan_.width, detail::image_name(first + i));
    }
    if (images.size() < (consecutive ? 2U : 1U)) return {};
    std::vector<PairScore> scores(images.size() - (consecutive ? 1 : 0));
    Cancellation cancellation(run, scores.size());
    const auto one = [&](Worker& scorer, std::size_t index) {
      const std::size_t at = consecutive ? index + 1 : index;
      const detail::Reference<T>* reference = &reference_;
      if (consecutive) {
        scorer.prepare({images[index], first + index}, scorer.own_reference(), cancellation);
        reference = &scorer.own_reference();
      }
      scores[index] = scorer.score(*reference, {images[at], first + at}, cancellation);
      cancellation.finished_one();
    };
    workshop_->for_each_image(scores.size(), threads_for(run, scores.size()), cancellation, one);
    cancellation.finished();
    return scores;
  }

  std::vector<double> correlogram(const ImageView& view, bool second_opinion,
                                  const RunOptions& run) const override {
    if (second_opinion && !plan_.options.confirm) {
      throw std::invalid_argument("there is no second opinion without Options::confirm");
    }
    detail::check_view(view, "the image");
    detail::check_same_shape(view, plan_.height, plan_.width, "the image");
    Cancellation cancellation(run);
    const Lease lease = workshop_->lease();
    lease->use_threads(threads_for(run, 1));
    return lease->correlogram(reference_, {view, 0, "the image"}, second_opinion, cancellation);
  }

 private:
  using Workshop = detail::Workshop<T>;
  using Worker = typename Workshop::Worker;
  using Lease = typename Workshop::Lease;

  // Waking threads costs more than it saves where there is little to do: those that nobody asked
  // for get some work each, or stay away. Threads that share an image need a large one.
  std::size_t threads_for(const RunOptions& run, std::size_t images) const {
    const bool asked = run.num_threads > 0;
    const int possible = std::min(asked ? run.num_threads : default_threads(), most_threads);
    const std::size_t pixels = plan_.height * plan_.width;
    std::size_t useful = std::max(pixels / pixels_per_thread, asked ? images : 0);
    if (!asked) useful = std::max(useful, std::min(images, pixels * images / pixels_per_thread));
    return std::max<std::size_t>(1, std::min(static_cast<std::size_t>(possible), useful));
  }

  static constexpr int most_threads = 1024;
  static constexpr std::size_t pixels_per_thread = std::size_t{1} << 16;

  std::unique_ptr<Workshop> workshop_;
  const detail::Plan<T>& plan_;
  detail::Reference<T> reference_;
  std::optional<detail::ImageCopy> pixels_;  // of the reference image
};

std::unique_ptr<const Scorer::Impl> make_impl(const ImageView& reference, const Options& options,
                                              const RunOptions& run) {
  detail::check_options(options);
  detail::check_view(reference, "the reference image");
  if (options.precision == Precision::single_) {
    return std::make_unique<TypedScorer<float>>(reference, options, run);
  }
  return std::make_unique<TypedScorer<double>>(reference, options, run);
}

}  // namespace

Scorer::Scorer(const ImageView& reference, const Options& options, const RunOptions& run)
    : impl_(make_impl(reference, options, run)) {}

Scorer::Scorer(Scorer&&) noexcept = default;
Scorer& Scorer::operator=(Scorer&&) noexcept = default;
Scorer::~Scorer() = default;

std::vector<PairScore> Scorer::score(const std::vector<ImageView>& images,
                                     const RunOptions& run) const {
  return impl_->score(images, run, false);
}

std::vector<PairScore> Scorer::score_consecutive(const std::vector<ImageView>& images,
                                                 const RunOptions& run) const {
  return impl_->score(images, run, true);
}

std::vector<double> Scorer::correlogram(const ImageView& image, bool second_opinion,
                                        const RunOptions& run) const {
  return impl_->correlogram(image, second_opinion, run);
}

std::size_t Scorer::height() const noexcept { return impl_->height(); }
std::size_t Scorer::width() const noexcept { return impl_->width(); }
const Options& Scorer::options() const noexcept { return impl_->options(); }
std::int64_t Scorer::reference_invalid_pixels() const noexcept {
  return impl_->reference_invalid_pixels();
}
std::uint32_t Scorer::reference_flags() const noexcept { return impl_->reference_flags(); }

}  // namespace ndreg_preeval
