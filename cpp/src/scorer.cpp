// SPDX-License-Identifier: MIT
#include <ndreg_preeval/scorer.hpp>

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include <ndreg_preeval/threads.hpp>

#include "pair_scorer.hpp"
#include "parallel.hpp"
#include "validation.hpp"

namespace ndreg_preeval {

using detail::CentredImage;
using detail::Stopper;

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

CentredImage centre(const ImageView& view, const Options& options, const std::string& what,
                    Stopper& stopper) {
  CentredImage image(view, stopper);
  if (image.invalid_pixels() > 0 && !options.accept_invalid) {
    throw std::invalid_argument(what + " must have valid pixels only, but " +
                                std::to_string(image.invalid_pixels()) +
                                " are not finite or masked");
  }
  return image;
}

template <class T>
class TypedScorer final : public Scorer::Impl {
 public:
  TypedScorer(const ImageView& reference, const Options& options, const RunOptions& run)
      : plan_(reference.height, reference.width, options) {
    Stopper stopper(run.should_stop);
    Lease lease(*this);  // first: where memory is short, no need to look at the pixels
    const CentredImage image = centre(reference, options, "the reference image", stopper);
    lease->prepare(image, reference_, stopper);
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
    for (std::size_t i = 0; i < images.size(); ++i) {
      detail::check_view(images[i], detail::image_name(i));
      detail::check_same_shape(images[i], plan_.height, plan_.width, detail::image_name(i));
    }
    if (images.size() < (consecutive ? 2U : 1U)) return {};
    std::vector<PairScore> scores(images.size() - (consecutive ? 1 : 0));
    const std::size_t wanted = threads_for(run, scores.size());
    Stopper stopper(run.should_stop);
    const std::vector<Lease> leases = lease(wanted);
    detail::for_each_index(
        scores.size(), leases.size(), stopper, [&](std::size_t index, std::size_t thread) {
          auto& scorer = *leases[thread];
          const std::size_t at = consecutive ? index + 1 : index;
          const detail::Reference<T>* reference = &reference_;
          if (consecutive) {
            const CentredImage before =
                centre(images[index], plan_.options, detail::image_name(index), stopper);
            scorer.prepare(before, scorer.own_reference(), stopper);
            reference = &scorer.own_reference();
          }
          const CentredImage image =
              centre(images[at], plan_.options, detail::image_name(at), stopper);
          scores[index] = scorer.score(*reference, image, stopper);
        });
    return scores;
  }

  std::vector<double> correlogram(const ImageView& view, bool second_opinion,
                                  const RunOptions& run) const override {
    if (second_opinion && !plan_.options.confirm) {
      throw std::invalid_argument("there is no second opinion without Options::confirm");
    }
    detail::check_view(view, "the image");
    detail::check_same_shape(view, plan_.height, plan_.width, "the image");
    Stopper stopper(run.should_stop);
    const CentredImage image = centre(view, plan_.options, "the image", stopper);
    Lease lease(*this);
    return lease->correlogram(reference_, image, second_opinion, stopper);
  }

 private:
  using Worker = detail::PairScorer<T>;

  // A worker on loan: goes back to the idle ones when the loan ends.
  class Lease {
   public:
    explicit Lease(const TypedScorer& owner) : owner_(&owner), worker_(owner.take()) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      if (worker_) owner_->give_back(std::move(worker_));
    }
    Worker& operator*() const noexcept { return *worker_; }
    Worker* operator->() const noexcept { return worker_.get(); }

   private:
    const TypedScorer* owner_;
    std::unique_ptr<Worker> worker_;
  };

  // Waking threads costs more than it saves where there is little to do: those that nobody asked
  // for get some work each, or stay away.
  std::size_t threads_for(const RunOptions& run, std::size_t work) const {
    if (run.num_threads > 0) {
      return std::min(static_cast<std::size_t>(std::min(run.num_threads, most_threads)), work);
    }
    const std::size_t worthwhile = plan_.height * plan_.width * work / pixels_per_thread;
    const auto possible = static_cast<std::size_t>(std::min(default_threads(), most_threads));
    return std::max<std::size_t>(1, std::min({possible, work, worthwhile}));
  }

  // As many as there is memory for, one at least.
  std::vector<Lease> lease(std::size_t wanted) const {
    std::vector<Lease> leases;
    leases.reserve(wanted);
    leases.emplace_back(*this);
    try {
      while (leases.size() < wanted) leases.emplace_back(*this);
    } catch (const std::bad_alloc&) {
      return leases;
    }
    return leases;
  }

  std::unique_ptr<Worker> take() const {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Worker> worker = std::move(idle_.back());
        idle_.pop_back();
        return worker;
      }
    }
    return std::make_unique<Worker>(plan_);
  }

  void give_back(std::unique_ptr<Worker> worker) const noexcept {
    try {
      const std::lock_guard<std::mutex> lock(mutex_);
      idle_.push_back(std::move(worker));
    } catch (...) {  // no memory for the list: the worker goes
    }
  }

  static constexpr int most_threads = 1024;
  static constexpr std::size_t pixels_per_thread = std::size_t{1} << 16;

  detail::Plan<T> plan_;
  detail::Reference<T> reference_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Worker>> idle_;
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
