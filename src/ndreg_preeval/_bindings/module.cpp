// SPDX-License-Identifier: MIT
// Table of contents of the compiled module.
#include "register.hpp"

namespace py = pybind11;

// Nothing here needs the GIL: objects that threads may share are the scorers, whose calls are
// const.
PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
  m.doc() = "Compiled core of ndreg_preeval; private, use the package.";
  ndreg_preeval::bindings::register_chunks(m);
  ndreg_preeval::bindings::register_method(m);
  ndreg_preeval::bindings::register_pair_score(m);
  ndreg_preeval::bindings::register_scorer(m);
  ndreg_preeval::bindings::register_static_pattern(m);
  ndreg_preeval::bindings::register_tools(m);
}
