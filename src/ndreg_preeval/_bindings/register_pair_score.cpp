// SPDX-License-Identifier: MIT
#include "register.hpp"

#include <pybind11/numpy.h>

#include <ndreg_preeval/pair_score.hpp>

namespace py = pybind11;

namespace ndreg_preeval::bindings {

void register_pair_score(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(PairScore, peak, mean, rms, second_peak, zero_peak, shift_y, shift_x,
                       opinion, opinion_rms, opinion_second, opinion_moved, opinion_zero,
                       confirmation, probability, p_value, invalid_pixels, peak_dy, peak_dx, flags,
                       probability_masked, static_pixels);
  m.attr("PAIR_SCORE") = py::dtype::of<PairScore>();
  m.attr("NO_CONTRAST") = static_cast<unsigned>(no_contrast);
  m.attr("ALL_INVALID") = static_cast<unsigned>(all_invalid);
  m.attr("FEW_LEVELS") = static_cast<unsigned>(few_levels);
  m.attr("IDENTICAL") = static_cast<unsigned>(identical);
  m.attr("HOT_PIXEL") = static_cast<unsigned>(hot_pixel);
  m.attr("WRAPPED") = static_cast<unsigned>(wrapped);
  m.attr("REPEATED_PIXELS") = static_cast<unsigned>(repeated_pixels);
}

}  // namespace ndreg_preeval::bindings
