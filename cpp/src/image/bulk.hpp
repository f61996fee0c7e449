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
#include <utility>
#include <vector>

#include "base/cancellation.hpp"
#include "base/kept_memory.hpp"
#include "image/pixel_reader.hpp"
#include "image/sample.hpp"

namespace ndreg_preeval::detail {

constexpr double unlimited = std::numeric_limits<double>::infinity();
constexpr std::size_t least_sample = 16;
constexpr double normal_half = 1.349;  // width of the middle half, in standard deviations
constexpr double far_spot = 4;
constexpr double far_from_bulk = 2;          // in units of its spread
constexpr std::size_t most_gap_values = 3;   // of gaps that hold much of an image,
constexpr std::ptrdiff_t least_of_gaps = 4;  // a quarter of it or more
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

// Of the shortest interval that holds half of a sorted sample: up to half of it may be anything.
inline std::optional<Bulk> bulk_of_sorted(const double* first, const double* last) {
  const auto count = static_cast<std::size_t>(last - first);
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
  std::array<double, Sample::most> others;
  std::size_t size = 0;
  for (const double* pixel = first; pixel < last; ++pixel) {
    if (bulk.distance(*pixel) > 0) others[size++] = bulk.distance(*pixel);
  }
  if (size > 0) {
    std::sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(size));
    bulk.spread = others[size / 10];
  } else if (bulk.whole) {
    bulk.spread = 1;
  } else {
    return std::nullopt;
  }
  return bulk;
}

// The longest run of equal pixels of a sorted sample.
inline std::pair<const double*, const double*> most_frequent(const double* first,
                                                             const double* last) {
  std::pair<const double*, const double*> found{first, first};
  for (const double* pixel = first; pixel < last;) {
    const double* const next = std::upper_bound(pixel, last, *pixel);
    if (next - pixel > found.second - found.first) found = {pixel, next};
    pixel = next;
  }
  return found;
}

// A value that many pixels have, far from all others, may be that of a gap of any size, as around
// an aperture: then the others are the bulk.
inline std::optional<Bulk> bulk_of(const PixelReader& reader) {
  Sample sample(reader);
  double* const first = sample.pixels.data();
  double* last = std::remove_if(first, first + sample.count,
                                [](double pixel) { return !std::isfinite(pixel); });
  std::sort(first, last);
  std::optional<Bulk> bulk;
  if (static_cast<std::size_t>(last - first) >= least_sample) bulk = bulk_of_sorted(first, last);
  for (std::size_t values = 0; bulk && values < most_gap_values; ++values) {
    const auto [begin, end] = most_frequent(first, last);
    if ((end - begin) * least_of_gaps < last - first) break;
    const double value = *begin;
    std::array<double, Sample::most> others;
    double* const end_of_others =
        std::copy(end, static_cast<const double*>(last),
                  std::copy(static_cast<const double*>(first), begin, others.data()));
    if (static_cast<std::size_t>(end_of_others - others.data()) < least_sample) break;
    const auto rest = bulk_of_sorted(others.data(), end_of_others);
    if (!rest || !rest->far(value, far_from_bulk)) break;
    bulk = rest;
    last = std::copy(others.data(), end_of_others, first);
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

// The lowest and the highest pixel of a run of a row; NaN is neither.
struct Extent {
  double low = unlimited;
  double high = -unlimited;
};

constexpr std::size_t extent_run = 256;  // pixels, or what is left of the row

// Lanes that compilers turn into vectors: 16 are unrolled instead.
template <class Pixel>
Extent extent_of(const Pixel* pixels, std::size_t count) {
  constexpr std::size_t lanes = 32;
  using Limits = std::numeric_limits<Pixel>;
  Pixel low[lanes];
  Pixel high[lanes];
  std::fill(low, low + lanes, Limits::has_infinity ? Limits::infinity() : Limits::max());
  std::fill(high, high + lanes, Limits::has_infinity ? -Limits::infinity() : Limits::lowest());
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::size_t k = 0; k < lanes; ++k) {
      const Pixel pixel = pixels[i + k];
      low[k] = pixel < low[k] ? pixel : low[k];
      high[k] = pixel > high[k] ? pixel : high[k];
    }
  }
  for (; i < count; ++i) {
    low[0] = pixels[i] < low[0] ? pixels[i] : low[0];
    high[0] = pixels[i] > high[0] ? pixels[i] : high[0];
  }
  for (std::size_t half = lanes / 2; half > 0; half /= 2) {
    for (std::size_t k = 0; k < half; ++k) {
      low[k] = low[k + half] < low[k] ? low[k + half] : low[k];
      high[k] = high[k + half] > high[k] ? high[k + half] : high[k];
    }
  }
  return {static_cast<double>(low[0]), static_cast<double>(high[0])};
}

// Calls each(row, column, count) for every run, row after row.
template <class Each>
void for_runs(const PixelReader& reader, Cancellation& cancellation, const Each& each) {
  for (std::size_t row = 0; row < reader.height(); ++row) {
    if (row % 64 == 0) cancellation.check();
    for (std::size_t column = 0; column < reader.width(); column += extent_run) {
      each(row, column, std::min(extent_run, reader.width() - column));
    }
  }
}

// Of all runs, in this order. What pixels are told apart by later is asked of few runs then.
inline void find_extents(const PixelReader& reader, KeptVector<Extent>& extents,
                         Cancellation& cancellation) {
  extents.clear();
  const ImageView& view = reader.view();
  const auto of_type = [&](auto zero) {
    using Pixel = decltype(zero);
    for_runs(reader, cancellation, [&](std::size_t row, std::size_t column, std::size_t count) {
      const auto* line = static_cast<const unsigned char*>(view.data) +
                         static_cast<std::ptrdiff_t>(row) * view.row_stride;
      extents.push_back(extent_of(reinterpret_cast<const Pixel*>(line) + column, count));
    });
  };
  const bool dense = reader.reads_all() && !view.swapped &&
                     view.column_stride == static_cast<std::ptrdiff_t>(pixel_size(view.type)) &&
                     view.row_stride % view.column_stride == 0 &&
                     reinterpret_cast<std::uintptr_t>(view.data) % pixel_size(view.type) == 0;
  if (dense && view.type == PixelType::uint8) {
    of_type(std::uint8_t{});
  } else if (dense && view.type == PixelType::uint16) {
    of_type(std::uint16_t{});
  } else if (dense && view.type == PixelType::int16) {
    of_type(std::int16_t{});
  } else if (dense && view.type == PixelType::int32) {
    of_type(std::int32_t{});
  } else if (dense && view.type == PixelType::uint32) {
    of_type(std::uint32_t{});
  } else if (dense && view.type == PixelType::float32) {
    of_type(float{});
  } else if (dense && view.type == PixelType::float64) {
    of_type(double{});
  } else {
    std::array<double, extent_run> pixels;
    for_runs(reader, cancellation, [&](std::size_t row, std::size_t column, std::size_t count) {
      reader.read(row, column, count, pixels.data());
      extents.push_back(extent_of(pixels.data(), count));
    });
  }
}

// Whether there can be outliers that matter: most images have none.
inline bool may_have_outliers(const PixelReader& reader, const Bulk& bulk, const Flags& flags,
                              const KeptVector<Extent>& extents, Cancellation& cancellation) {
  Extent whole;
  for (const Extent& extent : extents) {
    whole.low = std::min(whole.low, extent.low);
    whole.high = std::max(whole.high, extent.high);
  }
  if (whole.low < flags.low || whole.high >= flags.high) return true;
  const double far_low = bulk.centre - far_spot * bulk.spread;
  const double far_high = bulk.centre + far_spot * bulk.spread;
  std::size_t lowest = 0;
  std::size_t highest = 0;
  std::size_t far = 0;
  std::array<double, extent_run> pixels;
  auto extent = extents.begin();
  for_runs(reader, cancellation, [&](std::size_t row, std::size_t column, std::size_t count) {
    const auto [low, high] = *extent++;
    const bool none = low > whole.low && high < whole.high && low > far_low && high < far_high;
    if (none) return;
    reader.read(row, column, count, pixels.data());
    for (std::size_t i = 0; i < count; ++i) {
      const double pixel = pixels[i];
      lowest += pixel <= whole.low ? 1U : 0U;
      highest += pixel >= whole.high ? 1U : 0U;
      far += pixel <= far_low || pixel >= far_high ? 1U : 0U;
    }
  });
  const auto square = [&](double pixel) {
    const double spreads = bulk.distance(pixel) / bulk.spread;
    return spreads * spreads;
  };
  const double most = static_cast<double>(lowest) * square(whole.low) +
                      static_cast<double>(highest) * square(whole.high) +
                      static_cast<double>(far) * std::max(square(whole.low), square(whole.high));
  const auto size = static_cast<double>(reader.height() * reader.width());
  return !(most < least_share_of_outliers * std::sqrt(size));
}

}  // namespace ndreg_preeval::detail
