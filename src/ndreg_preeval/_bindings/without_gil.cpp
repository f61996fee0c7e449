// SPDX-License-Identifier: MIT
#include "without_gil.hpp"

#include <chrono>
#include <thread>

namespace ndreg_preeval::bindings {
namespace {

bool interpreter_is_ending() {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsFinalizing() != 0;
#else
  return _Py_IsFinalizing() != 0;
#endif
}

}  // namespace

void ReleasedGil::take_back() {
  // A thread that comes back after the end of the interpreter can never run Python again: it
  // waits for the end of the process.
  while (interpreter_is_ending()) std::this_thread::sleep_for(std::chrono::hours(1));
  PyEval_RestoreThread(state_);
}

bool ReleasedGil::should_stop(PyObject* stop) {
  take_back();
  bool asked = PyErr_CheckSignals() != 0;
  if (!asked && stop != nullptr) {
    PyObject* const answer = PyObject_CallNoArgs(stop);
    asked = answer == nullptr || PyObject_IsTrue(answer) != 0;
    Py_XDECREF(answer);
  }
  state_ = PyEval_SaveThread();
  return asked;
}

bool ReleasedGil::tell(PyObject* progress, std::size_t done, std::size_t total) {
  take_back();
  PyObject* const answer = PyObject_CallFunction(progress, "nn", static_cast<Py_ssize_t>(done),
                                                 static_cast<Py_ssize_t>(total));
  Py_XDECREF(answer);
  state_ = PyEval_SaveThread();
  return answer != nullptr;
}

}  // namespace ndreg_preeval::bindings
