// SPDX-License-Identifier: MIT
#include "static_pattern/residuals.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernel/plane_transform.hpp"
#include "threads/parallel.hpp"

namespace ndreg_preeval::detail {
namespace {

// Of the power of an image, this is what rounding leaves of nothing.
constexpr double nothing = 1e-20;

constexpr double smallest = 1e-300;  // for logarithms and ratios

double squared_size(std::complex<double> value) noexcept {
  return value.real() * value.real() + value.imag() * value.imag();
}

// Mean power above 0.35 cycles per pixel: noise.
constexpr double high_from = 0.35;
constexpr double highest = 1;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// The highest of a correlogram, near zero shift and elsewhere.
PairAgreement highest_of(const Plane& correlogram, std::size_t height, std::size_t width) {
  const auto shift = [](std::size_t index, std::size_t length) {
    const auto n = static_cast<std::int64_t>(length);
    const auto i = static_cast<std::int64_t>(index);
    return i < (n + 1) / 2 ? i : i - n;
  };
  PairAgreement found;
  double squares = 0;
  for (std::size_t y = 0; y < height; ++y) {
    const std::int64_t dy = shift(y, height);
    for (std::size_t x = 0; x < width; ++x) {
      const double value = correlogram[y * width + x];
      squares += value * value;
      const std::int64_t dx = shift(x, width);
      if (std::abs(dy) <= 1 && std::abs(dx) <= 1) {
        found.near = std::max(found.near, std::abs(value));
      } else if (std::abs(value) > std::abs(found.far)) {
        found.far = value;
        found.dy = dy;
        found.dx = dx;
      }
    }
  }
  const double rms = std::sqrt(squares / static_cast<double>(correlogram.size()));
  if (!(rms > 0)) return {};
  found.near /= rms;
  found.far /= rms;
  return found;
}

}  // namespace

Residuals::Residuals(const Planes& planes, std::size_t threads, Cancellation& cancellation)
    : planes_(planes), rests_(planes.count()), powers_(planes.count()) {
  const std::size_t count = planes.count();
  Spectrum sum(planes.frequencies.size(), 0.0);  // of all images, each times its gain
  double squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    cancellation.check();
    const double gain = planes.gains[i];
    const Spectrum& own = planes.spectra[i];
    for (std::size_t at = 0; at < sum.size(); ++at) sum[at] += gain * own[at];
    squares += gain * gain;
  }
  planes.frequencies.for_each(
      [&](std::size_t /*at*/, std::size_t ring, double weight) { bins_[ring] += weight; });
  for_each_index(count, threads, cancellation, [&](std::size_t i, std::size_t /*thread*/) {
    cancellation.check();
    rests_[i] = rest_of(i, sum, squares);
    powers_[i] = powers_of(rests_[i]);
  });
  weigh_rings();
  std::vector<Colour> colours;
  colours.reserve(count);
  for (std::size_t i = 0; i < count; ++i) colours.push_back(colour_of(i));
  const auto median_of = [&colours](double Colour::* part) {
    std::vector<double> values;
    values.reserve(colours.size());
    for (const Colour& colour : colours) values.push_back(colour.*part);
    return median(std::move(values));
  };
  colour_ = {median_of(&Colour::lowest), median_of(&Colour::low), median_of(&Colour::middle)};
}

Spectrum Residuals::rest_of(std::size_t image, const Spectrum& sum, double squares) const {
  const double gain = planes_.gains[image];
  const double others = squares - gain * gain;
  const double share = others > 0 ? gain / others : 0;
  Spectrum rest = planes_.spectra[image];
  for (std::size_t at = 0; at < rest.size(); ++at) rest[at] -= share * (sum[at] - gain * rest[at]);
  return rest;
}

bool Residuals::is_nothing(std::size_t image) const noexcept {
  return powers_[image].between(0, highest) <= nothing * planes_.own_powers[image];
}

bool Residuals::anything() const noexcept {
  std::size_t some = 0;
  for (std::size_t i = 0; i < planes_.count(); ++i) some += is_nothing(i) ? 0U : 1U;
  return 2 * some > planes_.count();
}

RingSums Residuals::powers_of(const Spectrum& rest) const {
  RingSums powers;
  planes_.frequencies.for_each([&](std::size_t at, std::size_t ring, double weight) {
    powers[ring] += weight * squared_size(rest[at]);
  });
  return powers;
}

Colour Residuals::colour_of(std::size_t image) const {
  const auto mean = [&](double low, double high) {
    return powers_[image].between(low, high) / std::max(bins_.between(low, high), 1.0);
  };
  const double high = mean(high_from, highest);
  if (is_nothing(image) || !(high > 0)) return {};
  const auto over_high = [&](double from, double to) {
    return std::log(std::max(mean(from, to), smallest) / high);
  };
  return {over_high(0, 0.075), over_high(0, 0.125), over_high(0.075, 0.2)};
}

// Noise is what high frequencies have: a moving scene is to be found where there is more.
void Residuals::weigh_rings() {
  RingSums powers;
  for (const RingSums& image : powers_) {
    for (std::size_t ring = 0; ring < Frequencies::rings; ++ring) powers[ring] += image[ring];
  }
  const double noise =
      powers.between(high_from, highest) / std::max(bins_.between(high_from, highest), 1.0);
  for (std::size_t ring = 0; ring < Frequencies::rings; ++ring) {
    const double mean = powers[ring] / std::max(bins_[ring], 1.0);
    weights_[ring] = std::clamp(1 - noise / std::max(mean, smallest), 0.0, 1.0);
  }
}

double Residuals::frequencies() const noexcept {
  double sum = 0;
  for (std::size_t ring = 0; ring < Frequencies::rings; ++ring) sum += weights_[ring] * bins_[ring];
  return sum;
}

PairAgreement Residuals::agreement(const Pair& pair, Cancellation& cancellation) const {
  if (is_nothing(pair[0]) || is_nothing(pair[1])) return {};
  cancellation.check();
  const Spectrum& one = rests_[pair[0]];
  const Spectrum& other = rests_[pair[1]];
  Spectrum product(planes_.frequencies.size(), 0.0);
  planes_.frequencies.for_each([&](std::size_t at, std::size_t ring, double /*weight*/) {
    if (!(weights_[ring] > 0)) return;
    const std::complex<double> first = one[at];
    const std::complex<double> second = other[at];
    const std::complex<double> both{first.real() * second.real() + first.imag() * second.imag(),
                                    first.imag() * second.real() - first.real() * second.imag()};
    const double size = std::sqrt(squared_size(both));
    if (size > 0) product[at] = weights_[ring] / size * both;
  });
  cancellation.check();
  Plane correlogram(planes_.height * planes_.width);
  kernel::transform_plane_back(planes_.height, planes_.width, product.data(), correlogram.data());
  return highest_of(correlogram, planes_.height, planes_.width);
}

std::vector<PairAgreement> Residuals::agreements(const std::vector<Pair>& pairs,
                                                 std::size_t threads,
                                                 Cancellation& cancellation) const {
  std::vector<PairAgreement> found(pairs.size());
  for_each_index(pairs.size(), threads, cancellation, [&](std::size_t i, std::size_t /*thread*/) {
    found[i] = agreement(pairs[i], cancellation);
  });
  return found;
}

}  // namespace ndreg_preeval::detail
