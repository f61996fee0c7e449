// SPDX-License-Identifier: MIT
// The middle one of the three sweeps: along x, group by group, there and back.
#pragma once

#include "kernel/cross_power.hpp"
#include "kernel/fft/axis.hpp"
#include "kernel/fft/round_trip.hpp"
#include "kernel/hann_filter.hpp"
#include "kernel/kernels.hpp"
#include "kernel/whitening.hpp"

namespace ndreg_preeval::kernel {
namespace {

// Goes through groups of a spectrum in order, transformed along x; with a window, a group and its
// neighbours.
template <class T, std::size_t n>
class Groups {
 public:
  // Takes two work spaces and three rows of scratch.
  Groups(const ImagePlan<T>& plan, const T* spectrum, bool with_neighbours, T* scratch) noexcept
      : plan_(plan),
        spectrum_(spectrum),
        with_neighbours_(with_neighbours),
        here_(scratch),
        after_(scratch + plan.along_x.extent * 2 * n),
        below_(after_ + plan.along_x.extent * 2 * n),
        own_edge_(below_ + row_size(plan)),
        spare_(own_edge_ + row_size(plan)) {}

  // Calls each(group) for first <= group < last; here() and neighbourhood() tell of it.
  template <class Each>
  void run(std::size_t first, std::size_t last, const T* below, const T* above, const Each& each) {
    transform(first, here_);
    for (std::size_t group = first; group < last; ++group) {
      if (with_neighbours_) {
        if (group + 1 < last) {
          transform(group + 1, after_);
        } else if (group + 1 < plan_.groups) {
          put_lane<T, n>(plan_.along_x, above, 0, after_);
        }
        if (group == 0) begin_at_zero();
        if (group == first && group > 0) {
          std::memcpy(below_, below, row_size(plan_) * sizeof(T));
        }
        take_lane<T, n>(plan_.along_x, here_, n - 1, own_edge_);
        if (group + 1 == plan_.groups) end_at_half();
      }
      each(group);
      if (group + 1 == last) break;
      if (with_neighbours_) {
        std::swap(below_, own_edge_);
        std::swap(here_, after_);
      } else {
        transform(group + 1, here_);
      }
    }
  }

  T* here() const noexcept { return here_; }
  Neighbourhood<T> neighbourhood() const noexcept { return {here_, after_, below_}; }

  void transform(std::size_t group, T* work) const {
    forward_from<T, n>(plan_.along_x, spectrum_ + group * plan_.row_size, work);
    if (group > 0) return;
    T* mean = work + std::size_t{plan_.along_x.position[0]} * 2 * n;
    mean[0] = mean[n] = T(0);
  }

 private:
  static std::size_t row_size(const ImagePlan<T>& plan) noexcept { return 2 * plan.width; }

  // Frequencies beyond the half spectrum, on either side, are mirror images of ones within.
  void begin_at_zero() {
    if (plan_.frequencies < 2) {
      std::fill(below_, below_ + row_size(plan_), T(0));
      return;
    }
    take_lane<T, n>(plan_.along_x, n > 1 ? here_ : after_, n > 1 ? 1 : 0, spare_);
    mirror_row(spare_, plan_.width, below_);
  }

  void end_at_half() {
    const std::size_t lane = (plan_.frequencies - 1) % n;  // of the highest frequency
    const T* row = spare_;
    if (plan_.height % 2 != 0) {
      take_lane<T, n>(plan_.along_x, here_, lane, spare_);
    } else if (lane > 0) {
      take_lane<T, n>(plan_.along_x, here_, lane - 1, spare_);
    } else {
      row = below_;
    }
    mirror_row(row, plan_.width, own_edge_);  // no longer needed
    put_lane<T, n>(plan_.along_x, own_edge_, (lane + 1) % n, lane + 1 < n ? here_ : after_);
    if (lane + 1 == n) return;
    // Lanes that are no frequencies count 0 times what is here, and 0 times NaN is none.
    std::fill(own_edge_, own_edge_ + row_size(plan_), T(0));
    put_lane<T, n>(plan_.along_x, own_edge_, 0, after_);
  }

  const ImagePlan<T>& plan_;
  const T* spectrum_;
  bool with_neighbours_;
  T* here_;
  T* after_;
  T* below_;     // the frequency before lane 0, [kx][re, im]
  T* own_edge_;  // that of the last lane
  T* spare_;
};

// Calls each(unit, element, value) for all frequencies of a group, in the order of Whitened.
template <class T, std::size_t n, class Each>
NDREG_PREEVAL_INLINE void for_filtered(const AxisPlan<T>& plan, const WindowedAxes& window,
                                       const Groups<T, n>& groups, const Each& each) {
  using V = vector_of<T, n>;
  if (window.any()) {
    windowed_row<T, n>(window, plan, groups.neighbourhood(), each);
    return;
  }
  const T* here = groups.here();
  std::size_t unit = 0;
  for (const auto& run : plan.runs) {
    for (std::size_t i = 0; i < run.count; ++i) {
      const std::size_t element = run.element + i;
      const T* at = here + element * 2 * n;
      each(unit++, element, Complex<V>{load_lanes<V>(at), load_lanes<V>(at + n)});
    }
  }
}

template <class T, std::size_t n>
void keep_mean(const ImagePlan<T>& plan, T* work) {
  T* mean = work + std::size_t{plan.along_x.position[0]} * 2 * n;
  mean[0] = T(1) / (static_cast<T>(plan.height) * static_cast<T>(plan.width));
  mean[n] = T(0);
}

// One correlogram of a group, transformed back along x.
template <class T, std::size_t n, bool phases>
NDREG_PREEVAL_NOINLINE double correlate_group(const ImagePlan<T>& plan,
                                              const Whitened<T>& reference, T floor, T lost,
                                              std::size_t group, const Groups<T, n>& groups,
                                              T* work) {
  using V = vector_of<T, n>;
  CrossPower<T, n, phases> cross_power(plan, reference, floor, lost, group);
  for_filtered<T, n>(
      plan.along_x, reference.window, groups,
      [&cross_power, work](std::size_t at, std::size_t element, const Complex<V>& image) {
        const Complex<V> value = cross_power(at, image);
        store_element<n, Direction::forward>(value, work + element * 2 * n);
      });
  if (group == 0 && reference.keep_mean) keep_mean<T, n>(plan, work);
  back_to<T, n>(plan.along_x, work, reference.out + group * plan.row_size);
  return cross_power.doubts().first;
}

// Both of them, where the second one is the first one times a low pass.
template <class T, std::size_t n>
NDREG_PREEVAL_NOINLINE Doubts correlate_group_twice(const ImagePlan<T>& plan,
                                                    const CorrelateJob<T>& job, std::size_t group,
                                                    const Groups<T, n>& groups, T* work) {
  using V = vector_of<T, n>;
  TwoCrossPowers<T, n> cross_powers(plan, job, group);
  T* here = groups.here();
  for_filtered<T, n>(
      plan.along_x, job.first.window, groups,
      [&cross_powers, here, work](std::size_t at, std::size_t element, const Complex<V>& image) {
        const Complex<V> value = cross_powers(at, image, work + element * 2 * n);
        store_element<n, Direction::forward>(value, here + element * 2 * n);
      });
  back_to<T, n>(plan.along_x, work, job.second->out + group * plan.row_size);
  if (group == 0 && job.first.keep_mean) keep_mean<T, n>(plan, here);
  back_to<T, n>(plan.along_x, here, job.first.out + group * plan.row_size);
  return cross_powers.doubts();
}

// The same in one round trip, of phases without windows; scratch holds two work spaces.
template <class T, std::size_t n>
Doubts correlate_round_trip(const ImagePlan<T>& plan, const CorrelateJob<T>& job, std::size_t group,
                            T* scratch) {
  const std::size_t row = group * plan.row_size;
  const T* from = job.spectrum + row;
  if (job.second == nullptr) {
    CrossPower<T, n, true> middle(plan, job.first, 2 * job.floor, job.lost, group);
    round_trip<T, n>(plan.along_x, from, scratch, job.first.out + row, middle);
    return middle.doubts();
  }
  TwoCrossPowers<T, n> middle(plan, job, group);
  round_trip<T, n>(plan.along_x, from, scratch, job.first.out + row, middle,
                   scratch + plan.along_x.extent * 2 * n, job.second->out + row);
  return middle.doubts();
}

template <class T, std::size_t n>
void correlate(const ImagePlan<T>& plan, const CorrelateJob<T>& job, std::size_t first,
               std::size_t last, T* scratch) {
  const bool windows =
      job.first.window.any() || (job.second != nullptr && job.second->window.any());
  const bool follows = job.second != nullptr && job.second->spectrum == nullptr;
  if (has_round_trip(plan.along_x) && !windows && job.first.gain == 0 &&
      (follows || job.second == nullptr)) {
    for (std::size_t group = first; group < last; ++group) {
      if (job.cancellation != nullptr) job.cancellation->check();
      job.doubts[group] = correlate_round_trip<T, n>(plan, job, group, scratch);
    }
    return;
  }
  Groups<T, n> groups(plan, job.spectrum, windows, scratch + plan.along_x.extent * 2 * n);
  groups.run(first, last, job.below, job.above, [&](std::size_t group) {
    if (job.cancellation != nullptr) job.cancellation->check();
    Doubts& doubts = job.doubts[group];
    if (follows) {
      doubts = correlate_group_twice<T, n>(plan, job, group, groups, scratch);
      return;
    }
    const T floor = 2 * job.floor;
    // The spectrum is needed until the last of them; then it may become its own correlogram.
    if (job.second != nullptr) {
      doubts.second =
          correlate_group<T, n, true>(plan, *job.second, floor, job.lost, group, groups, scratch);
    }
    T* work = job.first.window.any() ? scratch : groups.here();
    const auto correlate_first =
        job.first.gain == 0 ? &correlate_group<T, n, true> : &correlate_group<T, n, false>;
    doubts.first = correlate_first(plan, job.first, floor, job.lost, group, groups, work);
  });
}

template <class T, std::size_t n>
void edge_row(const ImagePlan<T>& plan, const T* spectrum, std::size_t ky, T* row, T* scratch) {
  const Groups<T, n> groups(plan, spectrum, false, scratch);
  groups.transform(ky / n, groups.here());
  take_lane<T, n>(plan.along_x, groups.here(), ky % n, row);
}

template <class T, std::size_t n>
void whiten(const ImagePlan<T>& plan, const WhitenJob<T>& job, std::size_t first, std::size_t last,
            T* scratch) {
  using V = vector_of<T, n>;
  const std::uint32_t* order = job.window.any() ? nullptr : plan.along_x.order.data();
  Groups<T, n> groups(plan, job.spectrum, job.window.any(), scratch);
  groups.run(first, last, job.below, job.above, [&](std::size_t group) {
    if (job.cancellation != nullptr) job.cancellation->check();
    T* out = job.out + group * plan.row_size;
    PassedMagnitudes<T, n> passed(plan, job.low_y, group);
    Whitening<T, n> whitening(plan, job, group, passed);
    for_filtered<T, n>(plan.along_x, job.window, groups,
                       [&](std::size_t at, std::size_t, const Complex<V>& value) {
                         const std::size_t kx = order == nullptr ? at : order[at];
                         whitening(kx, value, out + at * 2 * n);
                       });
    job.sums[group] = whitening.sums();
  });
}

}  // namespace
}  // namespace ndreg_preeval::kernel
