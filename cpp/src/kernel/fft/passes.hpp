// SPDX-License-Identifier: MIT
// One pass of a transform over many elements.
#pragma once

#include "kernel/fft/butterflies.hpp"

namespace ndreg_preeval::kernel {
namespace {

// Which elements a pass combines: element q of butterfly j is in[j * step + q * stride].
template <class T>
struct PassJob {
  const T* in = nullptr;
  std::size_t in_step = 1;
  std::size_t in_stride = 1;
  T* out = nullptr;  // may be `in`, with the same step and stride
  std::size_t out_step = 1;
  std::size_t out_stride = 1;
  std::size_t count = 1;        // butterflies
  const T* twiddles = nullptr;  // of the first of them; null where all are 1
  std::size_t radix = 1;
  const T* roots = nullptr;  // of the radix
};

// Forward: natural parts in, twiddles after the butterfly. Back: twiddles before it; what the
// butterfly takes for real parts are the imaginary ones, which makes it the inverse one.
enum class Direction { forward, back };

template <std::size_t n, Direction direction, class V, class T>
NDREG_PREEVAL_INLINE Complex<V> load_element(const T* from) noexcept {
  if constexpr (direction == Direction::forward) {
    return {load_lanes<V>(from), load_lanes<V>(from + n)};
  } else {
    return {load_lanes<V>(from + n), load_lanes<V>(from)};
  }
}

template <std::size_t n, Direction direction, class V, class T>
NDREG_PREEVAL_INLINE void store_element(const Complex<V>& a, T* to) noexcept {
  store_lanes(direction == Direction::forward ? a.re : a.im, to);
  store_lanes(direction == Direction::forward ? a.im : a.re, to + n);
}

template <class T, std::size_t n, Direction direction, std::size_t radix, bool twiddled>
NDREG_PREEVAL_NOINLINE void pass(const PassJob<T>& job) noexcept {
  using V = vector_of<T, n>;
  constexpr std::size_t element = 2 * n;
  const T* in = job.in;
  T* out = job.out;
  const T* twiddle = job.twiddles;
  const std::size_t in_stride = job.in_stride * element;
  const std::size_t out_stride = job.out_stride * element;
  for (std::size_t left = job.count; left > 0; --left) {
    Complex<V> a[radix];
#pragma GCC unroll 16
    for (std::size_t q = 0; q < radix; ++q) {
      a[q] = load_element<n, direction, V>(in + q * in_stride);
      if constexpr (twiddled && direction == Direction::back) {
        if (q > 0) a[q] = times(a[q], twiddle[2 * q - 2], twiddle[2 * q - 1]);
      }
    }
    Butterfly<T, V, radix>::run(a);
#pragma GCC unroll 16
    for (std::size_t q = 0; q < radix; ++q) {
      if constexpr (twiddled && direction == Direction::forward) {
        if (q > 0) a[q] = times(a[q], twiddle[2 * q - 2], twiddle[2 * q - 1]);
      }
      store_element<n, direction>(a[q], out + q * out_stride);
    }
    in += job.in_step * element;
    out += job.out_step * element;
    if constexpr (twiddled) twiddle += 2 * (radix - 1);
  }
}

// Any odd radix, by the definition, with opposite elements taken together.
template <class T, std::size_t n, Direction direction>
NDREG_PREEVAL_NOINLINE void odd_pass(const PassJob<T>& job) noexcept {
  using V = vector_of<T, n>;
  constexpr std::size_t element = 2 * n;
  const std::size_t radix = job.radix;
  const std::size_t half = radix / 2;
  Complex<V> sum[largest_radix / 2];
  Complex<V> difference[largest_radix / 2];
  const T* twiddle = job.twiddles;
  const auto twiddled = [&](const Complex<V>& a, std::size_t q) {
    if (twiddle == nullptr || q == 0) return a;
    return times(a, twiddle[2 * q - 2], twiddle[2 * q - 1]);
  };
  for (std::size_t j = 0; j < job.count; ++j) {
    const auto load = [&](std::size_t q) {
      const auto a =
          load_element<n, direction, V>(job.in + (j * job.in_step + q * job.in_stride) * element);
      return direction == Direction::back ? twiddled(a, q) : a;
    };
    const auto store = [&](const Complex<V>& a, std::size_t q) {
      store_element<n, direction>(direction == Direction::forward ? twiddled(a, q) : a,
                                  job.out + (j * job.out_step + q * job.out_stride) * element);
    };
    const Complex<V> first = load(0);
    Complex<V> total = first;
    for (std::size_t i = 0; i < half; ++i) {
      const Complex<V> a = load(i + 1);
      const Complex<V> b = load(radix - 1 - i);
      sum[i] = a + b;
      difference[i] = a - b;
      total = total + sum[i];
    }
    store(total, 0);
    for (std::size_t k = 1; k <= half; ++k) {
      Complex<V> middle = first;
      Complex<V> side{V{}, V{}};
      std::size_t at = 0;
      for (std::size_t i = 0; i < half; ++i) {
        at += k;
        if (at >= radix) at -= radix;
        middle = middle + times(sum[i], job.roots[2 * at]);
        side = side + times(difference[i], job.roots[2 * at + 1]);
      }
      store({middle.re + side.im, middle.im - side.re}, k);
      store({middle.re - side.im, middle.im + side.re}, radix - k);
    }
    if (twiddle != nullptr) twiddle += 2 * (radix - 1);
  }
}

template <class T, std::size_t n, Direction direction, bool twiddled>
NDREG_PREEVAL_INLINE void choose_pass(const PassJob<T>& job) noexcept {
  switch (job.radix) {
    case 2:
      return pass<T, n, direction, 2, twiddled>(job);
    case 3:
      return pass<T, n, direction, 3, twiddled>(job);
    case 4:
      return pass<T, n, direction, 4, twiddled>(job);
    case 5:
      return pass<T, n, direction, 5, twiddled>(job);
    case 6:
      return pass<T, n, direction, 6, twiddled>(job);
    case 7:
      return pass<T, n, direction, 7, twiddled>(job);
    case 8:
      return pass<T, n, direction, 8, twiddled>(job);
    case 9:
      return pass<T, n, direction, 9, twiddled>(job);
    case 10:
      return pass<T, n, direction, 10, twiddled>(job);
    case 12:
      return pass<T, n, direction, 12, twiddled>(job);
    case 15:
      return pass<T, n, direction, 15, twiddled>(job);
    case 16:
      return pass<T, n, direction, 16, twiddled>(job);
    default:
      return odd_pass<T, n, direction>(job);
  }
}

template <class T, std::size_t n, Direction direction>
void run_pass(const PassJob<T>& job) noexcept {
  if (job.twiddles != nullptr) {
    choose_pass<T, n, direction, true>(job);
  } else {
    choose_pass<T, n, direction, false>(job);
  }
}

}  // namespace
}  // namespace ndreg_preeval::kernel
