// SPDX-License-Identifier: MIT
// Names of the values of enumerations, for those who choose by text: C and Python.
//
// It is all inline, so that the Python module can use it beside a shared library, too, which hides
// what is not public.
#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include <ndreg_preeval/aggregate.hpp>
#include <ndreg_preeval/method.hpp>
#include <ndreg_preeval/options.hpp>

namespace ndreg_preeval::detail {

// In the order of the values; null behind the last one.
using Names = std::array<const char*, 5>;

inline constexpr Names precisions{"single", "double", "auto"};
inline constexpr Names normalizations{"phase", "none"};
inline constexpr Names windows{"none", "hann"};
inline constexpr Names judgements{"ratio", "evidence"};
inline constexpr Names statistics{"probability", "peak_to_mean", "peak_minus_mean"};
inline constexpr Names aggregations{"harmonic_mean", "mean", "minimum", "median", "every_image"};

constexpr const Names& names_of(Precision /*any*/) { return precisions; }
constexpr const Names& names_of(Normalization /*any*/) { return normalizations; }
constexpr const Names& names_of(Window /*any*/) { return windows; }
constexpr const Names& names_of(Judgement /*any*/) { return judgements; }
constexpr const Names& names_of(Statistic /*any*/) { return statistics; }
constexpr const Names& names_of(Aggregation /*any*/) { return aggregations; }

template <class Enum>
constexpr const char* name_of(Enum value) {
  return names_of(value)[static_cast<std::size_t>(value)];
}

static_assert(std::string_view(name_of(Precision::single_)) == "single");
static_assert(std::string_view(name_of(Precision::double_)) == "double");
static_assert(std::string_view(name_of(Precision::automatic)) == "auto");
static_assert(std::string_view(name_of(Normalization::phase)) == "phase");
static_assert(std::string_view(name_of(Normalization::none)) == "none");
static_assert(std::string_view(name_of(Window::none)) == "none");
static_assert(std::string_view(name_of(Window::hann)) == "hann");
static_assert(std::string_view(name_of(Judgement::ratio)) == "ratio");
static_assert(std::string_view(name_of(Judgement::evidence)) == "evidence");
static_assert(std::string_view(name_of(Statistic::probability)) == "probability");
static_assert(std::string_view(name_of(Statistic::peak_to_mean)) == "peak_to_mean");
static_assert(std::string_view(name_of(Statistic::peak_minus_mean)) == "peak_minus_mean");
static_assert(std::string_view(name_of(Aggregation::harmonic_mean)) == "harmonic_mean");
static_assert(std::string_view(name_of(Aggregation::mean)) == "mean");
static_assert(std::string_view(name_of(Aggregation::minimum)) == "minimum");
static_assert(std::string_view(name_of(Aggregation::median)) == "median");
static_assert(std::string_view(name_of(Aggregation::every_image)) == "every_image");

// The place of a name among those; `what` names the argument in the message.
// Throws std::invalid_argument where it is none of them.
inline std::size_t place_among(const Names& names, std::string_view text, const std::string& what) {
  std::string listed;
  for (std::size_t i = 0; i < names.size() && names[i] != nullptr; ++i) {
    if (text == names[i]) return i;
    listed += (listed.empty() ? "'" : ", '") + std::string(names[i]) + "'";
  }
  throw std::invalid_argument(what + " must be one of " + listed + ", not '" +
                              std::string(text.substr(0, 200)) + "'");
}

template <class Enum>
Enum value_named(std::string_view text, const std::string& what) {
  return static_cast<Enum>(place_among(names_of(Enum{}), text, what));
}

}  // namespace ndreg_preeval::detail
