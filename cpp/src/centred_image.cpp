// SPDX-License-Identifier: MIT
#include "centred_image.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <ndreg_preeval/pair_score.hpp>

namespace ndreg_preeval::detail {
namespace {

constexpr std::size_t run = 256;  // pixels converted at a time
constexpr std::size_t lanes = 4;  // independent sums, so that additions need not wait
constexpr std::size_t patience = std::size_t{1} << 16;
constexpr double infinity = std::numeric_limits<double>::infinity();

// 2^-ilogb(value), kept where both it and value times it are normal numbers.
double power_to_one(double value) noexcept {
  return std::ldexp(1.0, std::clamp(-std::ilogb(value), -1022, 1023));
}

// Distinct values, counted up to one more than interests anybody.
class Levels {
 public:
  static constexpr std::size_t few = 3;

  void add(const double* pixels, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count && size_ <= few; ++i) {
      const double pixel = pixels[i];
      if (!std::isfinite(pixel)) continue;
      if (std::find(seen_.begin(), seen_.begin() + static_cast<std::ptrdiff_t>(size_), pixel) ==
          seen_.begin() + static_cast<std::ptrdiff_t>(size_)) {
        seen_[size_++] = pixel;
      }
    }
  }
  std::size_t size() const noexcept { return size_; }

 private:
  std::array<double, few + 1> seen_{};
  std::size_t size_ = 0;
};

}  // namespace

// Of the valid pixels times the scale; `about` is one of them, and what sums are taken about.
struct CentredImage::Sums {
  double about = 0;
  double low = infinity;
  double high = -infinity;
  double sum = 0;       // pixel - about
  double squares = 0;   // (pixel - about)^2
  double absolute = 0;  // |pixel|
  std::int64_t valid = 0;
  std::size_t levels = 0;
};

CentredImage::Sums CentredImage::sweep(double scale, Stopper& stopper) const {
  Sums sums;
  Levels levels;
  std::array<double, run> pixels;
  std::array<double, lanes> low, high, sum{}, squares{}, absolute{}, valid{};
  low.fill(infinity);
  high.fill(-infinity);
  bool found = false;
  std::size_t unasked = 0;  // pixels since the stopper was asked
  for (std::size_t row = 0; row < height(); ++row) {
    for (std::size_t first = 0; first < width(); first += run) {
      const std::size_t count = std::min(run, width() - first);
      unasked += count;
      if (unasked >= patience) {
        stopper.check();
        unasked = 0;
      }
      reader_.read(row, first, count, pixels.data());
      if (scale != 1) {
        for (std::size_t i = 0; i < count; ++i) pixels[i] *= scale;
      }
      for (std::size_t i = 0; !found && i < count; ++i) {
        found = std::isfinite(pixels[i]);
        if (found) sums.about = pixels[i];
      }
      std::fill(pixels.begin() + static_cast<std::ptrdiff_t>(count), pixels.end(), infinity);
      if (levels.size() <= Levels::few) levels.add(pixels.data(), count);
      const double about = sums.about;
      for (std::size_t i = 0; i < count; i += lanes) {
        for (std::size_t k = 0; k < lanes; ++k) {
          const double pixel = pixels[i + k];
          const bool finite = pixel - pixel == 0;
          const double difference = finite ? pixel - about : 0.0;
          low[k] = finite && pixel < low[k] ? pixel : low[k];
          high[k] = finite && pixel > high[k] ? pixel : high[k];
          sum[k] += difference;
          squares[k] += difference * difference;
          absolute[k] += finite ? std::abs(pixel) : 0.0;
          valid[k] += finite ? 1.0 : 0.0;
        }
      }
    }
  }
  for (std::size_t k = 0; k < lanes; ++k) {
    sums.low = std::min(sums.low, low[k]);
    sums.high = std::max(sums.high, high[k]);
    sums.sum += sum[k];
    sums.squares += squares[k];
    sums.absolute += absolute[k];
    sums.valid += static_cast<std::int64_t>(valid[k]);
  }
  sums.levels = levels.size();
  return sums;
}

// First pixel of a value that the sweep has seen.
Place CentredImage::find(double pixel, Stopper& stopper) const {
  std::array<double, run> pixels;
  for (std::size_t row = 0; row < height(); ++row) {
    stopper.check();
    for (std::size_t first = 0; first < width(); first += run) {
      const std::size_t count = std::min(run, width() - first);
      reader_.read(row, first, count, pixels.data());
      for (std::size_t i = 0; i < count; ++i) {
        if (pixels[i] * scale_ == pixel) return {row, first + i};
      }
    }
  }
  return {};
}

CentredImage::CentredImage(const ImageView& view, Stopper& stopper)
    : CentredImage(view, std::nullopt, stopper) {}

CentredImage CentredImage::without_dominant(Stopper& stopper) const {
  return {reader_.view(), dominant_, stopper};
}

CentredImage::CentredImage(const ImageView& view, std::optional<Place> left_out, Stopper& stopper)
    : reader_(view, left_out) {
  const auto size = static_cast<std::int64_t>(height() * width());
  Sums sums = sweep(1, stopper);
  invalid_ = size - sums.valid - (left_out ? 1 : 0);
  if (sums.valid == 0) {
    flags_ = all_invalid;
    return;
  }
  if (sums.low == sums.high) {
    flags_ = no_contrast;
    return;
  }
  if (sums.levels <= Levels::few) flags_ |= few_levels;
  const double largest = std::max(std::abs(sums.low), std::abs(sums.high));
  if (largest > 1e140 || largest < 1e-140) {  // squares of differences would leave the range
    scale_ = power_to_one(largest) * 0.5;     // half: differences of opposite signs stay below 2
    sums = sweep(scale_, stopper);
  }
  const auto count = static_cast<double>(sums.valid);
  const double shift = sums.sum / count;
  offset_ = sums.about + shift;
  const double farthest = std::max(sums.high - offset_, offset_ - sums.low);
  gain_ = power_to_one(farthest);
  const double variance = std::max(0.0, sums.squares / count - shift * shift);
  rms_ = std::sqrt(variance * count / static_cast<double>(size)) * gain_;
  sum_abs_ = (sums.absolute + static_cast<double>(size - sums.valid) * std::abs(offset_)) * gain_;
  if (!left_out && farthest * farthest > 0.5 * variance * count) {
    dominant_ = find(sums.high - offset_ == farthest ? sums.high : sums.low, stopper);
  }
}

bool CentredImage::has_evidence() const noexcept {
  return (flags_ & (all_invalid | no_contrast)) == 0;
}

// In double the rounding that matters is that of the pixels themselves: 16 eps sum|pixel| is above
// its sum over all pixels. Where an offset makes that swallow the image, the pixels' rounding
// errors are taken as what they mostly are, independent: they add up to less than eps sum|pixel| /
// sqrt(h w), of which 4 is above the maximum. In single, pixels are centred (in double) before they
// are rounded, so what matters is the error of the transform: a fraction of eps sqrt(log2(h w)) of
// the rms magnitude of a bin; 2 is above its maximum.
template <class T>
double CentredImage::rounding_floor() const noexcept {
  constexpr double eps = std::numeric_limits<double>::epsilon();
  const auto size = static_cast<double>(height() * width());
  const double usual_bin = std::sqrt(size) * rms_;
  double pixels = 16 * eps * sum_abs_;
  if (pixels > 0.1 * usual_bin) pixels = std::min(pixels, 4 * eps * sum_abs_ / std::sqrt(size));
  if constexpr (sizeof(T) >= sizeof(double)) return pixels;
  const double transform = 2 * static_cast<double>(std::numeric_limits<T>::epsilon()) *
                           std::sqrt(std::log2(std::max(2.0, size))) * usual_bin;
  return std::max(pixels, transform);
}

double CentredImage::centred(double pixel) const noexcept {
  const double value = (pixel * scale_ - offset_) * gain_;
  return value - value == 0 ? value : 0.0;
}

template <class T>
void CentredImage::load_columns(std::size_t first, std::size_t count, std::size_t group,
                                T* out) const {
  const std::size_t rows = height();
  std::array<double, run> pixels;
  static_assert(run >= max_columns);
  for (std::size_t row = 0; row < rows; ++row) {
    reader_.read(row, first, count, pixels.data());
    for (std::size_t done = 0; done < count; done += group) {
      T* line = out + (done / group * rows + row) * group;
      const std::size_t some = std::min(group, count - done);
      for (std::size_t i = 0; i < some; ++i) line[i] = static_cast<T>(centred(pixels[done + i]));
      for (std::size_t i = some; i < group; ++i) line[i] = T(0);
    }
  }
}

template double CentredImage::rounding_floor<float>() const noexcept;
template double CentredImage::rounding_floor<double>() const noexcept;
template void CentredImage::load_columns<float>(std::size_t, std::size_t, std::size_t,
                                                float*) const;
template void CentredImage::load_columns<double>(std::size_t, std::size_t, std::size_t,
                                                 double*) const;

}  // namespace ndreg_preeval::detail
