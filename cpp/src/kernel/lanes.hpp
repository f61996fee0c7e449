// SPDX-License-Identifier: MIT
// A few numbers side by side, as the element type of a transform.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstring>

namespace ndreg_preeval::kernel {

template <class T, std::size_t n>
struct Lanes {
#if defined(__GNUC__)
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
V load_lanes(const T* from) noexcept {
  V value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class V, class T>
void store_lanes(const V& value, T* to) noexcept {
  std::memcpy(to, &value, sizeof value);
}

template <class V>
V absolute(const V& value) noexcept {
  return value < 0 ? -value : value;
}

template <class V>
V larger(const V& a, const V& b) noexcept {
  return a < b ? b : a;
}

template <class T, std::size_t n, class V>
V square_root(const V& value) noexcept {
  T lanes[n];
  std::memcpy(lanes, &value, sizeof value);
  for (std::size_t i = 0; i < n; ++i) lanes[i] = std::sqrt(lanes[i]);
  return load_lanes<V>(lanes);
}

}  // namespace ndreg_preeval::kernel
