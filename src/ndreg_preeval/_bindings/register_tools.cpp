// SPDX-License-Identifier: MIT
#include "register.hpp"

#include <pybind11/stl.h>

#include <ndreg_preeval/build_info.hpp>
#include <ndreg_preeval/release_memory.hpp>
#include <ndreg_preeval/threads.hpp>

namespace py = pybind11;

namespace ndreg_preeval::bindings {
namespace {

py::dict config() {
  const BuildInfo info = build_info();
  py::dict all;
  all["version"] = info.version;
  all["compiler"] = info.compiler;
  all["build_type"] = info.build_type;
  all["threads"] = info.threads;
  all["pocketfft"] = info.fft_source;
  all["isas"] = info.isas;
  all["usable_isas"] = info.usable_isas;
  all["isa"] = info.active_isa;
  const ThreadLimits limits = thread_limits();
  all["affinity_cpus"] = limits.affinity_cpus;
  all["cgroup_cpus"] = limits.cgroup_cpus > 0 ? py::cast(limits.cgroup_cpus) : py::none();
  all["omp_num_threads"] =
      limits.omp_num_threads > 0 ? py::cast(limits.omp_num_threads) : py::none();
  all["usable_cpus"] = usable_cpus();
  all["default_threads"] = default_threads();
  return all;
}

}  // namespace

void register_tools(py::module_& m) {
  m.def("usable_cpus", &usable_cpus);
  m.def("default_threads", &default_threads);
  m.def("leave_openmp_place", &leave_openmp_place);
  m.def("build_config", &config);
  m.def("kept_memory", &kept_memory);
  m.def("release_memory", &release_memory, py::call_guard<py::gil_scoped_release>());
}

}  // namespace ndreg_preeval::bindings
