// SPDX-License-Identifier: MIT
// The bridge: numpy arrays as image views, nothing copied.
#pragma once

#include <vector>

#include <pybind11/numpy.h>

#include <ndreg_preeval/image_view.hpp>
#include <ndreg_preeval/pair_score.hpp>

namespace ndreg_preeval::bindings {

// Views of images and the Python objects that own their pixels. Make it before the GIL is released
// and let it go after the GIL is back.
struct Images {
  std::vector<ImageView> views;
  std::vector<pybind11::object> owners;
};

// One array (h, w). TypeError: no array, or pixels that are no real numbers; ValueError: not 2-D.
Images one_image(const pybind11::object& object, const pybind11::object& mask, const char* what);

// One array (n, h, w) or a sequence of arrays (h, w); the mask is (h, w), (n, h, w) or None.
Images many_images(const pybind11::object& object, const pybind11::object& mask);

using Records = pybind11::array_t<PairScore, pybind11::array::c_style | pybind11::array::forcecast>;

// An array of records, converted only where it has to be. TypeError: it is none.
Records records_of(const pybind11::object& object);

}  // namespace ndreg_preeval::bindings
