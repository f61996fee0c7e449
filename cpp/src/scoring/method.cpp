// SPDX-License-Identifier: MIT
#include <ndreg_preeval/method.hpp>

#include <array>
#include <stdexcept>
#include <utility>

namespace ndreg_preeval {
namespace {

Method evidence() {
  Method method;
  method.options.ignore_hot_pixel = true;
  return method;
}

Method plain() {
  Method method = evidence();
  method.options.normalization = Normalization::none;
  method.options.keep_mean = true;
  return method;
}

Method robust() {
  Method method;
  method.options.opinion = {Window::hann, 8, 0.15};
  method.options.judgement = Judgement::ratio;
  method.options.ignore_hot_pixel = true;
  method.aggregation = Aggregation::harmonic_mean;
  return method;
}

Method documented() {
  Method method;
  method.options.confirm = false;
  method.statistic = Statistic::peak_to_mean;
  method.aggregation = Aggregation::mean;
  return method;
}

Method original() {
  Method method = documented();
  // Its min-max normalisation leaves the mean in.
  method.options.keep_mean = true;
  method.statistic = Statistic::peak_minus_mean;
  method.include_reference = true;
  return method;
}

constexpr std::array<std::pair<const char*, Method (*)()>, 5> named{{{"evidence", evidence},
                                                                     {"plain", plain},
                                                                     {"robust", robust},
                                                                     {"peak_to_mean", documented},
                                                                     {"ewoksndreg", original}}};

}  // namespace

Method method_named(const std::string& name) {
  std::string names;
  for (const auto& [known, make] : named) {
    if (name == known) return make();
    names += names.empty() ? "'" : ", '";
    names += known;
    names += '\'';
  }
  throw std::invalid_argument("method must be one of " + names + ", not '" + name.substr(0, 200) +
                              "'");
}

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  names.reserve(named.size());
  for (const auto& [name, make] : named) names.emplace_back(name);
  return names;
}

bool scores_are_chances(const Method& method) noexcept {
  return method.statistic == Statistic::probability &&
         method.options.judgement == Judgement::evidence &&
         method.aggregation == Aggregation::every_image;
}

double statistic_of(const PairScore& score, Statistic statistic) {
  switch (statistic) {
    case Statistic::probability:
      return score.probability;
    case Statistic::peak_to_mean:
      return peak_to_mean(score);
    case Statistic::peak_minus_mean:
      return score.peak - score.mean;
  }
  throw std::invalid_argument("unknown statistic");
}

}  // namespace ndreg_preeval
