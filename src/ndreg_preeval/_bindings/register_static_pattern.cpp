// SPDX-License-Identifier: MIT
#include "register.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <ndreg_preeval/static_pattern.hpp>

#include "arrays.hpp"
#include "scoring/names.hpp"
#include "without_gil.hpp"

namespace py = pybind11;

namespace ndreg_preeval::bindings {
namespace {

// Verdict and kind, as numbers: small and picklable, and nobody else looks at them.
using PatternNumbers = std::pair<int, int>;

PatternNumbers find_pattern(const py::object& of_images, const py::object& mask,
                            const std::vector<ComparedPair>& pairs, int num_threads,
                            const py::object& stop) {
  const Images images = many_images(of_images, mask);
  const auto found = without_gil(num_threads, {stop}, [&](const RunOptions& run) {
    return find_static_pattern(images.views, pairs, run);
  });
  return {static_cast<int>(found.verdict), static_cast<int>(found.kind)};
}

py::array_t<PairScore> with_pattern(const py::object& of_images, const PatternNumbers& numbers,
                                    const std::string& judgement, bool plain) {
  const Records records = records_of(of_images);
  Options options;
  options.judgement = detail::value_named<Judgement>(judgement, "judgement");
  if (plain) options.normalization = Normalization::none;
  const StaticPattern pattern{static_cast<StaticVerdict>(numbers.first),
                              static_cast<StaticKind>(numbers.second)};
  std::vector<PairScore> scores(records.data(), records.data() + records.size());
  apply_static_pattern(pattern, options, scores);
  py::array_t<PairScore> changed(records.size());
  std::copy(scores.begin(), scores.end(), changed.mutable_data());
  return changed;
}

// A list, which most often is empty: an array would take longer to make and to ask.
std::vector<py::ssize_t> at_zero_shift(const py::object& of_images) {
  const Records records = records_of(of_images);
  std::vector<py::ssize_t> places;
  for (py::ssize_t i = 0; i < records.size(); ++i) {
    if (lies_at_zero_shift(records.data()[i])) places.push_back(i);
  }
  return places;
}

}  // namespace

void register_static_pattern(py::module_& m) {
  using namespace pybind11::literals;
  m.def("at_zero_shift", &at_zero_shift, "records"_a);
  m.def("static_pattern_stride", &static_pattern_stride, "compared"_a, "height"_a, "width"_a);
  m.def("find_static_pattern", &find_pattern, "images"_a, py::kw_only(), "mask"_a = py::none(),
        "pairs"_a, "num_threads"_a = 0, "stop"_a = py::none());
  m.def("with_static_pattern", &with_pattern, "records"_a, "pattern"_a, "judgement"_a, "plain"_a);
  m.attr("HIDES_MOTION") = static_cast<unsigned>(hides_motion);
  m.attr("AT_REST") = static_cast<unsigned>(at_rest);
  m.attr("STATIC_APERTURE") = static_cast<unsigned>(static_aperture);
  m.attr("STATIC_BACKGROUND") = static_cast<unsigned>(static_background);
}

}  // namespace ndreg_preeval::bindings
