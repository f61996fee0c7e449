// SPDX-License-Identifier: MIT
// Decisions out of a fuzzer's bytes: the same bytes, the same decisions; all zero after their end.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace fuzz {

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::uint8_t byte() { return at_ < size_ ? data_[at_++] : std::uint8_t{0}; }
  // Whether it is one of `of` chances.
  bool one_in(unsigned of) { return byte() % of == of - 1; }
  std::size_t below(std::size_t limit) {
    const std::size_t value = limit > 256 ? 256U * byte() + byte() : byte();
    return value % limit;
  }
  std::ptrdiff_t between(std::ptrdiff_t first, std::ptrdiff_t last) {
    return first + static_cast<std::ptrdiff_t>(below(static_cast<std::size_t>(last - first + 1)));
  }
  template <class T>
  T bits() {
    T value{};
    const std::size_t there = std::min(sizeof value, size_ - at_);
    if (there > 0) std::memcpy(&value, data_ + at_, there);
    at_ += there;
    return value;
  }
  template <class T, std::size_t n>
  T one_of(const std::array<T, n>& values) {
    return values[below(n)];
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

// What did not hold ends the program, which is how a fuzzer is told.
inline void require(bool holds, const char* what, const char* file, int line,
                    const char* detail = "") {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: %s does not hold. %s\n", file, line, what, detail);
  std::abort();
}

}  // namespace fuzz

#define REQUIRE(...) fuzz::require(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
#define REQUIRE_OK(call) \
  fuzz::require((call) == NDREG_PREEVAL_OK, #call, __FILE__, __LINE__, ndreg_preeval_last_error())
