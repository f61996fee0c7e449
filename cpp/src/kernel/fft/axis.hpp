// SPDX-License-Identifier: MIT
// Whole transforms along one axis, in a work space of plan.extent elements.
//
// Passes go depth first: a part is done with, in the innermost cache, before the next is touched.
#pragma once

#include "kernel/fft/axis_plan.hpp"
#include "kernel/fft/passes.hpp"

namespace ndreg_preeval::kernel {
namespace {

// Elements on their way between the outermost pass and somewhere else.
constexpr std::size_t staging_bytes = std::size_t{1} << 14;
template <class T, std::size_t n>
constexpr std::size_t staging_elements = staging_bytes / (2 * n * sizeof(T));

// `count` parts, `step` elements apart, through all levels from `level` on: outer passes come first
// on the way forward and last on the way back.
template <class T, std::size_t n, Direction direction>
void transform_parts(const AxisPlan<T>& plan, std::size_t level, T* parts, std::size_t count,
                     std::size_t step) noexcept {
  if (level >= plan.levels.size()) return;
  const Level& here = plan.levels[level];
  PassJob<T> job;
  job.radix = here.radix;
  job.roots = plan.roots.data() + here.roots;
  if (level + 1 == plan.levels.size()) {
    job.in = job.out = parts;
    job.in_step = job.out_step = step;
    job.count = count;
    run_pass<T, n, direction>(job);
    return;
  }
  job.in_stride = job.out_stride = here.inner;
  job.count = here.inner;
  job.twiddles = plan.twiddles.data() + here.twiddles;
  for (std::size_t i = 0; i < count; ++i) {
    T* part = parts + i * step * 2 * n;
    job.in = job.out = part;
    if constexpr (direction == Direction::forward) run_pass<T, n, direction>(job);
    transform_parts<T, n, direction>(plan, level + 1, part, here.radix, here.inner);
    if constexpr (direction == Direction::back) run_pass<T, n, direction>(job);
  }
}

// The outermost pass; in and out are the caller's to set.
template <class T>
PassJob<T> outermost(const AxisPlan<T>& plan) noexcept {
  const Level& outer = plan.levels[0];
  PassJob<T> job;
  job.radix = outer.radix;
  job.roots = plan.roots.data() + outer.roots;
  job.count = outer.inner;
  job.twiddles = outer.inner > 1 ? plan.twiddles.data() + outer.twiddles : nullptr;
  return job;
}

template <class T, std::size_t n>
void forward_in_place(const AxisPlan<T>& plan, T* work) noexcept {
  if (plan.levels.empty()) return;
  PassJob<T> job = outermost(plan);
  job.in = job.out = work;
  job.in_stride = job.out_stride = plan.outer_stride;
  run_pass<T, n, Direction::forward>(job);
  transform_parts<T, n, Direction::forward>(plan, 1, work, job.radix, plan.outer_stride);
}

template <class T, std::size_t n>
void back_in_place(const AxisPlan<T>& plan, T* work) noexcept {
  if (plan.levels.empty()) return;
  PassJob<T> job = outermost(plan);
  transform_parts<T, n, Direction::back>(plan, 1, work, job.radix, plan.outer_stride);
  job.in = job.out = work;
  job.in_stride = job.out_stride = plan.outer_stride;
  run_pass<T, n, Direction::back>(job);
}

// Bluestein's: natural order in and out of the work space of the convolution.
template <class T, std::size_t n, Direction direction>
NDREG_PREEVAL_NOINLINE void convolve(const AxisPlan<T>& plan, T* work) noexcept {
  using V = vector_of<T, n>;
  const AxisPlan<T>& inner = *plan.convolution;
  const T* chirp = plan.chirp.data();
  for (std::size_t i = 0; i < inner.length; ++i) {
    T* at = work + inner.natural_element(i) * 2 * n;
    Complex<V> a{V{}, V{}};
    if (i < plan.length) {
      a = times(load_element<n, direction, V>(at), chirp[2 * i], chirp[2 * i + 1]);
    }
    store_element<n, Direction::forward>(a, at);
  }
  forward_in_place<T, n>(inner, work);
  const T* factor = plan.chirp_spectrum.data();
  for (const auto& run : inner.runs) {
    for (std::size_t i = 0; i < run.count; ++i) {
      T* at = work + (run.element + i) * 2 * n;
      const auto a = load_element<n, Direction::forward, V>(at);
      store_element<n, Direction::forward>(times(a, factor[0], factor[1]), at);
      factor += 2;
    }
  }
  back_in_place<T, n>(inner, work);
  for (std::size_t i = 0; i < plan.length; ++i) {
    T* at = work + inner.natural_element(i) * 2 * n;
    const auto a = load_element<n, Direction::forward, V>(at);
    store_element<n, direction>(times(a, chirp[2 * i], chirp[2 * i + 1]), at);
  }
}

// Calls each(index, count, element) for runs of natural order that lie side by side.
template <class T, class Each>
void for_natural_runs(const AxisPlan<T>& plan, const Each& each) {
  const AxisPlan<T>& inner = plan.convolution ? *plan.convolution : plan;
  const std::size_t part = inner.levels.empty() ? 1 : inner.levels[0].inner;
  for (std::size_t index = 0; index < plan.length; index += part) {
    each(index, std::min(part, plan.length - index), inner.natural_element(index));
  }
}

// How many elements of each part the outermost pass takes at a time, on their way through staging.
template <class T, std::size_t n>
std::size_t outer_elements(const AxisPlan<T>& plan) noexcept {
  return std::min(plan.levels[0].inner, staging_elements<T, n> / plan.levels[0].radix);
}

// The outermost pass over so many elements of each part, from the j-th on.
template <class T, std::size_t n, class Load>
void forward_outermost(const AxisPlan<T>& plan, std::size_t j, T* work, T* staging, Load& load) {
  PassJob<T> job = outermost(plan);
  const std::size_t inner = job.count;
  job.in_stride = outer_elements<T, n>(plan);
  job.count = std::min(job.in_stride, inner - j);
  for (std::size_t q = 0; q < job.radix; ++q) {
    load(q * inner + j, job.count, staging + q * job.in_stride * 2 * n);
  }
  job.in = staging;
  job.out = work + j * 2 * n;
  job.out_stride = plan.outer_stride;
  if (job.twiddles != nullptr) job.twiddles += 2 * (job.radix - 1) * j;
  run_pass<T, n, Direction::forward>(job);
}

// load(first, count, out): elements in natural order, some at a time.
// Not inlined, as back() is not: a caller's variables would take registers from its loops.
template <class T, std::size_t n, class Load>
NDREG_PREEVAL_NOINLINE void forward(const AxisPlan<T>& plan, T* work, T* staging, Load& load) {
  if (plan.convolution || plan.levels.empty()) {
    for_natural_runs(plan, [&](std::size_t index, std::size_t count, std::size_t element) {
      load(index, count, work + element * 2 * n);
    });
    if (plan.convolution) convolve<T, n, Direction::forward>(plan, work);
    return;
  }
  const std::size_t at_once = outer_elements<T, n>(plan);
  for (std::size_t j = 0; j < plan.levels[0].inner; j += at_once) {
    forward_outermost<T, n>(plan, j, work, staging, load);
  }
  transform_parts<T, n, Direction::forward>(plan, 1, work, plan.levels[0].radix, plan.outer_stride);
}

// take(first, count, values): elements in natural order, some at a time.
template <class T, std::size_t n, class Take>
NDREG_PREEVAL_NOINLINE void back(const AxisPlan<T>& plan, T* work, T* staging, Take& take) {
  if (plan.convolution || plan.levels.empty()) {
    if (plan.convolution) convolve<T, n, Direction::back>(plan, work);
    for_natural_runs(plan, [&](std::size_t index, std::size_t count, std::size_t element) {
      take(index, count, work + element * 2 * n);
    });
    return;
  }
  PassJob<T> job = outermost(plan);
  transform_parts<T, n, Direction::back>(plan, 1, work, job.radix, plan.outer_stride);
  const std::size_t inner = job.count;
  const std::size_t at_once = std::min(inner, staging_elements<T, n> / job.radix);
  job.in_stride = plan.outer_stride;
  job.out = staging;
  job.out_stride = at_once;
  for (std::size_t j = 0; j < inner; j += at_once) {
    job.count = std::min(at_once, inner - j);
    job.in = work + j * 2 * n;
    run_pass<T, n, Direction::back>(job);
    if (job.twiddles != nullptr) job.twiddles += 2 * (job.radix - 1) * job.count;
    for (std::size_t q = 0; q < job.radix; ++q) {
      take(q * inner + j, job.count, staging + q * at_once * 2 * n);
    }
  }
}

// From and to elements that lie side by side in natural order.
template <class T, std::size_t n>
void forward_from(const AxisPlan<T>& plan, const T* from, T* work) {
  if (plan.convolution || plan.levels.empty()) {
    const auto copy = [from](std::size_t first, std::size_t count, T* out) {
      std::memcpy(out, from + first * 2 * n, count * 2 * n * sizeof(T));
    };
    forward<T, n>(plan, work, static_cast<T*>(nullptr), copy);
    return;
  }
  PassJob<T> job = outermost(plan);
  job.in = from;
  job.in_stride = job.count;
  job.out = work;
  job.out_stride = plan.outer_stride;
  run_pass<T, n, Direction::forward>(job);
  transform_parts<T, n, Direction::forward>(plan, 1, work, job.radix, plan.outer_stride);
}

template <class T, std::size_t n>
void back_to(const AxisPlan<T>& plan, T* work, T* to) {
  if (plan.convolution || plan.levels.empty()) {
    const auto copy = [to](std::size_t first, std::size_t count, const T* values) {
      std::memcpy(to + first * 2 * n, values, count * 2 * n * sizeof(T));
    };
    back<T, n>(plan, work, static_cast<T*>(nullptr), copy);
    return;
  }
  PassJob<T> job = outermost(plan);
  transform_parts<T, n, Direction::back>(plan, 1, work, job.radix, plan.outer_stride);
  job.in = work;
  job.in_stride = plan.outer_stride;
  job.out = to;
  job.out_stride = job.count;
  run_pass<T, n, Direction::back>(job);
}

}  // namespace
}  // namespace ndreg_preeval::kernel
