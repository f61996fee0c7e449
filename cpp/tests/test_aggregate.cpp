// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <ndreg_preeval/aggregate.hpp>

#include "check.hpp"

namespace {

using ndreg_preeval::aggregate;
using ndreg_preeval::Aggregation;

void known_values() {
  const std::vector<double> values{0.5, 0.25, 1.0, 0.5};
  CHECK_NEAR(aggregate(values, Aggregation::harmonic_mean), 4.0 / 9.0, 1e-15);
  CHECK_NEAR(aggregate(values, Aggregation::mean), 0.5625, 0);
  CHECK_NEAR(aggregate(values, Aggregation::minimum), 0.25, 0);
  CHECK_NEAR(aggregate(values, Aggregation::median), 0.5, 0);
  CHECK_NEAR(aggregate({3, 1, 2}, Aggregation::median), 2, 0);
  CHECK_NEAR(aggregate({4, 1}, Aggregation::median), 2.5, 0);
}

void harmonic_mean_of_small_values() {
  // Values below 1e-4 count as 1e-4, so that one bad image does not hide the others ...
  CHECK_NEAR(aggregate({1, 0}, Aggregation::harmonic_mean), 2 / (1 + 1e4), 1e-15);
  CHECK_NEAR(aggregate({1, 1e-9}, Aggregation::harmonic_mean), 2 / (1 + 1e4), 1e-15);
  CHECK(aggregate({1, 0}, Aggregation::harmonic_mean) <
        aggregate({1, 1, 0}, Aggregation::harmonic_mean));
  // ... but a stack without any evidence has none.
  CHECK_NEAR(aggregate({0, 0, 0}, Aggregation::harmonic_mean), 0, 0);
  CHECK_NEAR(aggregate({-1, 0}, Aggregation::harmonic_mean), 0, 0);
}

// As known stacks of k images were: odds (h / (1 - h))^(1 + 0.4 q) e^(-1.1 q) k^-0.3.
double odds_of_all(double h, double k) {
  const double q = 1 - 1 / k;
  return std::pow(h / (1 - h), 1 + 0.4 * q) * std::exp(-1.1 * q) * std::pow(k, -0.3);
}

void every_image() {
  for (const double k : {2.0, 3.0, 5.0, 200.0}) {
    for (const double p : {0.02, 0.5, 0.9, 0.999}) {
      const std::vector<double> values(static_cast<std::size_t>(k), p);
      const double odds = odds_of_all(p, k);
      CHECK_NEAR(aggregate(values, Aggregation::every_image), odds / (1 + odds), 1e-12);
      CHECK(aggregate(values, Aggregation::every_image) < p || p == 0.999);
    }
  }
  // One image is itself, whatever is taken for 1e-4 among others.
  for (const double p : {0.0, 1e-9, 0.3, 0.77, 1.0}) {
    CHECK_NEAR(aggregate({p}, Aggregation::every_image), p, 0);
  }
  std::vector<double> long_stack(1000, 0.999);
  const double most = aggregate(long_stack, Aggregation::every_image);
  CHECK(most > 0.99 && most <= 0.999);
  long_stack[7] = 0.02;
  const double one_bad = aggregate(long_stack, Aggregation::every_image);
  CHECK(one_bad > 0.02 && one_bad < 0.8);
  CHECK_NEAR(aggregate({1, 1}, Aggregation::every_image), 1, 0);
  CHECK_NEAR(aggregate({0, 0}, Aggregation::every_image), 0, 0);
  CHECK(aggregate({1, 0}, Aggregation::every_image) < 1e-4);
  CHECK_NEAR(aggregate({}, Aggregation::every_image), 0, 0);
}

void nothing_and_one() {
  for (const auto how :
       {Aggregation::harmonic_mean, Aggregation::mean, Aggregation::minimum, Aggregation::median}) {
    CHECK_NEAR(aggregate({}, how), 0, 0);
    CHECK_NEAR(aggregate({0.75}, how), 0.75, 1e-15);
  }
}

void extremes() {
  const double largest = std::numeric_limits<double>::max();
  CHECK_NEAR(aggregate({largest, largest}, Aggregation::median), largest, 0);
  CHECK_NEAR(aggregate({-largest, largest}, Aggregation::minimum), -largest, 0);
}

void refusals() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS(std::invalid_argument, aggregate({1, nan}, Aggregation::mean), "value 1", "finite");
  CHECK_THROWS(std::invalid_argument, aggregate({infinity}, Aggregation::minimum), "value 0");
  CHECK_THROWS(std::invalid_argument, aggregate({1}, static_cast<Aggregation>(77)), "aggregation");
}

}  // namespace

int main() {
  return check::run({{"known values", known_values},
                     {"harmonic mean of small values", harmonic_mean_of_small_values},
                     {"every image", every_image},
                     {"nothing and one", nothing_and_one},
                     {"extremes", extremes},
                     {"refusals", refusals}});
}
