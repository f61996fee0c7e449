// SPDX-License-Identifier: MIT
// Forward along one axis, something done to each frequency, and back.
//
// Depth first, as the transforms themselves: a part goes forward and back before the next one is
// touched. The innermost butterflies of both ways, and what happens between them, are in registers.
// The numbers are those of forward_from(), the same work on each frequency, and back_to().
#pragma once

#include "kernel/fft/axis.hpp"

namespace ndreg_preeval::kernel {
namespace {

// The innermost level of a round trip. What happens to frequencies is an object, `Middle`:
//   middle(at, value, second): what becomes of the frequency that is at-th in the order of the
//   plan; it may add something up middle.first_in(value), middle.first_out(value): that of the
//   first one, before and after it Middle::twice: whether a second transform goes back; its values
//   are stored at `second`
template <class T, std::size_t n, std::size_t radix, class Middle>
NDREG_PREEVAL_NOINLINE void turn(const PassJob<T>& job, std::ptrdiff_t to_second, std::size_t at,
                                 Middle& shared) noexcept {
  using V = vector_of<T, n>;
  constexpr std::size_t element = 2 * n;
  Middle middle = shared;  // in registers
  T* work = job.out;
  for (std::size_t left = job.count; left > 0; --left) {
    T* second = work + to_second;
    Complex<V> a[radix];
#pragma GCC unroll 16
    for (std::size_t q = 0; q < radix; ++q) {
      a[q] = load_element<n, Direction::forward, V>(work + q * element);
    }
    Butterfly<T, V, radix>::run(a);
    if (at == 0) a[0] = middle.first_in(a[0]);
#pragma GCC unroll 16
    for (std::size_t q = 0; q < radix; ++q) {
      const Complex<V> value = middle(at + q, a[q], second + q * element);
      a[q] = {rounded(value.im), rounded(value.re)};
    }
    if (at == 0) {
      const Complex<V> first = middle.first_out({a[0].im, a[0].re});
      a[0] = {first.im, first.re};
    }
    Butterfly<T, V, radix>::run(a);
#pragma GCC unroll 16
    for (std::size_t q = 0; q < radix; ++q) {
      store_element<n, Direction::back>(a[q], work + q * element);
    }
    at += radix;
    work += job.out_step * element;
  }
  shared = middle;
  if constexpr (Middle::twice) {
    PassJob<T> back = job;
    back.in = back.out = job.out + to_second;
    pass<T, n, Direction::back, radix, false>(back);
  }
}

// The radices that it is compiled for: the innermost ones of most lengths.
template <class T>
bool has_round_trip(const AxisPlan<T>& plan) noexcept {
  if (plan.convolution || plan.levels.size() < 2) return false;
  const std::size_t radix = plan.levels.back().radix;
  return radix == 8 || radix == 10 || radix == 12 || radix == 15 || radix == 16;
}

template <class T, std::size_t n, class Middle>
void choose_turn(const PassJob<T>& job, std::ptrdiff_t to_second, std::size_t at,
                 Middle& middle) noexcept {
  switch (job.radix) {
    case 8:
      return turn<T, n, 8>(job, to_second, at, middle);
    case 10:
      return turn<T, n, 10>(job, to_second, at, middle);
    case 12:
      return turn<T, n, 12>(job, to_second, at, middle);
    case 15:
      return turn<T, n, 15>(job, to_second, at, middle);
    default:
      return turn<T, n, 16>(job, to_second, at, middle);
  }
}

// As transform_parts(). The first part holds frequencies from the at-th on; `to_second` leads to
// the same place of the other work space.
template <class T, std::size_t n, class Middle>
void turn_parts(const AxisPlan<T>& plan, std::size_t level, T* parts, std::ptrdiff_t to_second,
                std::size_t count, std::size_t step, std::size_t at, Middle& middle) noexcept {
  const Level& here = plan.levels[level];
  PassJob<T> job;
  job.radix = here.radix;
  job.roots = plan.roots.data() + here.roots;
  if (level + 1 == plan.levels.size()) {
    job.in = job.out = parts;
    job.in_step = job.out_step = step;
    job.count = count;
    choose_turn<T, n>(job, to_second, at, middle);
    return;
  }
  job.in_stride = job.out_stride = here.inner;
  job.count = here.inner;
  job.twiddles = plan.twiddles.data() + here.twiddles;
  for (std::size_t i = 0; i < count; ++i) {
    T* part = parts + i * step * 2 * n;
    job.in = job.out = part;
    run_pass<T, n, Direction::forward>(job);
    turn_parts<T, n>(plan, level + 1, part, to_second, here.radix, here.inner, at, middle);
    run_pass<T, n, Direction::back>(job);
    if constexpr (Middle::twice) {
      job.in = job.out = part + to_second;
      run_pass<T, n, Direction::back>(job);
    }
    at += here.radix * here.inner;
  }
}

// From and to elements that lie side by side in natural order; `second` and `to_second` are for
// the second transform back. A work space must not be where a transform goes to.
template <class T, std::size_t n, class Middle>
void round_trip(const AxisPlan<T>& plan, const T* from, T* work, T* to, Middle& middle,
                T* second_work = nullptr, T* second_to = nullptr) noexcept {
  PassJob<T> job = outermost(plan);
  job.in = from;
  job.in_stride = job.count;
  job.out = work;
  job.out_stride = plan.outer_stride;
  run_pass<T, n, Direction::forward>(job);
  const std::ptrdiff_t to_second = Middle::twice ? second_work - work : 0;
  turn_parts<T, n>(plan, 1, work, to_second, job.radix, plan.outer_stride, 0, middle);
  std::swap(job.in_stride, job.out_stride);
  job.in = work;
  job.out = to;
  run_pass<T, n, Direction::back>(job);
  if constexpr (Middle::twice) {
    job.in = second_work;
    job.out = second_to;
    run_pass<T, n, Direction::back>(job);
  }
}

}  // namespace
}  // namespace ndreg_preeval::kernel
