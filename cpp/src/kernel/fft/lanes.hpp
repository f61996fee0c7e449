// SPDX-License-Identifier: MIT
// A few numbers side by side. Compiled once per instruction set (isa/prelude.hpp).
#pragma once

#include "base/aligned_buffer.hpp"
#include "kernel/compiler.hpp"

namespace ndreg_preeval::kernel {
namespace {

template <class T, std::size_t n>
struct Lanes {
#if NDREG_PREEVAL_VECTORS
  // GCC ignores the attribute in an alias of a dependent type.
  // NOLINTNEXTLINE(modernize-use-using)
  typedef T type __attribute__((vector_size(n * sizeof(T))));
#endif
};
template <class T>
struct Lanes<T, 1> {
  using type = T;
};

template <class T, std::size_t n>
using vector_of = typename Lanes<T, n>::type;

template <class V, class T>
NDREG_PREEVAL_INLINE V load_lanes(const T* from) noexcept {
  V value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class V, class T>
NDREG_PREEVAL_INLINE void store_lanes(const V& value, T* to) noexcept {
  std::memcpy(to, &value, sizeof value);
}

// Ask for so many bytes before they are needed. They need not exist.
NDREG_PREEVAL_INLINE void prefetch([[maybe_unused]] const void* from,
                                   [[maybe_unused]] std::size_t bytes) noexcept {
#if NDREG_PREEVAL_VECTORS
  const auto* line = static_cast<const unsigned char*>(from);
  for (const auto* end = line + bytes; line < end; line += detail::cache_line) {
    __builtin_prefetch(line, 0, 2);
  }
#endif
}

// Compilers that make one operation of a product and a sum do not look beyond this: numbers are
// rounded as they would be on their way through memory.
template <class V>
NDREG_PREEVAL_INLINE V rounded(V value) noexcept {
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
  asm("" : "+v"(value));  // NOLINT(hicpp-no-assembler)
#elif defined(__GNUC__) && !defined(__clang__) && defined(__aarch64__)
  asm("" : "+w"(value));  // NOLINT(hicpp-no-assembler)
#endif
  return value;
}

template <class T, std::size_t n, class V>
NDREG_PREEVAL_INLINE V absolute(const V& value) noexcept {
  // All bits but the signs.
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits magnitude = static_cast<Bits>(~Bits{0}) >> 1U;
  using I = vector_of<Bits, n>;
  I bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits &= magnitude;
  V out;
  std::memcpy(&out, &bits, sizeof out);
  return out;
}

template <class V>
NDREG_PREEVAL_INLINE V larger(const V& a, const V& b) noexcept {
  return a < b ? b : a;
}

// n numbers that need not be aligned, each as another type.
template <class To, std::size_t n, class From>
NDREG_PREEVAL_INLINE vector_of<To, n> convert_lanes(const unsigned char* from) noexcept {
  vector_of<From, n> values;
  std::memcpy(&values, from, sizeof values);
  if constexpr (n == 1) {
    return static_cast<To>(values);
  } else {
#if NDREG_PREEVAL_VECTORS
    return __builtin_convertvector(values, vector_of<To, n>);
#endif
  }
}

// The first `count` lanes; 0 in the others.
template <class T, std::size_t n, class V>
NDREG_PREEVAL_INLINE V first_lanes(const V& value, std::size_t count) noexcept {
  T lanes[n];
  store_lanes(value, lanes);
  for (std::size_t i = count; i < n; ++i) lanes[i] = T(0);
  return load_lanes<V>(lanes);
}

// 1 / sqrt(value). In general a loop that compilers turn into two instructions.
template <class T, std::size_t n, class V>
NDREG_PREEVAL_INLINE V inverse_root(const V& value) noexcept {
  T lanes[n];
  store_lanes(value, lanes);
#if defined(NDREG_PREEVAL_ISA_AVX512)
  // Roots and quotients of wide vectors take so long that an estimate of 14 bits, made exact by one
  // step of second order, or for doubles by one of third and one of second, is done first. Out of
  // range (which is far from any magnitude that counts) it is not a number.
  if constexpr (n == 16 && sizeof(T) == sizeof(float)) {
    const __m512 estimate = _mm512_maskz_rsqrt14_ps(0xFFFF, _mm512_loadu_ps(lanes));
    _mm512_storeu_ps(lanes, estimate);
    const V root = load_lanes<V>(lanes);
    return root + root * T(0.5) * (T(1) - value * root * root);
  }
  if constexpr (n == 8 && sizeof(T) == sizeof(double)) {
    const __m512d estimate = _mm512_maskz_rsqrt14_pd(0xFF, _mm512_loadu_pd(lanes));
    _mm512_storeu_pd(lanes, estimate);
    V root = load_lanes<V>(lanes);
    const V error = T(1) - value * root * root;
    root = root + root * error * (T(0.5) + T(0.375) * error);
    return root + root * T(0.5) * (T(1) - value * root * root);
  }
#endif
  for (std::size_t i = 0; i < n; ++i) lanes[i] = T(1) / std::sqrt(lanes[i]);
  return load_lanes<V>(lanes);
}

// Two vectors' lanes by number: those of b follow those of a.
template <std::size_t... index, class V>
NDREG_PREEVAL_INLINE V choose_lanes(const V& a, const V& b,
                                    std::index_sequence<index...> /*lanes*/) noexcept {
#if NDREG_PREEVAL_SHUFFLES
  return __builtin_shufflevector(a, b, static_cast<int>(index)...);
#else
  using T = std::decay_t<decltype(a[0])>;
  T both[2 * sizeof...(index)];
  store_lanes(a, both);
  store_lanes(b, both + sizeof...(index));
  const T chosen[] = {both[index]...};
  return load_lanes<V>(chosen);
#endif
}

template <class Sequence, std::size_t (*map)(std::size_t)>
struct Mapped;
template <std::size_t... i, std::size_t (*map)(std::size_t)>
struct Mapped<std::index_sequence<i...>, map> {
  using type = std::index_sequence<map(i)...>;
};
template <std::size_t n, std::size_t (*map)(std::size_t)>
using lane_numbers = typename Mapped<std::make_index_sequence<n>, map>::type;

// Of two rows of 2 x 2 blocks of `size` lanes: the blocks on the left, or on the right.
template <std::size_t n, std::size_t size>
constexpr std::size_t left_lane(std::size_t i) {
  return (i & size) == 0 ? i : n + i - size;
}
template <std::size_t n, std::size_t size>
constexpr std::size_t right_lane(std::size_t i) {
  return (i & size) == 0 ? i + size : n + i;
}
// Within every four lanes: single lanes interleaved, and pairs of them.
template <std::size_t n, std::size_t half>
constexpr std::size_t interleaved_lane(std::size_t i) {
  return (i & 1) * n + (i / 4 * 4) + half * 2 + (i & 3) / 2;
}
template <std::size_t n, std::size_t half>
constexpr std::size_t paired_lane(std::size_t i) {
  return (i & 2) / 2 * n + (i / 4 * 4) + half * 2 + (i & 1);
}

template <std::size_t n, std::size_t size, class V>
NDREG_PREEVAL_INLINE void exchange_blocks(V (&rows)[n]) noexcept {
  if constexpr (size < n) {
    for (std::size_t i = 0; i < n; ++i) {
      if ((i & size) != 0) continue;
      const V a = rows[i];
      const V b = rows[i + size];
      rows[i] = choose_lanes(a, b, lane_numbers<n, left_lane<n, size>>{});
      rows[i + size] = choose_lanes(a, b, lane_numbers<n, right_lane<n, size>>{});
    }
    exchange_blocks<n, 2 * size>(rows);
  }
}

// Of vectors of four blocks of `size` lanes: the blocks at even, or at odd places of both.
template <std::size_t n, std::size_t size, std::size_t odd>
constexpr std::size_t every_other_block(std::size_t i) {
  return i / (2 * size) * n + (i / size % 2 * 2 + odd) * size + i % size;
}

// Blocks of 16 bytes in vectors of 64, by instructions that need no table and overwrite nothing.
template <std::size_t n, class V>
NDREG_PREEVAL_INLINE void exchange_quarters(V (&rows)[n]) noexcept {
  constexpr std::size_t size = n / 4;
  using Even = lane_numbers<n, every_other_block<n, size, 0>>;
  using Odd = lane_numbers<n, every_other_block<n, size, 1>>;
  for (std::size_t i = 0; i < size; ++i) {
    const V a = choose_lanes(rows[i], rows[i + size], Even{});
    const V b = choose_lanes(rows[i], rows[i + size], Odd{});
    const V c = choose_lanes(rows[i + 2 * size], rows[i + 3 * size], Even{});
    const V d = choose_lanes(rows[i + 2 * size], rows[i + 3 * size], Odd{});
    rows[i] = choose_lanes(a, c, Even{});
    rows[i + size] = choose_lanes(b, d, Even{});
    rows[i + 2 * size] = choose_lanes(a, c, Odd{});
    rows[i + 3 * size] = choose_lanes(b, d, Odd{});
  }
}

// rows[i] lane j <-> rows[j] lane i.
template <std::size_t n, class V>
NDREG_PREEVAL_INLINE void transpose(V (&rows)[n]) noexcept {
  if constexpr (n >= 4 && sizeof(V) / n == 4) {
    // Interleaving is one instruction where a block of single lanes would be two.
    for (std::size_t i = 0; i < n; i += 4) {
      const V a = choose_lanes(rows[i], rows[i + 1], lane_numbers<n, interleaved_lane<n, 0>>{});
      const V b = choose_lanes(rows[i], rows[i + 1], lane_numbers<n, interleaved_lane<n, 1>>{});
      const V c = choose_lanes(rows[i + 2], rows[i + 3], lane_numbers<n, interleaved_lane<n, 0>>{});
      const V d = choose_lanes(rows[i + 2], rows[i + 3], lane_numbers<n, interleaved_lane<n, 1>>{});
      rows[i] = choose_lanes(a, c, lane_numbers<n, paired_lane<n, 0>>{});
      rows[i + 1] = choose_lanes(a, c, lane_numbers<n, paired_lane<n, 1>>{});
      rows[i + 2] = choose_lanes(b, d, lane_numbers<n, paired_lane<n, 0>>{});
      rows[i + 3] = choose_lanes(b, d, lane_numbers<n, paired_lane<n, 1>>{});
    }
    if constexpr (sizeof(V) == 64) {
      exchange_quarters(rows);
    } else {
      exchange_blocks<n, 4>(rows);
    }
  } else if constexpr (n == 8 && sizeof(V) == 64) {
    for (std::size_t i = 0; i < n; i += 2) {
      const V a = rows[i];
      const V b = rows[i + 1];
      rows[i] = choose_lanes(a, b, lane_numbers<n, left_lane<n, 1>>{});
      rows[i + 1] = choose_lanes(a, b, lane_numbers<n, right_lane<n, 1>>{});
    }
    exchange_quarters(rows);
  } else if constexpr (n > 1) {
    exchange_blocks<n, 1>(rows);
  }
}

}  // namespace
}  // namespace ndreg_preeval::kernel
