// SPDX-License-Identifier: MIT
// One function per concept that Python sees.
#pragma once

#include <pybind11/pybind11.h>

namespace ndreg_preeval::bindings {

void register_chunks(pybind11::module_& m);
void register_method(pybind11::module_& m);
void register_pair_score(pybind11::module_& m);
void register_scorer(pybind11::module_& m);
void register_static_pattern(pybind11::module_& m);
void register_tools(pybind11::module_& m);

}  // namespace ndreg_preeval::bindings
