// SPDX-License-Identifier: MIT
#include "register.hpp"

#include <algorithm>
#include <cstdint>

#include <pybind11/numpy.h>

#include <ndreg_preeval/pair_score.hpp>

#include "arrays.hpp"

namespace py = pybind11;

namespace ndreg_preeval::bindings {
namespace {

// All that is asked of the records of a stack at once, in one walk: the fields of Python's Summary,
// in their order.
py::tuple summary_of(const py::object& given) {
  const Records records = records_of(given);
  py::ssize_t judged = 0;
  py::ssize_t moved = 0;
  py::ssize_t least_probable = -1;
  py::ssize_t by_chance = -1;
  bool contrast = false;
  std::uint32_t any_flags = 0;
  std::uint32_t all_flags = records.size() > 0 ? ~std::uint32_t{0} : 0;
  std::int64_t most_invalid = 0;
  const PairScore* const images = records.data();
  for (py::ssize_t i = 0; i < records.size(); ++i) {
    const PairScore& image = images[i];
    contrast = contrast || (image.flags & (no_contrast | all_invalid)) == 0;
    any_flags |= image.flags;
    all_flags &= image.flags;
    most_invalid = std::max(most_invalid, image.invalid_pixels);
    if (!has_evidence(image)) continue;
    ++judged;
    if (image.peak_dy != 0 || image.peak_dx != 0) ++moved;
    if (least_probable < 0 || image.probability < images[least_probable].probability) {
      least_probable = i;
    }
    if (by_chance < 0 || image.p_value > images[by_chance].p_value) by_chance = i;
  }
  const PairScore none;
  const PairScore& worst = judged > 0 ? images[least_probable] : none;
  const PairScore& random = judged > 0 ? images[by_chance] : none;
  return py::make_tuple(records.size(), judged, moved, least_probable, worst.probability, by_chance,
                        random.p_value, contrast, any_flags, all_flags, most_invalid);
}

}  // namespace

void register_pair_score(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(PairScore, peak, mean, rms, second_peak, zero_peak, shift_y, shift_x,
                       opinion, opinion_rms, opinion_second, opinion_moved, opinion_zero,
                       confirmation, probability, p_value, invalid_pixels, peak_dy, peak_dx, flags,
                       beyond_max_shift, probability_masked, static_pixels);
  m.attr("PAIR_SCORE") = py::dtype::of<PairScore>();
  m.def("summary", &summary_of, py::arg("records"));
  m.attr("NO_CONTRAST") = static_cast<unsigned>(no_contrast);
  m.attr("ALL_INVALID") = static_cast<unsigned>(all_invalid);
  m.attr("FEW_LEVELS") = static_cast<unsigned>(few_levels);
  m.attr("IDENTICAL") = static_cast<unsigned>(identical);
  m.attr("HOT_PIXEL") = static_cast<unsigned>(hot_pixel);
  m.attr("WRAPPED") = static_cast<unsigned>(wrapped);
  m.attr("REPEATED_PIXELS") = static_cast<unsigned>(repeated_pixels);
  m.attr("IN_DOUBLE") = static_cast<unsigned>(in_double);
  m.attr("SPLIT_PEAK") = static_cast<unsigned>(split_peak);
  m.attr("BEYOND_LIMIT") = static_cast<unsigned>(beyond_limit);
}

}  // namespace ndreg_preeval::bindings
