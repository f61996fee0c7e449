// SPDX-License-Identifier: MIT
// Long calls: without the GIL, but with an eye on Python's signals.
#pragma once

#include <cstddef>
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
  // Tells `progress`; false where it raised: then the Python error is set.
  bool tell(PyObject* progress, std::size_t done, std::size_t total);

 private:
  PyThreadState* state_;
};

// What a long call asks and tells: callables or None.
struct Callbacks {
  pybind11::object stop = pybind11::none();
  pybind11::object progress = pybind11::none();
};

// Runs compute(run_options) without the GIL. Nothing in it may touch a Python object, and no
// Python object may die in it. `stop` is asked and `progress` is told from time to time.
template <class Compute>
auto without_gil(int num_threads, const Callbacks& callbacks, Compute&& compute) {
  using Result = decltype(compute(std::declval<const RunOptions&>()));
  RunOptions run;
  run.num_threads = num_threads;
  std::exception_ptr error;
  Result result{};
  PyObject* const ask = callbacks.stop.is_none() ? nullptr : callbacks.stop.ptr();
  PyObject* const told = callbacks.progress.is_none() ? nullptr : callbacks.progress.ptr();
  {
    ReleasedGil gil;
    run.should_stop = [&gil, ask] { return gil.should_stop(ask); };
    if (told != nullptr) {
      run.progress = [&gil, told](std::size_t done, std::size_t total) {
        if (!gil.tell(told, done, total)) throw Cancelled("progress raised");
      };
    }
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
  return without_gil(num_threads, Callbacks{}, std::forward<Compute>(compute));
}

}  // namespace ndreg_preeval::bindings
