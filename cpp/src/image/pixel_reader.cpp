// SPDX-License-Identifier: MIT
#include "image/pixel_reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>

namespace ndreg_preeval::detail {
namespace {

struct Half {
  std::uint16_t bits;
};

double to_double(Half half) noexcept {
  const bool negative = (half.bits & 0x8000U) != 0;
  const int exponent = (half.bits >> 10) & 0x1F;
  const int fraction = half.bits & 0x3FF;
  double value = 0;
  if (exponent == 0x1F) {
    value = fraction != 0 ? std::numeric_limits<double>::quiet_NaN()
                          : std::numeric_limits<double>::infinity();
  } else if (exponent == 0) {
    value = fraction * 0x1p-24;
  } else {
    // 2^(exponent - 15) from its bits: exact, and without a call per pixel.
    const std::uint64_t bits = static_cast<std::uint64_t>(exponent - 15 + 1023) << 52;
    double power = 0;
    std::memcpy(&power, &bits, sizeof power);
    value = (1024 + fraction) * 0x1p-10 * power;
  }
  return negative ? -value : value;
}

template <class P, bool swapped>
P load(const unsigned char* from) noexcept {
  P value;
  if constexpr (swapped && sizeof(P) > 1) {
    std::array<unsigned char, sizeof(P)> bytes;
    std::reverse_copy(from, from + sizeof(P), bytes.begin());
    std::memcpy(&value, bytes.data(), sizeof(P));
  } else {
    std::memcpy(&value, from, sizeof(P));
  }
  return value;
}

template <class P, bool swapped>
double as_double(const unsigned char* from, std::uint64_t base) noexcept {
  if constexpr (std::is_same_v<P, bool>) {
    return *from != 0 ? 1.0 : 0.0;
  } else if constexpr (std::is_same_v<P, Half>) {
    return to_double(load<P, swapped>(from));
  } else if constexpr (std::is_integral_v<P> && sizeof(P) == 8) {
    // Unsigned differences cannot overflow; order is that of the signed numbers when the sign
    // bit is flipped in both.
    constexpr std::uint64_t flip = std::is_signed_v<P> ? std::uint64_t{1} << 63 : 0;
    const std::uint64_t value = static_cast<std::uint64_t>(load<P, swapped>(from)) ^ flip;
    const std::uint64_t origin = base ^ flip;
    return value >= origin ? static_cast<double>(value - origin)
                           : -static_cast<double>(origin - value);
  } else {
    return static_cast<double>(load<P, swapped>(from));
  }
}

template <class P, bool swapped>
void convert(const unsigned char* first, std::ptrdiff_t stride, std::size_t count,
             std::uint64_t base, double* out) {
  constexpr std::size_t size = std::is_same_v<P, bool> ? 1 : sizeof(P);
  if (stride == static_cast<std::ptrdiff_t>(size)) {
    for (std::size_t i = 0; i < count; ++i) out[i] = as_double<P, swapped>(first + i * size, base);
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = as_double<P, swapped>(first + static_cast<std::ptrdiff_t>(i) * stride, base);
    }
  }
}

template <class P>
constexpr auto choose(bool swapped) noexcept {
  return swapped ? &convert<P, true> : &convert<P, false>;
}

bool is_wide_integer(PixelType type) noexcept {
  return type == PixelType::int64 || type == PixelType::uint64;
}

}  // namespace

PixelReader::Convert PixelReader::converter(PixelType type, bool swapped) {
  switch (type) {
    case PixelType::boolean:
      return choose<bool>(false);
    case PixelType::int8:
      return choose<std::int8_t>(false);
    case PixelType::int16:
      return choose<std::int16_t>(swapped);
    case PixelType::int32:
      return choose<std::int32_t>(swapped);
    case PixelType::int64:
      return choose<std::int64_t>(swapped);
    case PixelType::uint8:
      return choose<std::uint8_t>(false);
    case PixelType::uint16:
      return choose<std::uint16_t>(swapped);
    case PixelType::uint32:
      return choose<std::uint32_t>(swapped);
    case PixelType::uint64:
      return choose<std::uint64_t>(swapped);
    case PixelType::float16:
      return choose<Half>(swapped);
    case PixelType::float32:
      return choose<float>(swapped);
    case PixelType::float64:
      return choose<double>(swapped);
    case PixelType::long_double:
      return choose<long double>(swapped);
  }
  return nullptr;
}

PixelReader::PixelReader(const ImageView& view, const LeftOut* left_out)
    : view_(view), left_out_(left_out), convert_(converter(view.type, view.swapped)) {
  // A mask that lets everything pass must not send an image another way.
  if (view.mask != nullptr && masks_nothing()) view_.mask = nullptr;
  if (is_wide_integer(view.type)) base_ = first_valid_bits();
}

double PixelReader::origin() const noexcept {
  if (view_.type == PixelType::int64) {
    return static_cast<double>(static_cast<std::int64_t>(base_));
  }
  return static_cast<double>(base_);
}

bool PixelReader::masks_nothing() const noexcept {
  for (std::size_t row = 0; row < view_.height; ++row) {
    if (view_.mask_column_stride == 1) {
      const auto* line = static_cast<const unsigned char*>(view_.mask) +
                         static_cast<std::ptrdiff_t>(row) * view_.mask_row_stride;
      if (std::memchr(line, 0, view_.width) != nullptr) return false;
      continue;
    }
    for (std::size_t column = 0; column < view_.width; ++column) {
      if (!valid(row, column)) return false;
    }
  }
  return true;
}

bool PixelReader::is_direct() const noexcept {
  if (left_out_ != nullptr) return false;
  switch (view_.type) {
    case PixelType::int8:
    case PixelType::int16:
    case PixelType::int32:
    case PixelType::uint8:
    case PixelType::uint16:
    case PixelType::uint32:
    case PixelType::float32:
    case PixelType::float64:
      return true;
    default:
      return false;
  }
}

bool PixelReader::valid(std::size_t row, std::size_t column) const noexcept {
  if (view_.mask == nullptr) return true;
  const auto* mask = static_cast<const unsigned char*>(view_.mask);
  return mask[static_cast<std::ptrdiff_t>(row) * view_.mask_row_stride +
              static_cast<std::ptrdiff_t>(column) * view_.mask_column_stride] != 0;
}

std::uint64_t PixelReader::first_valid_bits() const {
  // Not the largest number, which may stand for no value: all others would be far from it.
  const std::uint64_t largest =
      view_.type == PixelType::int64
          ? static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
          : std::numeric_limits<std::uint64_t>::max();
  bool found = false;
  for (std::size_t row = 0; row < view_.height; ++row) {
    for (std::size_t column = 0; column < view_.width; ++column) {
      if (!valid(row, column)) continue;
      const auto* pixel = static_cast<const unsigned char*>(view_.data) +
                          static_cast<std::ptrdiff_t>(row) * view_.row_stride +
                          static_cast<std::ptrdiff_t>(column) * view_.column_stride;
      const std::uint64_t bits =
          view_.swapped ? load<std::uint64_t, true>(pixel) : load<std::uint64_t, false>(pixel);
      if (bits != largest) return bits;
      found = true;
    }
  }
  return found ? largest : 0;
}

void PixelReader::read(std::size_t row, std::size_t column, std::size_t count, double* out) const {
  const auto* first = static_cast<const unsigned char*>(view_.data) +
                      static_cast<std::ptrdiff_t>(row) * view_.row_stride +
                      static_cast<std::ptrdiff_t>(column) * view_.column_stride;
  convert_(first, view_.column_stride, count, base_, out);
  constexpr double invalid = std::numeric_limits<double>::quiet_NaN();
  if (left_out_ != nullptr) {
    const unsigned char* bits = left_out_->bits() + row * view_.width + column;
    for (std::size_t i = 0; i < count; ++i) out[i] = bits[i] == 0 ? out[i] : invalid;
  }
  if (view_.mask == nullptr) return;
  const auto* mask = static_cast<const unsigned char*>(view_.mask) +
                     static_cast<std::ptrdiff_t>(row) * view_.mask_row_stride +
                     static_cast<std::ptrdiff_t>(column) * view_.mask_column_stride;
  if (view_.mask_column_stride == 1) {  // a loop without a stride makes vectors
    for (std::size_t i = 0; i < count; ++i) out[i] = mask[i] != 0 ? out[i] : invalid;
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = *mask != 0 ? out[i] : invalid;
    mask += view_.mask_column_stride;
  }
}

}  // namespace ndreg_preeval::detail
