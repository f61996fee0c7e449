// SPDX-License-Identifier: MIT
#include "oracle.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>

namespace oracle {
namespace {

using images::Image;
using ndreg_preeval::Filter;
using ndreg_preeval::Judgement;
using ndreg_preeval::Normalization;
using ndreg_preeval::Options;
using ndreg_preeval::PairScore;
using ndreg_preeval::split_peak;
using ndreg_preeval::Window;
using ndreg_preeval::wrapped;
using Real = long double;
using Complex = std::complex<Real>;
using Spectrum = std::vector<Complex>;  // row after row

const Real pi = std::acos(Real{-1});

// What a bin must exceed to be more than rounding noise, and the image without its mean.
struct Centred {
  std::vector<Real> pixels;
  Real mean = 0;
  Real norm = 0;
  Real floor = 0;
  bool evidence = false;
};

Centred centre(const Image& image) {
  Centred centred;
  Real sum = 0;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  std::size_t valid = 0;
  for (const double pixel : image.pixels) {
    if (!std::isfinite(pixel)) continue;
    sum += pixel;
    low = std::min(low, pixel);
    high = std::max(high, pixel);
    ++valid;
  }
  centred.evidence = valid > 0 && low != high;
  const Real mean = valid > 0 ? sum / static_cast<Real>(valid) : 0;
  Real absolute = 0;
  for (const double pixel : image.pixels) {
    const Real filled = std::isfinite(pixel) ? pixel : mean;
    centred.pixels.push_back(filled - mean);
    absolute += std::abs(filled);
  }
  centred.mean = mean;
  for (const Real pixel : centred.pixels) centred.norm += pixel * pixel;
  centred.norm = std::sqrt(centred.norm);
  centred.floor = 16 * std::numeric_limits<double>::epsilon() * absolute;
  return centred;
}

Real hann(std::size_t k, std::size_t length, const Filter& filter) {
  if (filter.window == Window::none || length < filter.window_from) return 1;
  return 0.5L - 0.5L * std::cos(2 * pi * static_cast<Real>(k) / static_cast<Real>(length));
}

// Every output of one axis from every input of it.
Spectrum transform(const Spectrum& values, std::size_t height, std::size_t width, int sign) {
  const auto turn = [sign](std::size_t step, std::size_t length) {
    return std::polar(Real{1}, static_cast<Real>(sign) * 2 * pi * static_cast<Real>(step % length) /
                                   static_cast<Real>(length));
  };
  Spectrum rows(values.size());
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t k = 0; k < width; ++k) {
      for (std::size_t x = 0; x < width; ++x) {
        rows[y * width + k] += values[y * width + x] * turn(k * x, width);
      }
    }
  }
  Spectrum both(values.size());
  for (std::size_t k = 0; k < height; ++k) {
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        both[k * width + x] += rows[y * width + x] * turn(k * y, height);
      }
    }
  }
  return both;
}

// Unit phases, or bins over the norm of the image; 0 where there is only rounding noise.
Spectrum bins(const Image& image, const Centred& centred, const Filter& filter, bool plain) {
  const std::size_t height = image.height;
  const std::size_t width = image.width;
  Spectrum values(centred.pixels.begin(), centred.pixels.end());
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      values[y * width + x] *= hann(y, height, filter) * hann(x, width, filter);
    }
  }
  Spectrum spectrum = transform(values, height, width, -1);
  for (Complex& bin : spectrum) {
    const Real size = std::abs(bin);
    bin = size > centred.floor ? bin / (plain ? centred.norm : size) : Complex{};
  }
  return spectrum;
}

Real low_pass(std::size_t ky, std::size_t kx, const Image& image, double cutoff) {
  const auto cycles = [](std::size_t k, std::size_t length) {
    return static_cast<Real>(std::min(k, length - k)) / static_cast<Real>(length);
  };
  const Real fy = cycles(ky, image.height);
  const Real fx = cycles(kx, image.width);
  return std::exp(-(fy * fy + fx * fx) / (2 * Real{cutoff} * Real{cutoff}));
}

std::size_t apart(std::size_t a, std::size_t b, std::size_t length) {
  const std::size_t d = a > b ? a - b : b - a;
  return std::min(d, length - d);
}

// Highest value where the test says so, 0 where it never does.
template <class Test>
double highest(const std::vector<double>& r, const Image& image, Test&& counts) {
  double best = -std::numeric_limits<double>::infinity();
  for (std::size_t y = 0; y < image.height; ++y) {
    for (std::size_t x = 0; x < image.width; ++x) {
      if (counts(y, x)) best = std::max(best, r[y * image.width + x]);
    }
  }
  return std::isinf(best) ? 0 : best;
}

double over(double a, double b) {
  return std::clamp((a + 1e-6) / (b + 1e-6), std::exp(-12.0), std::exp(12.0));
}

double squashed(double odds) {
  return odds <= std::exp(4.0) ? odds : std::exp(4.0) * (1 + std::log(odds) - 4);
}

// 0: at zero shift, 1: near it, 2: on one of the axes through it, 3: elsewhere.
std::size_t place_of(std::size_t peak, const Image& image) {
  const std::size_t dy = apart(peak / image.width, 0, image.height);
  const std::size_t dx = apart(peak % image.width, 0, image.width);
  if (dy <= 2 && dx <= 2) return dy + dx == 0 ? 0 : 1;
  return dy == 0 || dx == 0 ? 2 : 3;
}

// Odds by the fitted model.
double evidence(const PairScore& score, std::size_t place) {
  if (score.opinion <= 0 || score.opinion_second <= 0) return 0;
  constexpr double factors[4][5] = {{-2.82, 2.41, 1.62, 1.62, 0.1},
                                    {-1.71, 0.95, 2.69, 1.21, -0.24},
                                    {-2.95, 3.36, 1.30, 1.44, -0.31},
                                    {-6.39, 2.66, 1.64, 3.86, 1.91}};
  const auto& times = factors[place];
  const bool others = score.opinion_moved > 0;
  const double moved = over(score.opinion, others ? score.opinion_moved : score.opinion_second);
  const double noise = over(score.peak, score.rms);
  double odds = std::exp(times[0]) * std::pow(moved, times[1]) * std::pow(noise, times[4]);
  odds *= std::pow(over(score.opinion, score.opinion_second), times[2]);
  odds *= std::pow(over(score.opinion, score.opinion_rms) / noise, times[3]);
  if (place == 0) {
    odds *= std::exp(0.91 - 5.50 * std::min(score.peak, 1.0)) / std::pow(moved, 1.43);
    odds *= std::pow(1.02 - std::min(score.peak, 1.0), 0.58);
  }
  return squashed(odds);
}

// Whether a second peak lies two pixels beside the one at a place, along an axis.
template <class Test>
bool is_split(const std::vector<double>& values, const Image& image, std::size_t peak, double rms,
              Test&& allowed) {
  const double sign = values[peak] < 0 ? -1 : 1;
  const auto second_peak = [&](std::size_t rows, std::size_t columns) {
    const auto at = [&](std::size_t steps) {
      return (peak / image.width + steps * rows) % image.height * image.width +
             (peak % image.width + steps * columns) % image.width;
    };
    const double second = sign * values[at(2)];
    const double between = std::max(0.0, sign * values[at(1)]);
    return at(2) != 0 && allowed(at(2) / image.width, at(2) % image.width) &&
           second > 0.7 * std::abs(values[peak]) && between < 0.75 * second &&
           second - between > 3 * rms;
  };
  return (image.height >= 5 && (second_peak(1, 0) || second_peak(image.height - 1, 0))) ||
         (image.width >= 5 && (second_peak(0, 1) || second_peak(0, image.width - 1)));
}

// The same for aligners by plain cross-correlation.
double plain_evidence(const PairScore& score, std::size_t place, double pixels) {
  if (score.opinion <= 0 || score.opinion_second <= 0) return 0;
  constexpr double factors[4][3] = {
      {-0.85, 0.26, 0.63}, {-0.38, 1.11, 0.71}, {-1.45, 2.25, 0.70}, {-1.12, 2.08, 1.16}};
  const auto& times = factors[place];
  const bool others = score.opinion_moved > 0;
  const double moved = over(score.opinion, others ? score.opinion_moved : score.opinion_second);
  const double gap = std::max(0.0, score.peak - score.second_peak) * std::sqrt(pixels) + 0.01;
  return squashed(std::exp(times[0]) * std::pow(moved, times[1]) * std::pow(gap, times[2]));
}

}  // namespace

namespace {

// Signed values.
std::vector<Real> correlate(const Image& reference, const Image& image, const Filter& filter,
                            bool keep_mean, bool plain) {
  const Centred first = centre(reference);
  const Centred second = centre(image);
  std::vector<Real> r(image.size(), 0.0);
  if (!first.evidence || !second.evidence) return r;
  Spectrum cross = bins(reference, first, filter, plain);
  const Spectrum other = bins(image, second, filter, plain);
  for (std::size_t ky = 0; ky < image.height; ++ky) {
    for (std::size_t kx = 0; kx < image.width; ++kx) {
      const std::size_t k = ky * image.width + kx;
      cross[k] *= std::conj(other[k]) * low_pass(ky, kx, image, filter.cutoff);
    }
  }
  if (keep_mean) cross[0] = 1;
  const Spectrum values = transform(cross, image.height, image.width, 1);
  for (std::size_t i = 0; i < r.size(); ++i) {
    r[i] = values[i].real() / static_cast<Real>(r.size());
  }
  return r;
}

bool within(std::size_t at, const Image& image, double max_shift) {
  return static_cast<double>(apart(at / image.width, 0, image.height)) <= max_shift &&
         static_cast<double>(apart(at % image.width, 0, image.width)) <= max_shift;
}

}  // namespace

std::vector<double> correlogram(const Image& reference, const Image& image, const Filter& filter,
                                bool keep_mean) {
  std::vector<double> r;
  for (const Real value : correlate(reference, image, filter, keep_mean, false)) {
    r.push_back(static_cast<double>(std::abs(value)));
  }
  return r;
}

Followed followed(const Image& reference, const Image& image, const Options& options) {
  Followed found;
  if (options.normalization == Normalization::phase) {
    found.r = correlogram(reference, image, options.aligner, options.keep_mean);
    found.strength = found.r;
    for (const Real value :
         correlate(reference, image, options.aligner, options.keep_mean, false)) {
      found.values.push_back(static_cast<double>(value));
    }
    return found;
  }
  const std::vector<Real> x = correlate(reference, image, options.aligner, false, true);
  Real most = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    found.strength.push_back(static_cast<double>(std::abs(x[i])));
    if (within(i, image, options.max_shift)) most = std::max(most, std::abs(x[i]));
  }
  Real level = 0;
  if (options.keep_mean && most > 0) {
    const Centred first = centre(reference);
    const Centred second = centre(image);
    const Real means = first.mean * second.mean * static_cast<Real>(x.size());
    level = std::clamp(means / (first.norm * second.norm), -most, most);
  }
  for (const Real value : x) {
    found.r.push_back(static_cast<double>(std::abs(level + value) - std::abs(level)));
    found.values.push_back(static_cast<double>(value));
  }
  return found;
}

PairScore score(const Image& reference, const Image& image, const Options& options) {
  PairScore result;
  for (const double pixel : image.pixels) result.invalid_pixels += std::isfinite(pixel) ? 0 : 1;
  const Followed aligner = followed(reference, image, options);
  const std::vector<double>& r = aligner.r;
  const auto pixels = static_cast<double>(r.size());
  for (const double value : aligner.strength) {
    result.mean += value / pixels;
    result.rms += value * value / pixels;
  }
  result.rms = std::sqrt(result.rms);
  const auto allowed = [&](std::size_t y, std::size_t x) {
    return within(y * image.width + x, image, options.max_shift);
  };
  result.peak = highest(r, image, allowed);
  if (result.rms == 0) return result;
  result.zero_peak = r[0];

  std::size_t peak = 0;
  while (r[peak] != result.peak || !within(peak, image, options.max_shift)) ++peak;
  const auto near = [&](std::size_t y, std::size_t x, std::size_t distance) {
    return apart(y, peak / image.width, image.height) <= distance &&
           apart(x, peak % image.width, image.width) <= distance;
  };
  const auto outside = [&](std::size_t y, std::size_t x) {
    return allowed(y, x) && !near(y, x, 2);
  };
  result.second_peak = highest(r, image, outside);

  double places = 0;
  for (std::size_t i = 0; i < r.size(); ++i) {
    places += within(i, image, options.max_shift) ? 1 : 0;
  }
  const double alone = result.peak <= 0 ? 0 : std::erf(result.peak / result.rms / std::sqrt(2.0));
  result.p_value = 1 - std::pow(alone, places);

  if (options.confirm) {
    const std::vector<double> opinion = correlogram(reference, image, options.opinion);
    const auto near_zero = [&](std::size_t y, std::size_t x, std::size_t distance) {
      return apart(y, 0, image.height) <= distance && apart(x, 0, image.width) <= distance;
    };
    result.opinion =
        highest(opinion, image, [&](std::size_t y, std::size_t x) { return near(y, x, 1); });
    result.opinion_zero =
        highest(opinion, image, [&](std::size_t y, std::size_t x) { return near_zero(y, x, 1); });
    result.opinion_second = highest(opinion, image, outside);
    result.opinion_moved = highest(opinion, image, [&](std::size_t y, std::size_t x) {
      return outside(y, x) && !near_zero(y, x, 2);
    });
    for (const double value : opinion) result.opinion_rms += value * value / pixels;
    result.opinion_rms = std::sqrt(result.opinion_rms);
    const double elsewhere = result.opinion_second;
    result.confirmation = elsewhere > 0 ? result.opinion / elsewhere : 0;
    const double q = result.confirmation;
    const double odds = result.peak <= 0                        ? 0
                        : options.judgement == Judgement::ratio ? q * q / 2.25
                        : options.normalization == Normalization::none
                            ? plain_evidence(result, place_of(peak, image), pixels)
                            : evidence(result, place_of(peak, image));
    result.probability = odds / (1 + odds);
    if (options.normalization == Normalization::phase &&
        is_split(aligner.values, image, peak, result.rms, allowed)) {
      result.flags |= split_peak;
      result.probability *= 0.3;
    }
  }
  const auto nearest = [](std::size_t at, std::size_t length) {
    return static_cast<int>(at > length / 2 ? at - length : at);
  };
  std::pair<int, int> shift{nearest(peak / image.width, image.height),
                            nearest(peak % image.width, image.width)};
  if (result.probability >= 0.1 && result.p_value <= 0.01) {
    const double sign = aligner.values[peak] < 0 ? -1 : 1;
    const auto found = true_shift(reference, image, shift, sign, options.max_shift);
    if (found != shift) {
      shift = found;
      result.flags |= wrapped;
      result.probability *= 0.02;
    }
  }
  result.peak_dy = shift.first;
  result.peak_dx = shift.second;
  return result;
}

}  // namespace oracle
