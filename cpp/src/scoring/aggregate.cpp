// SPDX-License-Identifier: MIT
#include <ndreg_preeval/aggregate.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace ndreg_preeval {
namespace {

// Below it, how bad an image is no longer matters; it also keeps one image from hiding the rest.
constexpr double floor_value = 1e-4;

constexpr double infinity = std::numeric_limits<double>::infinity();

double harmonic_mean(const std::vector<double>& values) {
  if (std::all_of(values.begin(), values.end(), [](double value) { return value <= 0; })) return 0;
  double sum = 0;
  for (const double value : values) sum += 1 / std::max(value, floor_value);
  return static_cast<double>(values.size()) / sum;
}

// Images of a stack fail together: their probabilities do not multiply. A fit to known stacks of
// k images; of one image it is its probability.
double every_image(const std::vector<double>& values) {
  if (values.size() == 1) return std::clamp(values.front(), 0.0, 1.0);
  const double h = std::clamp(harmonic_mean(values), 0.0, 1.0);
  if (h == 0 || h == 1) return h;
  const auto k = static_cast<double>(values.size());
  const double others = 1 - 1 / k;
  const double log_odds = (1 + 0.4 * others) * (std::log(h) - std::log1p(-h));
  return 1 / (1 + std::exp(1.1 * others + 0.3 * std::log(k) - log_odds));
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  if (values.size() % 2 != 0) return values[half];
  return values[half - 1] + 0.5 * (values[half] - values[half - 1]);
}

// Probabilities below it tell nothing about each other.
constexpr double meaningless_below = 0.05;
constexpr double typical_peak_to_mean = 30;

void check_finite(const std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      throw std::invalid_argument("value " + std::to_string(i) + " must be finite");
    }
  }
}

}  // namespace

double aggregate(const std::vector<double>& values, Aggregation how) {
  check_finite(values);
  if (values.empty()) return 0;
  switch (how) {
    case Aggregation::harmonic_mean:
      return harmonic_mean(values);
    case Aggregation::mean:
      return mean(values);
    case Aggregation::minimum:
      return *std::min_element(values.begin(), values.end());
    case Aggregation::median:
      return median(values);
    case Aggregation::every_image:
      return every_image(values);
  }
  throw std::invalid_argument("unknown aggregation");
}

double score_from_chance(double chance, const std::vector<double>& peak_to_mean) {
  check_finite({chance});
  check_finite(peak_to_mean);
  if (chance >= meaningless_below) return chance;
  double sum = 0;
  for (const double ratio : peak_to_mean) sum += ratio > 0 ? 1 / ratio : infinity;
  if (peak_to_mean.empty() || !std::isfinite(sum)) return 0;
  const double h = static_cast<double>(peak_to_mean.size()) / sum;
  return meaningless_below * h / (h + typical_peak_to_mean);
}

}  // namespace ndreg_preeval
