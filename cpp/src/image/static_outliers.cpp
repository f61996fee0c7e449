// SPDX-License-Identifier: MIT
#include "image/static_outliers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

#include "image/bulk.hpp"
#include "image/spots_and_areas.hpp"

namespace ndreg_preeval::detail {
namespace {

constexpr std::size_t small_area = 9;
constexpr double most_mismatches = 0.03;  // of the pixels beside an area

// An image held against the candidates of its reference.
struct Comparison {
  const PixelReader& reference;
  const OutlierCandidates& candidates;
  const PixelReader& image;
  const Bulk& bulk;

  // Where it is looked whether something is there by chance: so many rows and columns away.
  static constexpr std::array<std::array<int, 2>, 4> beside{{{-3, 0}, {3, 0}, {0, -3}, {0, 3}}};

  // A place away from another one, where there is one and the reference has nothing.
  std::optional<std::size_t> moved(std::size_t place, int rows, int columns) const {
    const std::size_t width = image.width();
    const auto row = static_cast<std::ptrdiff_t>(place / width) + rows;
    const auto column = static_cast<std::ptrdiff_t>(place % width) + columns;
    if (row < 0 || column < 0 || row >= static_cast<std::ptrdiff_t>(image.height()) ||
        column >= static_cast<std::ptrdiff_t>(width)) {
      return std::nullopt;
    }
    const auto there = static_cast<std::size_t>(row) * width + static_cast<std::size_t>(column);
    if (!candidates.special.empty() && candidates.special[there] != 0) return std::nullopt;
    return there;
  }

  bool is_value(double pixel, const OutlierCandidates::Area& area) const noexcept {
    return same_number(pixel, image, area.value, reference);
  }

  std::size_t times_beside(const OutlierCandidates::Area& area) const {
    std::size_t times = 0;
    for (const auto& [rows, columns] : beside) {
      bool all = true;
      for (std::size_t i = area.first; i < area.last && all; ++i) {
        const auto place = moved(candidates.pixels[i], rows, columns);
        all = place && is_value(pixel_at(image, *place), area);
      }
      times += all ? 1U : 0U;
    }
    return times;
  }

  std::size_t times_beside(const OutlierCandidates::Spot& spot) const {
    std::size_t times = 0;
    for (const auto& [rows, columns] : beside) {
      const auto place = moved(spot.place, rows, columns);
      times += place && spot_side(image, bulk, *place) == spot.side ? 1U : 0U;
    }
    return times;
  }

  // The value that the image has there: of small areas and flags that of the reference, if any
  // pixel has it.
  double value_at(const OutlierCandidates::Area& area, bool named) const {
    double value = pixel_at(image, candidates.pixels[area.first + area.size() / 2]);
    for (std::size_t i = area.first; i < area.last; ++i) {
      if (named ? is_value(value, area) : std::isfinite(value)) break;
      value = pixel_at(image, candidates.pixels[i]);
    }
    return value;
  }

  bool has(const OutlierCandidates::Area& area) const {
    const bool named = area.size() < small_area || area.flag;
    const double value = value_at(area, named);
    if (named && !is_value(value, area)) return false;
    if (!std::isfinite(value)) return false;
    if (!area.flag && !bulk.far(value, far_from_bulk)) return false;
    const auto number_beside = static_cast<double>(area.last_beside - area.first_beside);
    const auto allowed = static_cast<std::size_t>(most_mismatches * number_beside);
    std::size_t mismatches = 0;
    for (std::size_t i = area.first; i < area.last && mismatches <= allowed; ++i) {
      const double pixel = pixel_at(image, candidates.pixels[i]);
      mismatches += std::isfinite(pixel) && pixel != value ? 1U : 0U;
    }
    Apart apart(bulk, value);
    for (std::size_t i = area.first_beside; i < area.last_beside && mismatches <= allowed; ++i) {
      const double pixel = pixel_at(image, candidates.beside[i]);
      if (!std::isfinite(pixel)) continue;
      mismatches += pixel == value ? 1U : 0U;
      apart.add(pixel);
    }
    return mismatches <= allowed && static_cast<bool>(apart);
  }
};

}  // namespace

const std::vector<std::size_t>& StaticOutliers::common(const PixelReader& reference,
                                                       const OutlierCandidates& candidates,
                                                       const PixelReader& image,
                                                       Cancellation& cancellation) {
  common_.clear();
  const auto bulk = bulk_of(image);
  if (!bulk) return common_;
  const Comparison comparison{reference, candidates, image, *bulk};
  // What is small may be there by chance: then it is as often where the reference has nothing.
  std::size_t by_chance = 0;
  const auto add_singles = [&] {
    if (singles_.size() > by_chance) {
      common_.insert(common_.end(), singles_.begin(), singles_.end());
    }
    singles_.clear();
    by_chance = 0;
  };
  singles_.clear();
  unsigned char kind = 0;
  for (const auto& area : candidates.areas) {
    cancellation.check();
    if (area.kind != kind) add_singles();
    kind = area.kind;
    const bool small = area.size() < small_area;
    if (small) by_chance += area.size() * comparison.times_beside(area);
    if (!comparison.has(area)) continue;
    auto& to = small ? singles_ : common_;
    to.insert(to.end(), candidates.pixels.begin() + static_cast<std::ptrdiff_t>(area.first),
              candidates.pixels.begin() + static_cast<std::ptrdiff_t>(area.last));
  }
  add_singles();
  for (const auto& spot : candidates.spots) {
    if (spot_side(image, *bulk, spot.place) == spot.side) singles_.push_back(spot.place);
    by_chance += comparison.times_beside(spot);
  }
  cancellation.check();
  add_singles();
  std::sort(common_.begin(), common_.end());
  return common_;
}

bool StaticOutliers::same_but_for(const std::vector<std::size_t>& places, const PixelReader& a,
                                  const PixelReader& b, Cancellation& cancellation) {
  constexpr std::size_t run = 256;
  std::array<double, run> pixels_a;
  std::array<double, run> pixels_b;
  auto next = places.begin();
  for (std::size_t row = 0; row < a.height(); ++row) {
    cancellation.check();
    for (std::size_t first = 0; first < a.width(); first += run) {
      const std::size_t count = std::min(run, a.width() - first);
      a.read(row, first, count, pixels_a.data());
      b.read(row, first, count, pixels_b.data());
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t place = row * a.width() + first + i;
        if (next != places.end() && *next == place) {
          ++next;
          continue;
        }
        const bool finite = std::isfinite(pixels_a[i]) && std::isfinite(pixels_b[i]);
        if (finite && !same_number(pixels_a[i], a, pixels_b[i], b)) return false;
      }
    }
  }
  return true;
}

}  // namespace ndreg_preeval::detail
