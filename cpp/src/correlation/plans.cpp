// SPDX-License-Identifier: MIT
#include "correlation/plans.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "base/immortal.hpp"
#include "base/kept_memory.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

namespace ndreg_preeval::detail {
namespace {

bool same(const Filter& a, const Filter& b) noexcept {
  const auto& [window, window_from, cutoff] = a;
  return window == b.window && window_from == b.window_from && cutoff == b.cutoff;
}

// An option that is new does not compile before it is compared here.
bool same(const Options& a, const Options& b) noexcept {
  const auto& [precision, aligner, normalization, confirm, opinion, judgement, max_shift, keep_mean,
               ignore_hot_pixel, accept_invalid] = a;
  return precision == b.precision && same(aligner, b.aligner) && normalization == b.normalization &&
         confirm == b.confirm && same(opinion, b.opinion) && judgement == b.judgement &&
         max_shift == b.max_shift && keep_mean == b.keep_mean &&
         ignore_hot_pixel == b.ignore_hot_pixel && accept_invalid == b.accept_invalid;
}

template <class T>
class Plans {
 public:
  using Pointer = std::shared_ptr<const Plan<T>>;

  constexpr Plans() = default;

  Pointer find(std::size_t height, std::size_t width, const Options& options,
               const kernel::Kernels<T>& kernels) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (std::size_t i = 0; i < count_; ++i) {
      const Plan<T>& plan = *latest_[i];
      if (plan.height != height || plan.width != width || &plan.kernels != &kernels) continue;
      if (!same(plan.options, options)) continue;
      std::rotate(latest_.begin(), latest_.begin() + i, latest_.begin() + i + 1);
      return latest_[0];
    }
    return nullptr;
  }

  void keep(Pointer plan, std::size_t limit) noexcept {
    if (bytes_of(*plan) > limit) return;
    for (;;) {
      Pointer gone;  // outside the lock
      const std::lock_guard<std::mutex> lock(mutex_);
      if (count_ < latest_.size() && bytes_ + bytes_of(*plan) <= limit) {
        bytes_ += bytes_of(*plan);
        latest_[count_++] = std::move(plan);
        std::rotate(latest_.begin(), latest_.begin() + count_ - 1, latest_.begin() + count_);
        return;
      }
      gone = forget_last();
    }
  }

  // Returns how many bytes, about, went.
  std::size_t shrink(std::size_t limit) noexcept {
    for (std::size_t bytes = 0;;) {
      Pointer gone;
      const std::lock_guard<std::mutex> lock(mutex_);
      if (bytes_ <= limit) return bytes;
      gone = forget_last();
      bytes += bytes_of(*gone);
    }
  }

  std::size_t bytes() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return bytes_;
  }

  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  // Roots of unity and orders of frequencies, of a convolution, too: about.
  static std::size_t bytes_of(const Plan<T>& plan) noexcept {
    return 32 * sizeof(T) * (plan.height + plan.width);
  }

  Pointer forget_last() noexcept {
    Pointer gone = std::move(latest_[--count_]);
    bytes_ -= bytes_of(*gone);
    return gone;
  }

  std::mutex mutex_;
  std::array<Pointer, 16> latest_{};
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

Immortal<Plans<float>> plans_in_single;
Immortal<Plans<double>> plans_in_double;

Plans<float>& plans_of(float /*type*/) { return *plans_in_single; }
Plans<double>& plans_of(double /*type*/) { return *plans_in_double; }

std::size_t shrink_plans(std::size_t limit) noexcept {
  return plans_in_single->shrink(limit) + plans_in_double->shrink(limit);
}

struct AtEnd {
  AtEnd() = default;
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;
  ~AtEnd() { release_plans(); }
} const at_end{};

#if defined(__unix__) || defined(__APPLE__)
void lock_plans() {
  plans_in_single->lock();
  plans_in_double->lock();
}

void unlock_plans() {
  plans_in_double->unlock();
  plans_in_single->unlock();
}

int watch_forks() noexcept { return pthread_atfork(&lock_plans, &unlock_plans, &unlock_plans); }
[[maybe_unused]] const int around_forks = watch_forks();
#endif

}  // namespace

template <class T>
std::shared_ptr<const Plan<T>> shared_plan(std::size_t height, std::size_t width,
                                           const Options& options) {
  if (read_kept_memory_limit()) shrink_plans(kept_plans_limit());
  Plans<T>& plans = plans_of(T{});
  std::shared_ptr<const Plan<T>> plan =
      plans.find(height, width, options, kernel::active_kernels<T>());
  if (plan == nullptr) {
    plan = std::make_shared<const Plan<T>>(height, width, options);
    plans.keep(plan, kept_plans_limit());
  }
  return plan;
}

std::size_t kept_plan_bytes() noexcept {
  return plans_in_single->bytes() + plans_in_double->bytes();
}

std::size_t release_plans() noexcept { return shrink_plans(0); }

template std::shared_ptr<const Plan<float>> shared_plan(std::size_t, std::size_t, const Options&);
template std::shared_ptr<const Plan<double>> shared_plan(std::size_t, std::size_t, const Options&);

}  // namespace ndreg_preeval::detail
