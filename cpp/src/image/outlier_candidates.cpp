// SPDX-License-Identifier: MIT
#include "image/static_outliers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "image/bulk.hpp"
#include "image/spots_and_areas.hpp"

namespace ndreg_preeval::detail {
namespace {

constexpr double most_spots = 0.03;      // of all pixels: more are the scene
constexpr std::size_t looked_at = 8;     // extreme values on either side
constexpr std::size_t least_number = 3;  // of pixels of such a value
constexpr double spike = 2;              // as many as of those beside it

// Calls each(place) for the up to eight pixels around one.
template <class Each>
void for_neighbours(const PixelReader& reader, std::size_t place, const Each& each) {
  const std::size_t row = place / reader.width();
  const std::size_t column = place % reader.width();
  for (std::size_t y = row > 0 ? row - 1 : 0; y < std::min(row + 2, reader.height()); ++y) {
    for (std::size_t x = column > 0 ? column - 1 : 0; x < std::min(column + 2, reader.width());
         ++x) {
      const std::size_t other = y * reader.width() + x;
      if (other != place) each(other);
    }
  }
}

// The most extreme values on one side, and how many pixels have each.
struct Extremes {
  struct Value {
    double value;
    std::size_t count;
  };

  void add(double value) noexcept {  // by size, the largest first
    if (size == looked_at && value < values[looked_at - 1].value) return;
    std::size_t at = 0;
    while (at < size && values[at].value > value) ++at;
    if (at < size && values[at].value == value) {
      ++values[at].count;
      return;
    }
    if (at == looked_at) return;
    size = std::min(size + 1, looked_at);
    for (std::size_t i = size - 1; i > at; --i) values[i] = values[i - 1];
    values[at] = {value, 1};
  }

  bool full() const noexcept { return size == looked_at; }
  double last() const noexcept { return values[looked_at - 1].value; }

  std::array<Value, looked_at> values;
  std::size_t size = 0;
};

// What most pixels are told apart by, with as little work as possible for those of the bulk.
class Survey {
 public:
  Survey(const Bulk& bulk, const Flags& flags) noexcept
      : centre_(bulk.centre),
        spot_(far_spot * bulk.spread),
        low_(std::max(bulk.centre - far_from_bulk * bulk.spread, flags.low)),
        high_(std::min(bulk.centre + far_from_bulk * bulk.spread, flags.high)) {}

  // Whether any pixel of a run has to be looked at.
  bool wants(const Extent& run) const noexcept {
    const bool extreme = run.low <= (lowest_.full() ? -lowest_.last() : low_) ||
                         run.high >= (highest_.full() ? highest_.last() : high_);
    return extreme || centre_ - run.low > spot_ || run.high - centre_ > spot_;
  }

  bool beyond(double pixel) const noexcept { return pixel < low_ || pixel >= high_; }
  bool has_beyond(const Extent& run) const noexcept { return run.low < low_ || run.high >= high_; }

  // Notes the value of a pixel; whether it may be a spot.
  bool add_far(double pixel) noexcept {
    if (!std::isfinite(pixel)) return false;
    if (beyond(pixel)) {
      if (pixel < centre_) {
        lowest_.add(-pixel);
      } else {
        highest_.add(pixel);
      }
    }
    return std::abs(pixel - centre_) > spot_;
  }

  Extremes& lowest() noexcept { return lowest_; }
  Extremes& highest() noexcept { return highest_; }

 private:
  double centre_;
  double spot_;
  double low_;
  double high_;
  Extremes lowest_;
  Extremes highest_;
};

struct Special {
  double value;
  bool flag;
};

// At most those that are looked at.
class SpecialValues {
 public:
  void push_back(const Special& value) noexcept { values_[size_++] = value; }
  bool empty() const noexcept { return size_ == 0; }
  const Special& operator[](std::size_t index) const noexcept { return values_[index]; }
  // The number of a value, from 1 on; 0 for others.
  unsigned char kind_of(double value) const noexcept {
    for (std::size_t i = 0; i < size_; ++i) {
      if (values_[i].value == value) return static_cast<unsigned char>(i + 1);
    }
    return 0;
  }

 private:
  std::array<Special, 2 * looked_at> values_{};
  std::size_t size_ = 0;
};

// Values that many pixels have, and those near them have not.
void add_special(Extremes& extremes, double sign, const Bulk& bulk, const Flags& flags,
                 SpecialValues& special) {
  using Value = Extremes::Value;
  Value* const first = extremes.values.data();
  Value* const last = first + extremes.size;
  std::sort(first, last, [](const auto& a, const auto& b) {
    return a.count != b.count ? a.count > b.count : a.value > b.value;
  });
  // -1 and -2 are flags where nothing else is below 0.
  bool negative_flags = true;
  for (const Value* it = first; it < last && sign < 0; ++it) {
    const double number = -it->value - flags.low;
    negative_flags = negative_flags && (number >= 0 || number == -1 || number == -2);
  }
  std::array<bool, looked_at> chosen{};
  for (const Value* it = first; it < last; ++it) {
    const double value = sign * it->value;
    const bool flag = sign > 0 ? value >= flags.high : negative_flags && value < flags.low;
    double near = 0;
    double distinct = 0;
    for (const Value* other = first; other < last; ++other) {
      if (other == it || chosen[static_cast<std::size_t>(other - first)]) continue;
      if (std::abs(other->value - it->value) >= 0.25 * bulk.distance(value)) continue;
      near += static_cast<double>(other->count);
      distinct += 1;
    }
    const bool many = it->count >= least_number && bulk.far(value, far_from_bulk) &&
                      static_cast<double>(it->count) * distinct >= spike * near;
    if (!flag && !many) continue;
    chosen[static_cast<std::size_t>(it - first)] = true;
    special.push_back({value, flag});
  }
}

// Areas of marked pixels, by the pixels beside each.
template <class Pixels>
void find_areas(const PixelReader& reference, const Bulk& bulk, const SpecialValues& special,
                const Pixels& marked, KeptVector<std::uint32_t>& stamps, OutlierCandidates& found,
                Cancellation& cancellation) {
  constexpr std::uint32_t none = 0;
  stamps.assign(reference.height() * reference.width(), none);
  std::uint32_t stamp = none;
  for (const auto& pixel : marked) {
    const unsigned char kind = found.special[pixel.place];
    if (kind == 0 || stamps[pixel.place] != none) continue;
    cancellation.check();
    ++stamp;
    const Special& value = special[kind - 1];
    OutlierCandidates::Area area{value.value,         kind, value.flag, found.pixels.size(), 0,
                                 found.beside.size(), 0};
    Apart apart(bulk, value.value);
    found.pixels.push_back(pixel.place);
    stamps[pixel.place] = stamp;
    for (std::size_t next = area.first; next < found.pixels.size(); ++next) {
      for_neighbours(reference, found.pixels[next], [&](std::size_t place) {
        if (found.special[place] == kind) {
          if (stamps[place] == none) found.pixels.push_back(place);
          stamps[place] = stamp;
        } else if (found.special[place] == 0 && stamps[place] != stamp) {
          stamps[place] = stamp;
          found.beside.push_back(place);
          const double beside = pixel_at(reference, place);
          if (std::isfinite(beside)) apart.add(beside);
        }
      });
    }
    area.last = found.pixels.size();
    area.last_beside = found.beside.size();
    if (apart) {
      found.areas.push_back(area);
    } else {
      found.pixels.resize(area.first);
      found.beside.resize(area.first_beside);
    }
  }
  std::sort(found.areas.begin(), found.areas.end(), [](const auto& a, const auto& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.first < b.first;
  });
}

}  // namespace

void OutlierCandidates::clear() noexcept {
  areas.clear();
  pixels.clear();
  beside.clear();
  spots.clear();
  special.clear();
}

void StaticOutliers::find(const PixelReader& reference, std::size_t valid, OutlierCandidates& found,
                          Cancellation& cancellation) {
  found.clear();
  const auto bulk = bulk_of(reference);
  if (!bulk) return;
  const Flags flags = flags_of(reference, *bulk);
  find_extents(reference, extents_, cancellation);
  if (!may_have_outliers(reference, *bulk, flags, extents_, cancellation)) return;
  const std::size_t width = reference.width();
  Survey survey(*bulk, flags);
  far_.clear();
  std::array<double, extent_run> pixels;
  auto extent = extents_.begin();
  for_runs(reference, cancellation, [&](std::size_t row, std::size_t column, std::size_t count) {
    if (!survey.wants(*extent++)) return;
    reference.read(row, column, count, pixels.data());
    for (std::size_t i = 0; i < count; ++i) {
      if (survey.add_far(pixels[i])) far_.push_back({row * width + column + i, pixels[i]});
    }
  });
  SpecialValues special;
  add_special(survey.lowest(), -1, *bulk, flags, special);
  add_special(survey.highest(), 1, *bulk, flags, special);
  for (const Pixel& pixel : far_) {
    if (special.kind_of(pixel.value) != 0) continue;
    const int side = spot_side(reference, *bulk, pixel.place);
    if (side != 0) found.spots.push_back({pixel.place, side});
  }
  if (special.empty() && found.spots.empty()) return;

  // Now that there are some: whether there is a bulk, and how many they are.
  std::size_t beyond = 0;
  far_.clear();
  if (!special.empty()) found.special.assign(reference.height() * width, 0);
  extent = extents_.begin();
  for_runs(reference, cancellation, [&](std::size_t row, std::size_t column, std::size_t count) {
    if (!survey.has_beyond(*extent++)) return;
    reference.read(row, column, count, pixels.data());
    for (std::size_t i = 0; i < count; ++i) {
      if (!std::isfinite(pixels[i]) || !survey.beyond(pixels[i])) continue;
      ++beyond;
      const unsigned char kind = special.kind_of(pixels[i]);
      if (kind == 0) continue;
      const std::size_t place = row * width + column + i;
      found.special[place] = kind;
      far_.push_back({place, pixels[i]});
    }
  });
  // Of the pixels with other values most have to be near the bulk: else it is none.
  if (2 * (beyond - far_.size()) > valid - far_.size()) {
    found.clear();
    return;
  }
  if (static_cast<double>(found.spots.size()) > most_spots * static_cast<double>(valid)) {
    found.spots.clear();
  }
  if (special.empty()) return;

  find_areas(reference, *bulk, special, far_, stamps_, found, cancellation);
}

}  // namespace ndreg_preeval::detail
