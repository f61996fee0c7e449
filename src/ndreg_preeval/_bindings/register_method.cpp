// SPDX-License-Identifier: MIT
#include "register.hpp"

#include <cmath>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <ndreg_preeval/method.hpp>
#include <ndreg_preeval/ranking.hpp>

#include "arrays.hpp"
#include "scoring/names.hpp"
#include "scoring/stack_score.hpp"

namespace py = pybind11;

namespace ndreg_preeval::bindings {
namespace {

// Python says None where the name is "none".
template <class Enum>
py::object name_or_none(Enum value) {
  return value == Enum::none ? py::none() : py::object(py::str(detail::name_of(value)));
}

// Probabilities are two statistics in Python, one for each judgement: these are their names.
constexpr std::pair<const char*, Judgement> probabilities[] = {{"evidence", Judgement::evidence},
                                                               {"confirmation", Judgement::ratio}};

const char* statistic_name(const Method& method) {
  if (method.statistic != Statistic::probability) return detail::name_of(method.statistic);
  for (const auto& [name, judgement] : probabilities) {
    if (judgement == method.options.judgement) return name;
  }
  throw std::invalid_argument("unknown judgement");
}

// The named method as arguments of Python's Method.
py::dict arguments_of(const std::string& name) {
  const Method method = method_named(name);
  // The one filter of the method is that of the second opinion, where it asks for one.
  const Filter& filter = method.options.confirm ? method.options.opinion : method.options.aligner;
  py::dict all;
  all["name"] = name;
  all["statistic"] = statistic_name(method);
  all["aggregation"] = detail::name_of(method.aggregation);
  all["window"] = name_or_none(filter.window);
  all["cutoff"] = std::isfinite(filter.cutoff) ? py::cast(filter.cutoff) : py::none();
  all["window_from"] = filter.window_from;
  all["include_reference"] = method.include_reference;
  all["ignore_hot_pixel"] = method.options.ignore_hot_pixel;
  all["normalization"] = name_or_none(method.options.normalization);
  return all;
}

std::string text_of(const py::object& given, const char* name) {
  const py::object text = given.attr(name);
  if (!py::isinstance<py::str>(text)) throw py::type_error(std::string(name) + " must be a str");
  return text.cast<std::string>();
}

// As much of a Python Method as the score of a stack depends on.
Method method_of(const py::object& given) {
  Method method;
  const std::string statistic = text_of(given, "statistic");
  method.options.confirm = false;
  for (const auto& [name, judgement] : probabilities) {
    if (statistic != name) continue;
    method.options.confirm = true;
    method.options.judgement = judgement;
  }
  if (!method.options.confirm) {
    method.statistic = detail::value_named<Statistic>(statistic, "statistic");
  }
  method.aggregation =
      detail::value_named<Aggregation>(text_of(given, "aggregation"), "aggregation");
  return method;
}

// Score, trust, trust with static outliers masked, and what the method takes from each image.
py::tuple score_of(const py::object& of_images, const py::object& itself, const py::object& given) {
  const Records records = records_of(of_images);
  const Method method = method_of(given);
  StackScore stack;
  stack.images.assign(records.data(), records.data() + records.size());
  for (const PairScore& image : stack.images) {
    stack.values.push_back(statistic_of(image, method.statistic));
  }
  detail::ValueOfReference reference;
  if (!itself.is_none()) {
    reference = statistic_of(records_of(itself).at(0), method.statistic);
  }
  detail::add_score(stack, reference, method);
  const py::array_t<double> values(static_cast<py::ssize_t>(stack.values.size()),
                                   stack.values.data());
  return py::make_tuple(stack.score, stack.trust, stack.trust_masked, values);
}

// Of each stack its score, whether images were compared, and whether any of them has evidence.
std::vector<std::size_t> order_of(const std::vector<std::tuple<double, bool, bool>>& stacks) {
  std::vector<StackScore> scores(stacks.size());
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    const auto& [score, compared, evidence] = stacks[i];
    scores[i].score = score;
    if (!compared) continue;
    PairScore image;
    image.mean = evidence ? 1 : 0;
    scores[i].images.push_back(image);
  }
  return rank(scores);
}

}  // namespace

void register_method(py::module_& m) {
  using namespace pybind11::literals;
  m.def("method_names", &method_names);
  m.def("method_named", &arguments_of, "name"_a);
  m.def("stack_score", &score_of, "records"_a, "itself"_a, "method"_a);
  m.def("rank", &order_of, "stacks"_a);
}

}  // namespace ndreg_preeval::bindings
