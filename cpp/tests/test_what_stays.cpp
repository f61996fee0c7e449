// SPDX-License-Identifier: MIT
// What the images of a stack have in common, and what is left without it: the numbers by their
// definitions, slow and plain.
#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/cancellation.hpp"
#include "check.hpp"
#include "images.hpp"
#include "kernel/plane_transform.hpp"
#include "moving_stacks.hpp"
#include "static_pattern/what_stays.hpp"

namespace {

using images::Image;
using images::views;
using moving_stacks::Stack;
using namespace ndreg_preeval;
using Complex = std::complex<double>;

// The whole spectrum, or back: sums over the columns, then over the rows.
std::vector<Complex> transformed(std::vector<Complex> values, std::size_t height, std::size_t width,
                                 int sign) {
  const auto along = [&](std::size_t length, std::size_t stride, std::size_t first) {
    std::vector<Complex> line(length);
    for (std::size_t k = 0; k < length; ++k) {
      for (std::size_t i = 0; i < length; ++i) {
        const double turn = sign * 2 * std::acos(-1.0) * static_cast<double>(i * k % length) /
                            static_cast<double>(length);
        line[k] += values[first + i * stride] * Complex(std::cos(turn), std::sin(turn));
      }
    }
    for (std::size_t k = 0; k < length; ++k) values[first + k * stride] = line[k];
  };
  for (std::size_t x = 0; x < width; ++x) along(height, width, x);
  for (std::size_t y = 0; y < height; ++y) along(width, 1, y * width);
  return values;
}

// Images of no more than 63 pixels along an axis, all valid, are looked at as they are.
struct Definition {
  std::size_t height;
  std::size_t width;
  std::vector<std::vector<double>> pixels;
  std::vector<std::vector<Complex>> spectra;
  std::vector<double> gains;

  explicit Definition(const std::vector<Image>& stack)
      : height(stack[0].height), width(stack[0].width) {
    for (const Image& image : stack) {
      const double mean = std::accumulate(image.pixels.begin(), image.pixels.end(), 0.0) /
                          static_cast<double>(image.size());
      pixels.push_back(image.pixels);
      std::vector<Complex> windowed;
      for (std::size_t i = 0; i < image.size(); ++i) {
        pixels.back()[i] -= mean;
        windowed.emplace_back(pixels.back()[i] * hann(i / width, height) * hann(i % width, width));
      }
      spectra.push_back(transformed(windowed, height, width, -1));
      for (std::size_t i = 0; i < image.size(); ++i) {
        if (is_left_out(i)) spectra.back()[i] = 0;
      }
    }
    find_gains();
  }

  static double hann(std::size_t i, std::size_t n) {
    return 0.5 -
           0.5 * std::cos(2 * std::acos(-1.0) * static_cast<double>(i) / static_cast<double>(n));
  }
  std::array<std::size_t, 2> bin(std::size_t i) const {
    const std::size_t ky = i / width;
    const std::size_t kx = i % width;
    return {std::min(ky, height - ky), std::min(kx, width - kx)};
  }
  bool is_left_out(std::size_t i) const { return bin(i)[0] <= 1 && bin(i)[1] <= 1; }
  bool is_on_axis(std::size_t i) const { return bin(i)[0] <= 1 || bin(i)[1] <= 1; }
  static double squared(std::size_t k, std::size_t n) {
    const double part = static_cast<double>(k) / static_cast<double>(n);
    return part * part;
  }
  // Frequencies are taken in rings of a fortieth of a cycle per pixel.
  double ring(std::size_t i) const {
    return std::floor(40 * std::sqrt(squared(bin(i)[0], height) + squared(bin(i)[1], width)));
  }

  // The products of different images are those of their gains, in the sense of least squares.
  void find_gains() {
    const std::size_t count = spectra.size();
    gains.assign(count, 1.0);
    if (count < 3) return;
    const auto product = [&](std::size_t i, std::size_t j) {
      double sum = 0;
      for (std::size_t k = 0; k < spectra[i].size(); ++k) {
        sum += (spectra[i][k] * std::conj(spectra[j][k])).real();
      }
      return sum;
    };
    for (int round = 0; round < 80; ++round) {
      std::vector<double> next(count);
      for (std::size_t i = 0; i < count; ++i) {
        double above = 0;
        double below = 0;
        for (std::size_t j = 0; j < count; ++j) {
          if (j == i) continue;
          above += product(i, j) * gains[j];
          below += gains[j] * gains[j];
        }
        next[i] = above / below;
      }
      double size = 0;
      for (const double gain : next) size += gain * gain / static_cast<double>(count);
      for (std::size_t i = 0; i < count; ++i) gains[i] = (gains[i] + next[i] / std::sqrt(size)) / 2;
    }
  }

  template <class Values>
  auto common(const Values& values, const std::vector<std::size_t>& some, std::size_t at) const {
    typename Values::value_type::value_type sum = 0;
    double squares = 0;
    for (const std::size_t i : some) {
      sum += gains[i] * values[i][at];
      squares += gains[i] * gains[i];
    }
    return sum / squares;
  }

  std::vector<Complex> rest(std::size_t image) const {
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < spectra.size(); ++i) {
      if (i != image) others.push_back(i);
    }
    std::vector<Complex> left = spectra[image];
    for (std::size_t k = 0; k < left.size(); ++k) {
      left[k] -= gains[image] * common(spectra, others, k);
    }
    return left;
  }

  template <class Value>
  double mean(double low, double high, bool axes, const Value& value) const {
    double sum = 0;
    double bins = 0;
    for (std::size_t k = 0; k < height * width; ++k) {
      if (is_left_out(k) || (!axes && is_on_axis(k))) continue;
      if (ring(k) < 40 * low || ring(k) >= 40 * high) continue;
      sum += value(k);
      bins += 1;
    }
    return sum / bins;
  }
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

double low_over_high(const Definition& stack, double low, double high) {
  std::vector<double> found;
  for (std::size_t i = 0; i < stack.spectra.size(); ++i) {
    const std::vector<Complex> left = stack.rest(i);
    const auto power = [&left](std::size_t k) { return std::norm(left[k]); };
    found.push_back(
        std::log(stack.mean(low, high, true, power) / stack.mean(0.35, 1, true, power)));
  }
  return median(found);
}

std::vector<double> correlogram(const Definition& stack, std::size_t a, std::size_t b) {
  std::vector<std::vector<Complex>> left;
  for (std::size_t i = 0; i < stack.spectra.size(); ++i) left.push_back(stack.rest(i));
  const auto power = [&left](std::size_t k) {
    double sum = 0;
    for (const std::vector<Complex>& one : left) sum += std::norm(one[k]);
    return sum;
  };
  const double noise = stack.mean(0.35, 1, true, power);
  std::vector<Complex> product(left[a].size());
  for (std::size_t k = 0; k < product.size(); ++k) {
    if (stack.is_left_out(k)) continue;
    const double ring = stack.ring(k);
    double sum = 0;
    double bins = 0;
    for (std::size_t j = 0; j < product.size(); ++j) {
      if (stack.is_left_out(j) || stack.ring(j) != ring) continue;
      sum += power(j);
      bins += 1;
    }
    const Complex both = left[a][k] * std::conj(left[b][k]);
    product[k] = both / std::abs(both) * std::max(0.0, 1 - noise * bins / sum);
  }
  std::vector<double> values;
  for (const Complex& value : transformed(product, stack.height, stack.width, 1)) {
    values.push_back(value.real());
  }
  return values;
}

void transforms() {
  for (const auto& [height, width] : {std::array<std::size_t, 2>{16, 16}, {17, 30}, {24, 19}}) {
    const Image image = images::noise(height, width, 3);
    std::vector<Complex> spectrum(height * (width / 2 + 1));
    kernel::transform_plane(height, width, image.pixels.data(), spectrum.data());
    const std::vector<Complex> whole =
        transformed({image.pixels.begin(), image.pixels.end()}, height, width, -1);
    for (std::size_t ky = 0; ky < height; ++ky) {
      for (std::size_t kx = 0; kx <= width / 2; ++kx) {
        const Complex miss = spectrum[ky * (width / 2 + 1) + kx] - whole[ky * width + kx];
        CHECK_NEAR(std::abs(miss), 0, 1e-10);
      }
    }
    std::vector<double> back(image.size());
    kernel::transform_plane_back(height, width, spectrum.data(), back.data());
    for (std::size_t i = 0; i < back.size(); ++i) CHECK_NEAR(back[i], image.pixels[i], 1e-12);
  }
}

void numbers_by_their_definition() {
  for (const bool moves : {false, true}) {
    for (const std::size_t count : {3U, 4U, 6U}) {
      std::vector<Image> images =
          Stack{24, 31, count, moves, 3, moves ? 4.0 : 0.0, static_cast<std::uint32_t>(count)}
              .images();
      for (double& pixel : images[1].pixels) pixel = 2.5 * pixel - 7;  // a change of brightness
      const Definition wanted(images);
      const RunOptions run;
      detail::Cancellation cancellation(run);
      const detail::Planes planes = detail::planes_of(views(images), 1, cancellation);
      for (std::size_t i = 0; i < count; ++i) CHECK_NEAR(planes.gains[i], wanted.gains[i], 1e-9);
      const detail::Residuals residuals(planes, 1, cancellation);
      CHECK_NEAR(residuals.colour().lowest, low_over_high(wanted, 0, 0.075), 1e-8);
      CHECK_NEAR(residuals.colour().low, low_over_high(wanted, 0, 0.125), 1e-8);
      CHECK_NEAR(residuals.colour().middle, low_over_high(wanted, 0.075, 0.2), 1e-8);

      const detail::PairAgreement found = residuals.agreements({{2, 1}}, 1, cancellation)[0];
      const std::vector<double> r = correlogram(wanted, 2, 1);
      double squares = 0;
      double near = 0;
      double far = 0;
      for (std::size_t i = 0; i < r.size(); ++i) {
        squares += r[i] * r[i] / static_cast<double>(r.size());
        const auto place = wanted.bin(i);  // the distance on a ring is what a frequency is
        double& highest = std::max(place[0], place[1]) <= 1 ? near : far;
        highest = std::max(highest, std::abs(r[i]));
      }
      CHECK_NEAR(found.near, near / std::sqrt(squares), 1e-6);
      CHECK_NEAR(std::abs(found.far), far / std::sqrt(squares), 1e-6);
      const auto y = static_cast<std::size_t>(found.dy + (found.dy < 0 ? 24 : 0));
      const auto x = static_cast<std::size_t>(found.dx + (found.dx < 0 ? 31 : 0));
      CHECK_NEAR(found.far, r[y * 31 + x] / std::sqrt(squares), 1e-6);

      const detail::CommonScene common = detail::common_scene(planes, cancellation);
      std::vector<std::size_t> even;
      std::vector<std::size_t> odd;
      for (std::size_t i = 0; i < count; ++i) (i % 2 == 0 ? even : odd).push_back(i);
      const auto alike = [&](std::size_t k) {
        return (wanted.common(wanted.spectra, even, k) *
                std::conj(wanted.common(wanted.spectra, odd, k)))
            .real();
      };
      const auto size = [&](std::size_t k) {
        return (std::norm(wanted.common(wanted.spectra, even, k)) +
                std::norm(wanted.common(wanted.spectra, odd, k))) /
               2;
      };
      const auto coherence = [&](double low, double high) {
        return wanted.mean(low, high, false, alike) / wanted.mean(low, high, false, size);
      };
      CHECK_NEAR(common.coherence, std::max(coherence(0.075, 0.15), coherence(0.125, 0.25)), 1e-8);
      const double high = wanted.mean(0.25, 1, false, alike);
      if (high > 0) {
        CHECK_NEAR(common.slope, std::log(wanted.mean(0.05, 0.125, false, alike) / high), 1e-6);
      }
    }
  }
}

}  // namespace

int main() {
  return check::run(
      {{"transforms", transforms}, {"numbers by their definition", numbers_by_their_definition}});
}
