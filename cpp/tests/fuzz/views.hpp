// SPDX-License-Identifier: MIT
// Odd views out of a fuzzer's bytes, each backed by exactly the memory that it claims, and copies
// of their pixels as plain as can be.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include <ndreg_preeval/ndreg_preeval.h>
#include <ndreg_preeval/image_view.hpp>

#include "bytes.hpp"

namespace fuzz {

// Rows and columns of equal elements at any strides, within memory of their own.
struct Grid {
  std::unique_ptr<unsigned char[]> memory;
  std::size_t first = 0;  // place of element (0, 0)
  std::ptrdiff_t row_stride = 0;
  std::ptrdiff_t column_stride = 0;

  unsigned char* at(std::ptrdiff_t y, std::ptrdiff_t x) const {
    return memory.get() + static_cast<std::ptrdiff_t>(first) + y * row_stride + x * column_stride;
  }
};

inline Grid grid(Bytes& in, std::ptrdiff_t height, std::ptrdiff_t width, std::ptrdiff_t size) {
  Grid made;
  switch (in.below(6)) {
    case 0:
      made.row_stride = width * size;
      made.column_stride = size;
      break;
    case 1:  // transposed
      made.row_stride = size;
      made.column_stride = height * size;
      break;
    case 2:  // from the last one back
      made.row_stride = -width * size;
      made.column_stride = -size;
      break;
    case 3:  // gaps, such as of one channel of many
      made.column_stride = size * in.between(1, 5);
      made.row_stride = made.column_stride * width + in.between(0, 9);
      break;
    case 4:  // rows or columns that are one and the same
      made.row_stride = in.one_in(2) ? 0 : size;
      made.column_stride = in.one_in(2) ? 0 : size;
      break;
    default:  // anything
      made.row_stride = in.between(-300, 300);
      made.column_stride = in.between(-40, 40);
  }
  const std::ptrdiff_t down = (height - 1) * made.row_stride;
  const std::ptrdiff_t right = (width - 1) * made.column_stride;
  const std::ptrdiff_t lowest =
      std::min<std::ptrdiff_t>(0, down) + std::min<std::ptrdiff_t>(0, right);
  const std::ptrdiff_t highest =
      std::max<std::ptrdiff_t>(0, down) + std::max<std::ptrdiff_t>(0, right) + size;
  const std::ptrdiff_t odd = in.between(0, 7);  // the address need not be aligned
  made.first = static_cast<std::size_t>(odd - lowest);
  made.memory = std::make_unique<unsigned char[]>(static_cast<std::size_t>(odd + highest - lowest));
  return made;
}

// Not the nearest number: any will do.
inline std::uint16_t as_binary16(double value) {
  constexpr std::uint16_t one = 0x3C00;
  if (std::isnan(value)) return 0x7E00;
  if (std::isinf(value)) return value > 0 ? 0x7C00 : 0xFC00;
  return static_cast<std::uint16_t>(one + static_cast<int>(std::fmod(value, 1000)));
}

template <class T>
void store(double value, unsigned char* to) {
  T pixel{};
  if constexpr (std::is_integral_v<T>) {
    const auto low = static_cast<double>(std::numeric_limits<T>::min());
    const auto high = static_cast<double>(std::numeric_limits<T>::max());
    if (value <= low) {
      pixel = std::numeric_limits<T>::min();
    } else if (value >= high) {
      pixel = std::numeric_limits<T>::max();
    } else if (!std::isnan(value)) {
      pixel = static_cast<T>(value);
    }
  } else {
    const auto most = static_cast<double>(std::numeric_limits<T>::max());
    pixel = std::isfinite(value) ? static_cast<T>(std::clamp(value, -most, most))
                                 : static_cast<T>(value);
  }
  std::memcpy(to, &pixel, sizeof pixel);
}

inline void store(ndreg_preeval_pixel_type type, double value, unsigned char* to) {
  switch (type) {
    case NDREG_PREEVAL_BOOLEAN:
      *to = std::fmod(value, 2) >= 1 ? 200 : 0;
      break;
    case NDREG_PREEVAL_INT8:
      store<std::int8_t>(value, to);
      break;
    case NDREG_PREEVAL_INT16:
      store<std::int16_t>(value, to);
      break;
    case NDREG_PREEVAL_INT32:
      store<std::int32_t>(value, to);
      break;
    case NDREG_PREEVAL_INT64:
      store<std::int64_t>(value, to);
      break;
    case NDREG_PREEVAL_UINT8:
      store<std::uint8_t>(value, to);
      break;
    case NDREG_PREEVAL_UINT16:
      store<std::uint16_t>(value, to);
      break;
    case NDREG_PREEVAL_UINT32:
      store<std::uint32_t>(value, to);
      break;
    case NDREG_PREEVAL_UINT64:
      store<std::uint64_t>(value, to);
      break;
    case NDREG_PREEVAL_FLOAT16: {
      const std::uint16_t bits = as_binary16(value);
      std::memcpy(to, &bits, sizeof bits);
      break;
    }
    case NDREG_PREEVAL_FLOAT32:
      store<float>(value, to);
      break;
    case NDREG_PREEVAL_FLOAT64:
      store<double>(value, to);
      break;
    default:
      store<long double>(value, to);
  }
}

// The values of an image: a texture that moves with `step`, and what may be wrong with it.
class Values {
 public:
  Values(Bytes& in, std::ptrdiff_t step) : in_(in), step_(step), kind_(in.below(8)) {
    scale_ = in.one_of(std::array<double, 8>{1, 1, 100, 1e-300, 1e300, 5e-324, 1e18, -3e38});
    offset_ = in.one_of(std::array<double, 5>{0, 0, 1e6, -1e12, 1e-310});
    odd_ = in.one_of(std::array<double, 7>{
        std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::max(),
        std::numeric_limits<double>::denorm_min(), -std::numeric_limits<double>::max(), 1e9});
  }

  double operator()(std::ptrdiff_t y, std::ptrdiff_t x) {
    const auto hash = static_cast<std::uint32_t>((y - step_) * 73856093 + (x + step_) * 19349663);
    const double texture = (hash * 2654435761U >> 8U) % 251 / 3.0;
    switch (kind_) {
      case 0:
        return offset_;  // constant
      case 1:
        return (hash & 64U) != 0 ? offset_ : offset_ + scale_;  // two levels
      case 2:
        return y == 1 && x == 2 ? odd_ : texture * scale_ + offset_;  // one odd pixel
      case 3:
        return in_.one_in(3) ? odd_ : texture;
      case 4:
        return odd_;
      case 5:
        return in_.bits<double>();
      default:
        return texture * scale_ + offset_;
    }
  }
  bool raw() const { return kind_ == 7; }

 private:
  Bytes& in_;
  std::ptrdiff_t step_;
  std::size_t kind_;
  double scale_ = 1;
  double offset_ = 0;
  double odd_ = 0;
};

// An image with its view, and its pixels copied: in rows, aligned, in this machine's byte order.
struct Image {
  Grid pixels;
  Grid mask;
  std::vector<long double> plain_pixels;  // aligned for every type
  std::vector<unsigned char> plain_mask;
  ndreg_preeval_image view{};
  ndreg_preeval_image plain{};
};

inline Image image(Bytes& in, std::ptrdiff_t height, std::ptrdiff_t width, std::ptrdiff_t step) {
  Image made;
  const auto type = static_cast<ndreg_preeval_pixel_type>(in.below(13));
  const std::size_t size = ndreg_preeval::pixel_size(static_cast<ndreg_preeval::PixelType>(type));
  const auto bytes = static_cast<std::ptrdiff_t>(size);
  const bool swapped = in.one_in(3);
  made.pixels = grid(in, height, width, bytes);
  Values values(in, step);
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      std::array<unsigned char, sizeof(long double)> pixel{};
      store(type, values(y, x), pixel.data());
      // Any bits, but for long double, where not all of them are numbers.
      if (values.raw() && type != NDREG_PREEVAL_LONG_DOUBLE) {
        for (std::size_t i = 0; i < size; ++i) pixel[i] = in.byte();
      }
      if (swapped) std::reverse(pixel.begin(), pixel.begin() + bytes);
      std::copy(pixel.begin(), pixel.begin() + bytes, made.pixels.at(y, x));
    }
  }
  REQUIRE_OK(ndreg_preeval_image_init(&made.view, sizeof made.view, made.pixels.at(0, 0), type,
                                      height, width));
  made.view.row_stride = made.pixels.row_stride;
  made.view.column_stride = made.pixels.column_stride;
  made.view.swapped = swapped ? 1 : 0;

  made.plain_pixels.resize(static_cast<std::size_t>(height * width));
  auto* to = reinterpret_cast<unsigned char*>(made.plain_pixels.data());
  REQUIRE_OK(ndreg_preeval_image_init(&made.plain, sizeof made.plain, to, type, height, width));
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    for (std::ptrdiff_t x = 0; x < width; ++x, to += bytes) {
      // Elements may share memory: what is there in the end counts.
      std::copy_n(made.pixels.at(y, x), bytes, to);
      if (swapped) std::reverse(to, to + bytes);
    }
  }
  if (in.one_in(3)) {
    made.mask = grid(in, height, width, 1);
    const bool nothing = in.one_in(8);
    for (std::ptrdiff_t y = 0; y < height; ++y) {
      for (std::ptrdiff_t x = 0; x < width; ++x) {
        *made.mask.at(y, x) = nothing || in.one_in(9) ? 0 : static_cast<unsigned char>(1 + y);
      }
    }
    made.view.mask = made.mask.at(0, 0);
    made.view.mask_row_stride = made.mask.row_stride;
    made.view.mask_column_stride = made.mask.column_stride;
    for (std::ptrdiff_t y = 0; y < height; ++y) {
      for (std::ptrdiff_t x = 0; x < width; ++x) made.plain_mask.push_back(*made.mask.at(y, x));
    }
    made.plain.mask = made.plain_mask.data();
    made.plain.mask_row_stride = width;
    made.plain.mask_column_stride = 1;
  }
  return made;
}

}  // namespace fuzz
