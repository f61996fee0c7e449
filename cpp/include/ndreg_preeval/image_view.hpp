// SPDX-License-Identifier: MIT
/// \file image_view.hpp
/// How pixels cross the border of the library: as views, never as copies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace ndreg_preeval {

/// How one pixel is stored.
enum class PixelType : std::uint8_t {
  boolean,  ///< one byte, zero or not
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float16,  ///< IEEE 754 binary16
  float32,
  float64,
  long_double  ///< the compiler's long double; used as double
};

/// Bytes that one pixel takes.
constexpr std::size_t pixel_size(PixelType type) noexcept {
  switch (type) {
    case PixelType::boolean:
    case PixelType::int8:
    case PixelType::uint8:
      return 1;
    case PixelType::int16:
    case PixelType::uint16:
    case PixelType::float16:
      return 2;
    case PixelType::int32:
    case PixelType::uint32:
    case PixelType::float32:
      return 4;
    case PixelType::int64:
    case PixelType::uint64:
    case PixelType::float64:
      return 8;
    case PixelType::long_double:
      return sizeof(long double);
  }
  return 0;
}

/// One image of somebody else: where its pixels are and how they are stored.
///
/// Strides are in bytes, may be zero or negative, and need not be multiples of the pixel size;
/// pixels need not be aligned. The library reads them only during the call that takes the view.
struct ImageView {
  const void* data = nullptr;  ///< pixel (0, 0)
  PixelType type = PixelType::float64;
  std::size_t height = 0;            ///< rows (y)
  std::size_t width = 0;             ///< columns (x)
  std::ptrdiff_t row_stride = 0;     ///< bytes from a pixel to the one below
  std::ptrdiff_t column_stride = 0;  ///< bytes from a pixel to its right neighbour
  bool swapped = false;              ///< pixels are in the other byte order than this machine's

  /// Which pixels are valid: one byte each, zero = invalid; null = all. Same height and width.
  const void* mask = nullptr;
  std::ptrdiff_t mask_row_stride = 0;
  std::ptrdiff_t mask_column_stride = 0;
};

/// The PixelType of a C++ type; void for types that are no pixels.
template <class T>
constexpr PixelType pixel_type_of() noexcept {
  using U = std::remove_cv_t<T>;
  static_assert(std::is_arithmetic_v<U>, "pixels are numbers");
  if constexpr (std::is_same_v<U, bool>) {
    return PixelType::boolean;
  } else if constexpr (std::is_same_v<U, float>) {
    return PixelType::float32;
  } else if constexpr (std::is_same_v<U, double>) {
    return PixelType::float64;
  } else if constexpr (std::is_same_v<U, long double>) {
    return PixelType::long_double;
  } else if constexpr (sizeof(U) == 1) {
    return std::is_signed_v<U> ? PixelType::int8 : PixelType::uint8;
  } else if constexpr (sizeof(U) == 2) {
    return std::is_signed_v<U> ? PixelType::int16 : PixelType::uint16;
  } else if constexpr (sizeof(U) == 4) {
    return std::is_signed_v<U> ? PixelType::int32 : PixelType::uint32;
  } else {
    return std::is_signed_v<U> ? PixelType::int64 : PixelType::uint64;
  }
}

/// View of `height` x `width` pixels that lie row after row without gaps.
template <class T>
ImageView make_view(const T* pixels, std::size_t height, std::size_t width) noexcept {
  ImageView view;
  view.data = pixels;
  view.type = pixel_type_of<T>();
  view.height = height;
  view.width = width;
  view.row_stride = static_cast<std::ptrdiff_t>(width * sizeof(T));
  view.column_stride = static_cast<std::ptrdiff_t>(sizeof(T));
  return view;
}

}  // namespace ndreg_preeval
