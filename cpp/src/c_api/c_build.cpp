// SPDX-License-Identifier: MIT
// The C interface: versions, what the library was built from, threads, kept memory.
#include "c_api/c_api.hpp"

using namespace ndreg_preeval;

namespace {

constexpr std::size_t first_limits =
    offsetof(ndreg_preeval_thread_limits, omp_num_threads) + sizeof(std::int32_t);

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string fact(const BuildInfo& info, const std::string& what) {
  if (what == "version") return info.version;
  if (what == "compiler") return info.compiler;
  if (what == "build_type") return info.build_type;
  if (what == "threads") return info.threads;
  if (what == "fft_source") return info.fft_source;
  if (what == "isas") return joined(info.isas);
  if (what == "usable_isas") return joined(info.usable_isas);
  if (what == "active_isa") return info.active_isa;
  throw std::invalid_argument(
      "what must be one of 'version', 'compiler', 'build_type', 'threads', 'fft_source', 'isas', "
      "'usable_isas', 'active_isa', not " +
      c_api::quoted(what.c_str()));
}

}  // namespace

std::int32_t ndreg_preeval_abi_version() { return NDREG_PREEVAL_ABI_VERSION; }

const char* ndreg_preeval_version() { return NDREG_PREEVAL_VERSION; }

ndreg_preeval_status ndreg_preeval_build_info(const char* what, char* text, std::int64_t capacity,
                                              std::int64_t* length) {
  return c_api::guarded([&] {
    c_api::required(what, "what");
    const std::size_t room = c_api::count_of(text, capacity, "bytes");
    const std::string answer = fact(build_info(), what);
    if (length != nullptr) *length = static_cast<std::int64_t>(answer.size());
    if (room == 0) return;
    const std::size_t part = std::min(answer.size(), room - 1);
    std::memcpy(text, answer.data(), part);
    text[part] = '\0';
  });
}

ndreg_preeval_status ndreg_preeval_get_thread_limits(ndreg_preeval_thread_limits* limits,
                                                     std::uint64_t size) {
  return c_api::guarded([&] {
    c_api::required(limits, "limits");
    c_api::check_struct_size(size, first_limits, alignof(ndreg_preeval_thread_limits),
                             "ndreg_preeval_thread_limits");
    const ThreadLimits found = thread_limits();
    c_api::write_struct(
        ndreg_preeval_thread_limits{found.affinity_cpus, found.cgroup_cpus, found.omp_num_threads},
        limits, size);
  });
}

std::int32_t ndreg_preeval_usable_cpus() { return usable_cpus(); }

std::int32_t ndreg_preeval_default_threads() { return default_threads(); }

std::int64_t ndreg_preeval_release_memory() { return static_cast<std::int64_t>(release_memory()); }
