// SPDX-License-Identifier: MIT
// Where most of the pixels of an image are, and whether others may be outliers.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

#include "base/cancellation.hpp"
#include "image/pixel_reader.hpp"
#include "image/sample.hpp"

namespace ndreg_preeval::detail {

constexpr double unlimited = std::numeric_limits<double>::infinity();
constexpr std::size_t least_sample = 16;
constexpr double normal_half = 1.349;  // width of the middle half, in standard deviations
constexpr double far_spot = 4;
// A share of the variance, in units of 1 / sqrt(pixels), below which outliers do not matter.
constexpr double least_share_of_outliers = 2;

// Where most of the pixels of an image are.
struct Bulk {
  double centre;
  double spread;
  bool whole;  // pixels are whole numbers

  double distance(double pixel) const noexcept { return std::abs(pixel - centre); }
  bool far(double pixel, double spreads) const noexcept {
    return distance(pixel) > spreads * spread;
  }
};

// Of the shortest interval that holds half of a sample: up to half of it may be anything.
inline std::optional<Bulk> bulk_of(const PixelReader& reader) {
  Sample sample(reader);
  double* first = sample.pixels.data();
  double* last = std::remove_if(first, first + sample.count,
                                [](double pixel) { return !std::isfinite(pixel); });
  const auto count = static_cast<std::size_t>(last - first);
  if (count < least_sample) return std::nullopt;
  std::sort(first, last);
  const std::size_t half = count / 2;
  std::size_t at = 0;
  for (std::size_t i = 0; i + half < count; ++i) {
    if (first[i + half] - first[i] < first[at + half] - first[at]) at = i;
  }
  const double width = first[at + half] - first[at];
  Bulk bulk{first[at] + 0.5 * width, width / normal_half,
            std::all_of(first, last, [](double pixel) { return std::floor(pixel) == pixel; })};
  if (width > 0) return bulk;
  // Most are equal: how far the others are, the nearest of them.
  for (double* pixel = first; pixel < last; ++pixel) *pixel = bulk.distance(*pixel);
  double* other = std::remove(first, last, 0.0);
  if (other > first) {
    std::sort(first, other);
    bulk.spread = first[(other - first) / 10];
  } else if (bulk.whole) {
    bulk.spread = 1;
  } else {
    return std::nullopt;
  }
  return bulk;
}

// Values that a detector writes where it has none, whatever the scene: from `high` on, or below
// `low`.
struct Flags {
  double low = -unlimited;
  double high = unlimited;
};

template <class Integer>
double largest() noexcept {
  return static_cast<double>(std::numeric_limits<Integer>::max());
}

inline double largest_of(PixelType type) noexcept {
  switch (type) {
    case PixelType::int8:
      return largest<std::int8_t>();
    case PixelType::int16:
      return largest<std::int16_t>();
    case PixelType::int32:
      return largest<std::int32_t>();
    case PixelType::int64:
      return largest<std::int64_t>();
    case PixelType::uint8:
      return largest<std::uint8_t>();
    case PixelType::uint16:
      return largest<std::uint16_t>();
    case PixelType::uint32:
      return largest<std::uint32_t>();
    case PixelType::uint64:
      return largest<std::uint64_t>();
    default:
      return unlimited;
  }
}

inline Flags flags_of(const PixelReader& reader, const Bulk& bulk) {
  Flags flags;
  const double origin = reader.origin();
  if (bulk.whole) flags.low = -origin;
  // 64-bit numbers are rounded.
  flags.high = largest_of(reader.view().type) * (1 - 0x1p-50) - origin;
  return flags;
}

// Pixels that may be outliers, counted without a look at each: lanes that compilers turn into
// vectors.
struct Tally {
  double low = unlimited;
  double high = -unlimited;
  std::size_t lowest = 0;   // pixels of the lowest value,
  std::size_t highest = 0;  // of the highest,
  std::size_t far = 0;      // and far out
};

constexpr std::size_t tally_lanes = 16;

template <class Pixel>
void tally_extremes(const Pixel* pixels, std::size_t count, Pixel (&low)[tally_lanes],
                    Pixel (&high)[tally_lanes]) {
  std::size_t i = 0;
  for (; i + tally_lanes <= count; i += tally_lanes) {
    for (std::size_t k = 0; k < tally_lanes; ++k) {
      const Pixel pixel = pixels[i + k];
      low[k] = pixel < low[k] ? pixel : low[k];
      high[k] = pixel > high[k] ? pixel : high[k];
    }
  }
  for (; i < count; ++i) {
    low[0] = pixels[i] < low[0] ? pixels[i] : low[0];
    high[0] = pixels[i] > high[0] ? pixels[i] : high[0];
  }
}

// Pixels up to `low`, and from `high` on.
template <class Pixel>
std::size_t tally_beyond(const Pixel* pixels, std::size_t count, Pixel low, Pixel high) {
  // As wide as a pixel, so that vectors hold as many.
  using Count = std::conditional_t<
      sizeof(Pixel) == 1, std::uint8_t,
      std::conditional_t<sizeof(Pixel) == 2, std::uint16_t,
                         std::conditional_t<sizeof(Pixel) == 4, std::uint32_t, std::uint64_t>>>;
  constexpr std::size_t at_once = 128 * tally_lanes;
  std::size_t beyond = 0;
  std::size_t i = 0;
  while (i + tally_lanes <= count) {
    Count counts[tally_lanes] = {};
    const std::size_t end = std::min(count, i + at_once);
    for (; i + tally_lanes <= end; i += tally_lanes) {
      for (std::size_t k = 0; k < tally_lanes; ++k) {
        const Pixel pixel = pixels[i + k];
        const Count is_low = pixel <= low ? 1 : 0;
        const Count is_high = pixel >= high ? 1 : 0;
        counts[k] = static_cast<Count>(counts[k] + (is_low | is_high));
      }
    }
    for (const Count some : counts) beyond += some;
  }
  for (; i < count; ++i) beyond += pixels[i] <= low || pixels[i] >= high ? 1U : 0U;
  return beyond;
}

// Calls each(pixels, count) with runs of pixels of one type.
template <class Pixel, class Each>
void for_runs(const PixelReader& reader, Cancellation& cancellation, const Each& each) {
  const ImageView& view = reader.view();
  for (std::size_t row = 0; row < reader.height(); ++row) {
    if (row % 64 == 0) cancellation.check();
    if constexpr (std::is_same_v<Pixel, double>) {
      constexpr std::size_t run = 256;
      std::array<double, run> pixels;
      for (std::size_t first = 0; first < reader.width(); first += run) {
        const std::size_t count = std::min(run, reader.width() - first);
        reader.read(row, first, count, pixels.data());
        each(pixels.data(), count);
      }
    } else {
      const auto* line = static_cast<const unsigned char*>(view.data) +
                         static_cast<std::ptrdiff_t>(row) * view.row_stride;
      each(reinterpret_cast<const Pixel*>(line), reader.width());
    }
  }
}

// The same numbers whatever the layout of the pixels.
template <class Pixel>
Tally tally_of(const PixelReader& reader, const Bulk& bulk, Cancellation& cancellation) {
  const bool single = reader.view().type == PixelType::float32;
  const auto limit = [&](double value) {
    return single ? static_cast<double>(static_cast<float>(value)) : value;
  };
  using Limits = std::numeric_limits<Pixel>;
  constexpr Pixel top = Limits::has_infinity ? Limits::infinity() : Limits::max();
  constexpr Pixel bottom = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  Pixel low[tally_lanes];
  Pixel high[tally_lanes];
  std::fill(low, low + tally_lanes, top);
  std::fill(high, high + tally_lanes, bottom);
  for_runs<Pixel>(reader, cancellation, [&](const Pixel* pixels, std::size_t count) {
    tally_extremes<Pixel>(pixels, count, low, high);
  });
  const Pixel lowest = *std::min_element(low, low + tally_lanes);
  const Pixel highest = *std::max_element(high, high + tally_lanes);
  Tally tally;
  tally.low = static_cast<double>(lowest);
  tally.high = static_cast<double>(highest);
  const double below = std::floor(limit(bulk.centre - far_spot * bulk.spread));
  const double above = std::ceil(limit(bulk.centre + far_spot * bulk.spread));
  const auto as_pixel = [](double value, Pixel otherwise) {
    const bool fits =
        value > static_cast<double>(Limits::lowest()) && value < static_cast<double>(Limits::max());
    return fits ? static_cast<Pixel>(value) : otherwise;
  };
  constexpr bool whole = std::is_integral_v<Pixel>;
  const double from = whole ? below : limit(bulk.centre - far_spot * bulk.spread);
  const double to = whole ? above : limit(bulk.centre + far_spot * bulk.spread);
  const Pixel far_low = as_pixel(from, bottom);
  const Pixel far_high = as_pixel(to, top);
  for_runs<Pixel>(reader, cancellation, [&](const Pixel* pixels, std::size_t count) {
    tally.lowest += tally_beyond<Pixel>(pixels, count, lowest, top);
    tally.highest += tally_beyond<Pixel>(pixels, count, bottom, highest);
    tally.far += tally_beyond<Pixel>(pixels, count, far_low, far_high);
  });
  return tally;
}

// Whether there can be outliers that matter: most images have none.
inline bool may_have_outliers(const PixelReader& reader, const Bulk& bulk, const Flags& flags,
                              Cancellation& cancellation) {
  const ImageView& view = reader.view();
  const bool dense = view.mask == nullptr && !view.swapped &&
                     view.column_stride == static_cast<std::ptrdiff_t>(pixel_size(view.type)) &&
                     view.row_stride % view.column_stride == 0 &&
                     reinterpret_cast<std::uintptr_t>(view.data) % pixel_size(view.type) == 0;
  Tally tally;
  if (dense && view.type == PixelType::uint8) {
    tally = tally_of<std::uint8_t>(reader, bulk, cancellation);
  } else if (dense && view.type == PixelType::uint16) {
    tally = tally_of<std::uint16_t>(reader, bulk, cancellation);
  } else if (dense && view.type == PixelType::int16) {
    tally = tally_of<std::int16_t>(reader, bulk, cancellation);
  } else if (dense && view.type == PixelType::int32) {
    tally = tally_of<std::int32_t>(reader, bulk, cancellation);
  } else if (dense && view.type == PixelType::float32) {
    tally = tally_of<float>(reader, bulk, cancellation);
  } else {
    tally = tally_of<double>(reader, bulk, cancellation);
  }
  if (tally.low < flags.low || tally.high >= flags.high) return true;
  const auto square = [&](double pixel) {
    const double spreads = bulk.distance(pixel) / bulk.spread;
    return spreads * spreads;
  };
  const double most =
      static_cast<double>(tally.lowest) * square(tally.low) +
      static_cast<double>(tally.highest) * square(tally.high) +
      static_cast<double>(tally.far) * std::max(square(tally.low), square(tally.high));
  const auto pixels = static_cast<double>(reader.height() * reader.width());
  return !(most < least_share_of_outliers * std::sqrt(pixels));
}

}  // namespace ndreg_preeval::detail
