// SPDX-License-Identifier: MIT
#include "image/static_outliers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "image/bulk.hpp"

namespace ndreg_preeval::detail {
namespace {

constexpr double far_from_bulk = 2;      // in units of its spread
constexpr double sharp_spot = 5;         // in units of how its neighbours differ
constexpr double most_spots = 0.03;      // of all pixels: more are the scene
constexpr std::size_t looked_at = 8;     // extreme values on either side
constexpr std::size_t least_number = 3;  // of pixels of such a value
constexpr double spike = 2;              // as many as of those beside it
constexpr std::size_t small_area = 9;
constexpr double most_mismatches = 0.03;  // of the pixels beside an area
constexpr double least_apart = 0.75;
constexpr double nowhere = std::numeric_limits<double>::quiet_NaN();

double pixel_at(const PixelReader& reader, std::size_t place) {
  double pixel = 0;
  reader.read(place / reader.width(), place % reader.width(), 1, &pixel);
  return pixel;
}

// The same number in two images, which count 64-bit integers from different ones.
bool same_number(double a, const PixelReader& in_a, double b, const PixelReader& in_b) noexcept {
  if (in_a.origin() == in_b.origin()) return a == b;
  const double first = a + in_a.origin();
  const double second = b + in_b.origin();
  return std::abs(first - second) <= 0x1p-50 * std::abs(first);
}

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

// Whether one pixel is far out of those around it, and these are alike: what optics have blurred
// over two pixels or more is not. Returns on which side, or 0.
int spot_side(const PixelReader& reader, const Bulk& bulk, std::size_t place) {
  const double pixel = pixel_at(reader, place);
  if (!std::isfinite(pixel) || !bulk.far(pixel, far_spot)) return 0;
  std::array<double, 8> around;
  std::size_t count = 0;
  const std::size_t row = place / reader.width();
  const std::size_t column = place % reader.width();
  const std::size_t left = column > 0 ? column - 1 : 0;
  const std::size_t width = std::min(column + 2, reader.width()) - left;
  for (std::size_t y = row > 0 ? row - 1 : 0; y < std::min(row + 2, reader.height()); ++y) {
    std::array<double, 3> line;
    reader.read(y, left, width, line.data());
    for (std::size_t i = 0; i < width; ++i) {
      if ((y != row || left + i != column) && std::isfinite(line[i])) around[count++] = line[i];
    }
  }
  if (count < 3) return 0;
  // Most neighbours are at least half as far out: no need for more.
  std::size_t near = 0;
  for (std::size_t i = 0; i < count; ++i) {
    near += std::abs(around[i] - pixel) < 0.5 * bulk.distance(pixel) ? 1U : 0U;
  }
  if (2 * near >= count) return 0;
  const auto middle = around.begin() + static_cast<std::ptrdiff_t>((count - 1) / 2);
  const auto end = around.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(around.begin(), middle, end);
  const double median = *middle;
  const double height = std::abs(pixel - median);
  if (!(height > far_spot * bulk.spread)) return 0;
  for (auto other = around.begin(); other < end; ++other) *other = std::abs(*other - median);
  const auto most = around.begin() + static_cast<std::ptrdiff_t>((6 * count - 1) / 8);
  std::nth_element(around.begin(), most, end);
  if (!(height > sharp_spot * *most)) return 0;
  return pixel > median ? 1 : -1;
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
  template <std::size_t run>
  bool wants(const std::array<double, run>& pixels) const noexcept {
    std::array<double, lanes> low;
    std::array<double, lanes> high;
    low.fill(infinity);
    high.fill(-infinity);
    for (std::size_t i = 0; i < run; i += lanes) {
      for (std::size_t k = 0; k < lanes; ++k) {
        const double pixel = pixels[i + k];
        low[k] = pixel < low[k] ? pixel : low[k];
        high[k] = pixel > high[k] ? pixel : high[k];
      }
    }
    const double lowest = *std::min_element(low.begin(), low.end());
    const double highest = *std::max_element(high.begin(), high.end());
    const bool extreme = lowest <= (lowest_.full() ? -lowest_.last() : low_) ||
                         highest >= (highest_.full() ? highest_.last() : high_);
    return extreme || centre_ - lowest > spot_ || highest - centre_ > spot_;
  }

  bool beyond(double pixel) const noexcept { return pixel < low_ || pixel >= high_; }

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
  static constexpr std::size_t lanes = 16;

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
  const auto first = extremes.values.begin();
  const auto last = first + static_cast<std::ptrdiff_t>(extremes.size);
  std::sort(first, last, [](const auto& a, const auto& b) {
    return a.count != b.count ? a.count > b.count : a.value > b.value;
  });
  // -1 and -2 are flags where nothing else is below 0.
  bool negative_flags = true;
  for (auto it = first; it < last && sign < 0; ++it) {
    const double number = -it->value - flags.low;
    negative_flags = negative_flags && (number >= 0 || number == -1 || number == -2);
  }
  std::array<bool, looked_at> chosen{};
  for (auto it = first; it < last; ++it) {
    const double value = sign * it->value;
    const bool flag = sign > 0 ? value >= flags.high : negative_flags && value < flags.low;
    double near = 0;
    double distinct = 0;
    for (auto other = first; other < last; ++other) {
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

// Pixels beside an area are nearer to the bulk than to its value, most of them.
class Apart {
 public:
  Apart(const Bulk& bulk, double value) noexcept
      : value_(value), least_(0.5 * bulk.distance(value)) {}

  void add(double pixel) noexcept {
    ++all_;
    apart_ += std::abs(pixel - value_) > least_ ? 1U : 0U;
  }
  explicit operator bool() const noexcept {
    return static_cast<double>(apart_) >= least_apart * static_cast<double>(all_);
  }

 private:
  double value_;
  double least_;
  std::size_t all_ = 0;
  std::size_t apart_ = 0;
};

}  // namespace

void OutlierCandidates::clear() noexcept {
  areas.clear();
  pixels.clear();
  beside.clear();
  spots.clear();
  special.clear();
}

void StaticOutliers::find(const PixelReader& reference, OutlierCandidates& found,
                          Cancellation& cancellation) {
  found.clear();
  const auto bulk = bulk_of(reference);
  if (!bulk) return;
  const Flags flags = flags_of(reference, *bulk);
  if (!may_have_outliers(reference, *bulk, flags, cancellation)) return;
  const std::size_t width = reference.width();
  Survey survey(*bulk, flags);
  far_.clear();
  constexpr std::size_t run = 256;
  std::array<double, run> pixels;
  for (std::size_t row = 0; row < reference.height(); ++row) {
    if (row % 64 == 0) cancellation.check();
    for (std::size_t first = 0; first < width; first += run) {
      const std::size_t count = std::min(run, width - first);
      reference.read(row, first, count, pixels.data());
      std::fill(pixels.begin() + static_cast<std::ptrdiff_t>(count), pixels.end(), nowhere);
      if (!survey.wants(pixels)) continue;
      for (std::size_t i = 0; i < count; ++i) {
        if (survey.add_far(pixels[i])) far_.push_back({row * width + first + i, pixels[i]});
      }
    }
  }
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
  std::size_t valid = 0;
  std::size_t beyond = 0;
  far_.clear();
  if (!special.empty()) found.special.assign(reference.height() * width, 0);
  for (std::size_t row = 0; row < reference.height(); ++row) {
    cancellation.check();
    for (std::size_t first = 0; first < width; first += run) {
      const std::size_t count = std::min(run, width - first);
      reference.read(row, first, count, pixels.data());
      for (std::size_t i = 0; i < count; ++i) {
        if (!std::isfinite(pixels[i])) continue;
        ++valid;
        if (!survey.beyond(pixels[i])) continue;
        ++beyond;
        const unsigned char kind = special.kind_of(pixels[i]);
        if (kind == 0) continue;
        const std::size_t place = row * width + first + i;
        found.special[place] = kind;
        far_.push_back({place, pixels[i]});
      }
    }
  }
  if (2 * beyond > valid) {
    found.clear();
    return;
  }
  if (static_cast<double>(found.spots.size()) > most_spots * static_cast<double>(valid)) {
    found.spots.clear();
  }
  if (special.empty()) return;

  // Areas, by the pixels beside each.
  constexpr std::uint32_t none = 0;
  stamps_.assign(reference.height() * width, none);
  std::uint32_t stamp = none;
  for (const Pixel& pixel : far_) {
    const unsigned char kind = found.special[pixel.place];
    if (kind == 0 || stamps_[pixel.place] != none) continue;
    cancellation.check();
    ++stamp;
    const Special& value = special[kind - 1];
    OutlierCandidates::Area area{value.value,         kind, value.flag, found.pixels.size(), 0,
                                 found.beside.size(), 0};
    Apart apart(*bulk, value.value);
    found.pixels.push_back(pixel.place);
    stamps_[pixel.place] = stamp;
    for (std::size_t next = area.first; next < found.pixels.size(); ++next) {
      for_neighbours(reference, found.pixels[next], [&](std::size_t place) {
        if (found.special[place] == kind) {
          if (stamps_[place] == none) found.pixels.push_back(place);
          stamps_[place] = stamp;
        } else if (found.special[place] == 0 && stamps_[place] != stamp) {
          stamps_[place] = stamp;
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

const std::vector<std::size_t>& StaticOutliers::common(const PixelReader& reference,
                                                       const OutlierCandidates& candidates,
                                                       const PixelReader& image,
                                                       Cancellation& cancellation) {
  common_.clear();
  const auto bulk = bulk_of(image);
  if (!bulk) return common_;
  const std::size_t width = image.width();
  // A place so many rows and columns away, where there is one and the reference has nothing.
  const auto moved = [&](std::size_t place, int rows, int columns) -> std::optional<std::size_t> {
    const auto row = static_cast<std::ptrdiff_t>(place / width) + rows;
    const auto column = static_cast<std::ptrdiff_t>(place % width) + columns;
    if (row < 0 || column < 0 || row >= static_cast<std::ptrdiff_t>(image.height()) ||
        column >= static_cast<std::ptrdiff_t>(width)) {
      return std::nullopt;
    }
    const auto there = static_cast<std::size_t>(row) * width + static_cast<std::size_t>(column);
    if (!candidates.special.empty() && candidates.special[there] != 0) return std::nullopt;
    return there;
  };
  constexpr std::array<std::array<int, 2>, 4> beside{{{-3, 0}, {3, 0}, {0, -3}, {0, 3}}};

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
    const std::size_t size = area.last - area.first;
    const bool small = size < small_area;
    const auto is_value = [&](double pixel) {
      return same_number(pixel, image, area.value, reference);
    };
    double value = pixel_at(image, candidates.pixels[area.first + size / 2]);
    const bool named = small || area.flag;
    for (std::size_t i = area.first; i < area.last; ++i) {
      if (named ? is_value(value) : std::isfinite(value)) break;
      value = pixel_at(image, candidates.pixels[i]);
    }
    if (named) {
      if (small) {
        for (const auto& [rows, columns] : beside) {
          bool all = true;
          for (std::size_t i = area.first; i < area.last && all; ++i) {
            const auto place = moved(candidates.pixels[i], rows, columns);
            all = place && is_value(pixel_at(image, *place));
          }
          by_chance += all ? size : 0;
        }
      }
      if (!is_value(value)) continue;
    }
    if (!std::isfinite(value)) continue;
    if (!area.flag && !bulk->far(value, far_from_bulk)) continue;
    const auto number_beside = static_cast<double>(area.last_beside - area.first_beside);
    const auto allowed = static_cast<std::size_t>(most_mismatches * number_beside);
    std::size_t mismatches = 0;
    for (std::size_t i = area.first; i < area.last && mismatches <= allowed; ++i) {
      const double pixel = pixel_at(image, candidates.pixels[i]);
      mismatches += std::isfinite(pixel) && pixel != value ? 1U : 0U;
    }
    Apart apart(*bulk, value);
    for (std::size_t i = area.first_beside; i < area.last_beside && mismatches <= allowed; ++i) {
      const double pixel = pixel_at(image, candidates.beside[i]);
      if (!std::isfinite(pixel)) continue;
      mismatches += pixel == value ? 1U : 0U;
      apart.add(pixel);
    }
    if (mismatches > allowed || !apart) continue;
    auto& to = small ? singles_ : common_;
    to.insert(to.end(), candidates.pixels.begin() + static_cast<std::ptrdiff_t>(area.first),
              candidates.pixels.begin() + static_cast<std::ptrdiff_t>(area.last));
  }
  add_singles();
  for (const auto& [place, side] : candidates.spots) {
    if (spot_side(image, *bulk, place) == side) singles_.push_back(place);
    for (const auto& [rows, columns] : beside) {
      const auto other = moved(place, rows, columns);
      if (other && spot_side(image, *bulk, *other) == side) ++by_chance;
    }
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
