// SPDX-License-Identifier: MIT
// Long calls: without the GIL, but with an eye on Python's signals.
#pragma once

#include <exception>
#include <functional>
#include <utility>

#include <pybind11/pybind11.h>

#include <ndreg_preeval/scorer.hpp>

namespace ndreg_preeval::bindings {

// Holds the state of the interpreter while the GIL is released.
//
// No RAII on purpose: at interpreter exit, taking the GIL in a daemon thread unwinds the thread,
// and an unwinding that leaves a destructor ends the process.
class ReleasedGil {
 public:
  ReleasedGil() : state_(PyEval_SaveThread()) {}
  ReleasedGil(const ReleasedGil&) = delete;
  ReleasedGil& operator=(const ReleasedGil&) = delete;
  ~ReleasedGil() = default;

  void take_back();
  // A handler of a signal raised, or `stop` answered yes (or raised): where one raised, the Python
  // error is set.
  bool should_stop(PyObject* stop);

 private:
  PyThreadState* state_;
};

// Runs compute(run_options) without the GIL. Nothing in it may touch a Python object, and no
// Python object may die in it. `stop`, a callable or None, is asked from time to time.
template <class Compute>
auto without_gil(int num_threads, const pybind11::object& stop, Compute&& compute) {
  using Result = decltype(compute(std::declval<const RunOptions&>()));
  RunOptions run;
  run.num_threads = num_threads;
  std::exception_ptr error;
  Result result{};
  PyObject* const ask = stop.is_none() ? nullptr : stop.ptr();
  {
    ReleasedGil gil;
    run.should_stop = [&gil, ask] { return gil.should_stop(ask); };
    try {
      result = compute(std::as_const(run));
    } catch (...) {
      error = std::current_exception();
    }
    gil.take_back();
  }
  if (PyErr_Occurred() != nullptr) throw pybind11::error_already_set();
  if (error) std::rethrow_exception(error);
  return result;
}

template <class Compute>
auto without_gil(int num_threads, Compute&& compute) {
  return without_gil(num_threads, pybind11::none(), std::forward<Compute>(compute));
}

}  // namespace ndreg_preeval::bindings
