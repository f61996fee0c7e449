// SPDX-License-Identifier: MIT
#include "register.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <ndreg_preeval/scorer.hpp>

#include "arrays.hpp"
#include "scoring/names.hpp"
#include "without_gil.hpp"

namespace py = pybind11;

namespace ndreg_preeval::bindings {
namespace {

// Python says None where the name is "none".
template <class Enum>
Enum value_or_none(const std::optional<std::string>& name, const char* what) {
  return name.has_value() ? detail::value_named<Enum>(*name, what) : Enum::none;
}

Filter filter_of(const std::optional<std::string>& window, const std::optional<double>& cutoff) {
  Filter filter;
  filter.window = value_or_none<Window>(window, "window");
  if (cutoff.has_value()) filter.cutoff = *cutoff;
  return filter;
}

int thread_count(int num_threads) {
  if (num_threads < 0) {
    throw py::value_error("num_threads must be 0 (automatic) or more, not " +
                          std::to_string(num_threads));
  }
  return num_threads;
}

// A scorer with the arrays of its reference image, where it has no copy of their pixels.
struct BoundScorer {
  std::unique_ptr<Scorer> scorer;
  Images kept;
};

std::unique_ptr<BoundScorer> make_scorer(
    const py::object& reference, const py::object& mask, const std::string& precision,
    const std::optional<std::string>& window, const std::optional<double>& cutoff,
    std::size_t window_from, bool confirm, const std::optional<std::string>& confirm_window,
    const std::optional<double>& confirm_cutoff, std::size_t confirm_window_from,
    const std::string& judgement, const std::optional<double>& max_shift,
    const std::optional<std::string>& normalization, bool keep_mean, bool ignore_hot_pixel,
    bool accept_invalid, bool reference_stays, int num_threads) {
  Options options;
  options.precision = detail::value_named<Precision>(precision, "precision");
  options.aligner = filter_of(window, cutoff);
  options.aligner.window_from = window_from;
  options.confirm = confirm;
  options.opinion = filter_of(confirm_window, confirm_cutoff);
  options.opinion.window_from = confirm_window_from;
  options.judgement = detail::value_named<Judgement>(judgement, "judgement");
  if (max_shift.has_value()) options.max_shift = *max_shift;
  options.normalization = value_or_none<Normalization>(normalization, "normalization");
  options.keep_mean = keep_mean;
  options.ignore_hot_pixel = ignore_hot_pixel;
  options.accept_invalid = accept_invalid;
  Images images = one_image(reference, mask, "the reference image");
  auto scorer = without_gil(thread_count(num_threads), [&](const RunOptions& run) {
    RunOptions own = run;
    own.reference_stays = reference_stays;
    return std::make_unique<Scorer>(images.views[0], options, own);
  });
  if (!reference_stays) images = {};
  return std::make_unique<BoundScorer>(BoundScorer{std::move(scorer), std::move(images)});
}

py::array_t<PairScore> as_array(const std::vector<PairScore>& scores) {
  py::array_t<PairScore> array(static_cast<py::ssize_t>(scores.size()));
  std::copy(scores.begin(), scores.end(), array.mutable_data());
  return array;
}

using Score = std::vector<PairScore> (Scorer::*)(const std::vector<ImageView>&,
                                                 const RunOptions&) const;

// Takes out one of the images, which are known to be of one shape; or none.
void leave_out(Images& images, const std::optional<std::size_t>& skip) {
  if (!skip) return;
  std::vector<ImageView>& views = images.views;
  if (*skip >= views.size()) {
    throw py::index_error("skip must be the index of one of the " + std::to_string(views.size()) +
                          " images, not " + std::to_string(*skip));
  }
  for (std::size_t i = 0; i < views.size(); ++i) {
    // The core would count them without the one that is left out.
    if (views[i].height == views[0].height && views[i].width == views[0].width) continue;
    throw py::value_error("image " + std::to_string(i) + " must have the shape of image 0");
  }
  views.erase(views.begin() + static_cast<std::ptrdiff_t>(*skip));
}

void check_callable(const py::object& given, const char* name) {
  if (given.is_none() || PyCallable_Check(given.ptr()) != 0) return;
  throw py::type_error(std::string(name) + " must be callable or None");
}

py::array_t<PairScore> run(const BoundScorer& self, Score score, const Images& images,
                           int num_threads, const Callbacks& callbacks) {
  check_callable(callbacks.stop, "stop");
  check_callable(callbacks.progress, "progress");
  const auto call = [&](const RunOptions& options) {
    return (self.scorer.get()->*score)(images.views, options);
  };
  return as_array(without_gil(thread_count(num_threads), callbacks, call));
}

py::array_t<PairScore> score(const BoundScorer& self, const py::object& images,
                             const py::object& mask, const std::optional<std::size_t>& skip,
                             int num_threads, const py::object& stop, const py::object& progress) {
  Images some = many_images(images, mask);
  leave_out(some, skip);
  return run(self, &Scorer::score, some, num_threads, {stop, progress});
}

py::array_t<PairScore> score_consecutive(const BoundScorer& self, const py::object& images,
                                         const py::object& mask, int num_threads,
                                         const py::object& stop, const py::object& progress) {
  const Images all = many_images(images, mask);
  return run(self, &Scorer::score_consecutive, all, num_threads, {stop, progress});
}

py::array_t<double> correlogram(const BoundScorer& self, const py::object& image,
                                const py::object& mask, bool second_opinion) {
  const Images one = one_image(image, mask, "the image");
  const std::vector<double> values = without_gil(1, [&](const RunOptions& run) {
    return self.scorer->correlogram(one.views[0], second_opinion, run);
  });
  py::array_t<double> array({self.scorer->height(), self.scorer->width()});
  std::copy(values.begin(), values.end(), array.mutable_data());
  return array;
}

}  // namespace

void register_scorer(py::module_& m) {
  using namespace pybind11::literals;
  const Options defaults;
  py::register_exception<Cancelled>(m, "Cancelled", PyExc_RuntimeError);
  py::class_<BoundScorer>(m, "Scorer", py::is_final(), "Compares images with one reference image.")
      .def(py::init(&make_scorer), "reference"_a, py::kw_only(), "mask"_a = py::none(),
           "precision"_a = detail::name_of(defaults.precision), "window"_a = py::none(),
           "cutoff"_a = py::none(), "window_from"_a = defaults.aligner.window_from,
           "confirm"_a = defaults.confirm, "confirm_window"_a = py::none(),
           "confirm_cutoff"_a = defaults.opinion.cutoff,
           "confirm_window_from"_a = defaults.opinion.window_from,
           "judgement"_a = detail::name_of(defaults.judgement), "max_shift"_a = py::none(),
           "normalization"_a = detail::name_of(defaults.normalization),
           "keep_mean"_a = defaults.keep_mean, "ignore_hot_pixel"_a = defaults.ignore_hot_pixel,
           "accept_invalid"_a = defaults.accept_invalid, "reference_stays"_a = false,
           "num_threads"_a = 0)
      .def_property_readonly("shape",
                             [](const BoundScorer& self) {
                               return py::make_tuple(self.scorer->height(), self.scorer->width());
                             })
      .def_property_readonly(
          "precision",
          [](const BoundScorer& self) { return detail::name_of(self.scorer->options().precision); })
      .def_property_readonly(
          "reference_invalid_pixels",
          [](const BoundScorer& self) { return self.scorer->reference_invalid_pixels(); })
      .def_property_readonly("reference_flags",
                             [](const BoundScorer& self) { return self.scorer->reference_flags(); })
      .def("score", &score, "images"_a, py::kw_only(), "mask"_a = py::none(), "skip"_a = py::none(),
           "num_threads"_a = 0, "stop"_a = py::none(), "progress"_a = py::none())
      .def("score_consecutive", &score_consecutive, "images"_a, py::kw_only(),
           "mask"_a = py::none(), "num_threads"_a = 0, "stop"_a = py::none(),
           "progress"_a = py::none())
      .def("correlogram", &correlogram, "image"_a, py::kw_only(), "mask"_a = py::none(),
           "second_opinion"_a = false);
}

}  // namespace ndreg_preeval::bindings
