// SPDX-License-Identifier: MIT
// Short transforms, forward, in registers: a[k] = sum over n of a[n] exp(-2 pi i k n / size).
//
// Going back is the same with real and imaginary parts exchanged.
#pragma once

#include "kernel/fft/lanes.hpp"

namespace ndreg_preeval::kernel {
namespace {

template <class V>
struct Complex {
  V re;
  V im;
};

template <class V>
NDREG_PREEVAL_INLINE Complex<V> operator+(const Complex<V>& a, const Complex<V>& b) noexcept {
  return {a.re + b.re, a.im + b.im};
}
template <class V>
NDREG_PREEVAL_INLINE Complex<V> operator-(const Complex<V>& a, const Complex<V>& b) noexcept {
  return {a.re - b.re, a.im - b.im};
}

// a * (re + i im)
template <class T, class V>
NDREG_PREEVAL_INLINE Complex<V> times(const Complex<V>& a, T re, T im) noexcept {
  return {a.re * re - a.im * im, a.im * re + a.re * im};
}
template <class T, class V>
NDREG_PREEVAL_INLINE Complex<V> times(const Complex<V>& a, T factor) noexcept {
  return {a.re * factor, a.im * factor};
}
// a * -i
template <class V>
NDREG_PREEVAL_INLINE Complex<V> turned(const Complex<V>& a) noexcept {
  return {a.im, -a.re};
}

// a, b <- sum, difference
template <class V>
NDREG_PREEVAL_INLINE void cross(Complex<V>& a, Complex<V>& b) noexcept {
  const Complex<V> sum = a + b;
  b = a - b;
  a = sum;
}

// exp(-2 pi i k / size), as exact as T is: the series in long double, over the first octant.
template <class T, std::size_t size>
struct Roots {
  T re[size];
  T im[size];

  constexpr Roots() : re(), im() {
    for (std::size_t k = 0; k < size; ++k) {
      const std::size_t eighths = 8 * k / size;  // octant
      const std::size_t within =
          eighths % 2 == 0 ? 8 * k - eighths * size : (eighths + 1) * size - 8 * k;
      constexpr long double pi = 3.14159265358979323846264338327950288L;
      const long double angle = pi / 4 * static_cast<long double>(within) / size;
      const long double c = series(angle, 0);
      const long double s = series(angle, 1);
      const bool swapped = (eighths + 1) / 2 % 2 == 1;
      const long double x = swapped ? s : c;
      const long double y = swapped ? c : s;
      re[k] = static_cast<T>(eighths >= 2 && eighths < 6 ? -x : x);
      im[k] = static_cast<T>(eighths < 4 ? -y : y);
    }
  }

 private:
  // Cosine (first = 0) or sine (first = 1).
  static constexpr long double series(long double angle, int first) {
    long double term = first == 0 ? 1 : angle;
    long double sum = term;
    for (int i = first + 1; i < 30; i += 2) {
      term *= -angle * angle / static_cast<long double>(i * (i + 1));
      sum += term;
    }
    return sum;
  }
};

template <class T, class V, std::size_t size>
struct Butterfly;

template <class T, class V>
struct Butterfly<T, V, 1> {
  static NDREG_PREEVAL_INLINE void run(Complex<V> (& /*a*/)[1]) noexcept {}
};

template <class T, class V>
struct Butterfly<T, V, 2> {
  static NDREG_PREEVAL_INLINE void run(Complex<V> (&a)[2]) noexcept { cross(a[0], a[1]); }
};

template <class T, class V>
struct Butterfly<T, V, 3> {
  static NDREG_PREEVAL_INLINE void run(Complex<V> (&a)[3]) noexcept {
    constexpr T half_root = static_cast<T>(0.866025403784438646763723170752936183L);
    const Complex<V> sum = a[1] + a[2];
    const Complex<V> side = turned(times(a[1] - a[2], half_root));
    const Complex<V> middle = a[0] - times(sum, T(0.5));
    a[0] = a[0] + sum;
    a[1] = middle + side;
    a[2] = middle - side;
  }
};

template <class T, class V>
struct Butterfly<T, V, 4> {
  static NDREG_PREEVAL_INLINE void run(Complex<V> (&a)[4]) noexcept {
    cross(a[0], a[2]);
    cross(a[1], a[3]);
    const Complex<V> side = turned(a[3]);
    const Complex<V> even = a[0];
    const Complex<V> odd = a[1];
    a[0] = even + odd;
    a[1] = a[2] + side;
    a[3] = a[2] - side;
    a[2] = even - odd;
  }
};

// An odd size, from sums and differences of opposite elements.
template <class T, class V, std::size_t size>
struct OddButterfly {
  static NDREG_PREEVAL_INLINE void run(Complex<V> (&a)[size]) noexcept {
    constexpr Roots<T, size> roots;
    constexpr std::size_t half = size / 2;
    Complex<V> sum[half];
    Complex<V> difference[half];
    Complex<V> total = a[0];
    for (std::size_t i = 0; i < half; ++i) {
      sum[i] = a[i + 1] + a[size - 1 - i];
      difference[i] = a[i + 1] - a[size - 1 - i];
      total = total + sum[i];
    }
    const Complex<V> first = a[0];
    a[0] = total;
#pragma GCC unroll 8
    for (std::size_t k = 1; k <= half; ++k) {
      Complex<V> middle = first;
      Complex<V> side{V{}, V{}};
#pragma GCC unroll 8
      for (std::size_t i = 0; i < half; ++i) {
        const std::size_t at = (i + 1) * k % size;
        middle = middle + times(sum[i], roots.re[at]);
        side = side + times(difference[i], roots.im[at]);
      }
      // sum of a[n] exp(-i x) = middle + i side, as roots.im holds -sin x
      a[k] = {middle.re - side.im, middle.im + side.re};
      a[size - k] = {middle.re + side.im, middle.im - side.re};
    }
  }
};

template <class T, class V>
struct Butterfly<T, V, 5> : OddButterfly<T, V, 5> {};
template <class T, class V>
struct Butterfly<T, V, 7> : OddButterfly<T, V, 7> {};

// By one step of Cooley and Tukey's: a[second * i + j] for all i, turned, then over j.
template <class T, class V, std::size_t first, std::size_t second>
struct ComposedButterfly {
  static constexpr std::size_t size = first * second;

  static NDREG_PREEVAL_INLINE void run(Complex<V> (&a)[size]) noexcept {
    Complex<V> grid[first][second];
    columns(a, grid, std::make_index_sequence<second>{});
    rows(a, grid, std::make_index_sequence<first>{});
  }

 private:
  template <std::size_t... j>
  static NDREG_PREEVAL_INLINE void columns(Complex<V> (&a)[size], Complex<V> (&grid)[first][second],
                                           std::index_sequence<j...> /*all*/) noexcept {
    (column<j>(a, grid, std::make_index_sequence<first>{}), ...);
  }
  template <std::size_t j, std::size_t... i>
  static NDREG_PREEVAL_INLINE void column(Complex<V> (&a)[size], Complex<V> (&grid)[first][second],
                                          std::index_sequence<i...> /*all*/) noexcept {
    Complex<V> part[first] = {a[second * i + j]...};
    Butterfly<T, V, first>::run(part);
    ((grid[i][j] = twiddled<i * j>(part[i])), ...);
  }
  template <std::size_t... i>
  static NDREG_PREEVAL_INLINE void rows(Complex<V> (&a)[size], Complex<V> (&grid)[first][second],
                                        std::index_sequence<i...> /*all*/) noexcept {
    (row<i>(a, grid, std::make_index_sequence<second>{}), ...);
  }
  template <std::size_t i, std::size_t... j>
  static NDREG_PREEVAL_INLINE void row(Complex<V> (&a)[size], Complex<V> (&grid)[first][second],
                                       std::index_sequence<j...> /*all*/) noexcept {
    Butterfly<T, V, second>::run(grid[i]);
    ((a[i + first * j] = grid[i][j]), ...);
  }

  template <std::size_t k>
  static NDREG_PREEVAL_INLINE Complex<V> twiddled(const Complex<V>& a) noexcept {
    constexpr Roots<T, size> roots;
    if constexpr (k == 0) {
      return a;
    } else if constexpr (4 * k == size) {
      return turned(a);
    } else if constexpr (8 * k == size) {
      return times(Complex<V>{a.re + a.im, a.im - a.re}, roots.re[k]);
    } else if constexpr (8 * k == 3 * size) {
      return times(Complex<V>{a.re - a.im, a.re + a.im}, roots.re[k]);
    } else {
      return times(a, roots.re[k], roots.im[k]);
    }
  }
};

template <class T, class V>
struct Butterfly<T, V, 6> : ComposedButterfly<T, V, 2, 3> {};
template <class T, class V>
struct Butterfly<T, V, 8> : ComposedButterfly<T, V, 2, 4> {};
template <class T, class V>
struct Butterfly<T, V, 9> : ComposedButterfly<T, V, 3, 3> {};
template <class T, class V>
struct Butterfly<T, V, 10> : ComposedButterfly<T, V, 2, 5> {};
template <class T, class V>
struct Butterfly<T, V, 12> : ComposedButterfly<T, V, 3, 4> {};
template <class T, class V>
struct Butterfly<T, V, 15> : ComposedButterfly<T, V, 3, 5> {};
template <class T, class V>
struct Butterfly<T, V, 16> : ComposedButterfly<T, V, 4, 4> {};

}  // namespace
}  // namespace ndreg_preeval::kernel
