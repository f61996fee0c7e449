// SPDX-License-Identifier: MIT
#include "kernel/isa/dispatch.hpp"

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "kernel/isa/instruction_sets.hpp"
#include "kernel/isa/processor.hpp"

namespace ndreg_preeval::kernel {
namespace {

bool always() noexcept { return true; }

// Asked once: under a hypervisor every CPUID takes microseconds, as long as a small call.
const WideVectors& wide_vectors_here() noexcept {
  static const WideVectors here = wide_vectors(processor_registers());
  return here;
}
bool has_avx2() noexcept { return wide_vectors_here().avx2; }
bool has_avx512() noexcept { return wide_vectors_here().avx512; }

struct Isa {
  const char* name;
  bool (*usable)() noexcept;
  const Kernels<float>* (*in_single)() noexcept;
  const Kernels<double>* (*in_double)() noexcept;
};

constexpr std::array<Isa, 3> known{{{"baseline", &always, &baseline_single, &baseline_double},
                                    {"avx2", &has_avx2, &avx2_single, &avx2_double},
                                    {"avx512", &has_avx512, &avx512_single, &avx512_double}}};

template <class Condition>
std::vector<std::string> names(const Condition& condition) {
  std::vector<std::string> found;
  for (const Isa& isa : known) {
    if (isa.in_single() != nullptr && condition(isa)) found.emplace_back(isa.name);
  }
  return found;
}

const Isa& active() {
  const char* forced = std::getenv("NDREG_PREEVAL_ISA");
  const std::string_view wanted = forced != nullptr ? forced : "";
  // The last one that there is, or the one that is wanted.
  for (auto isa = known.rbegin(); isa != known.rend(); ++isa) {
    if (isa->in_single() == nullptr || !isa->usable()) continue;
    if (wanted.empty() || wanted == isa->name) return *isa;
  }
  std::string message = "NDREG_PREEVAL_ISA must be one of ";
  for (const std::string& name : usable_isas()) message += "'" + name + "', ";
  message += "which this processor can run and this library has, not '";
  message += wanted.substr(0, 200);
  message += '\'';
  throw std::invalid_argument(message);
}

const Kernels<float>& kernels_of(const Isa& isa, float /*type*/) { return *isa.in_single(); }
const Kernels<double>& kernels_of(const Isa& isa, double /*type*/) { return *isa.in_double(); }

}  // namespace

std::vector<std::string> isas() {
  return names([](const Isa&) { return true; });
}

std::vector<std::string> usable_isas() {
  return names([](const Isa& isa) { return isa.usable(); });
}

std::string active_isa() { return active().name; }

template <class T>
const Kernels<T>& active_kernels() {
  return kernels_of(active(), T{});
}

template const Kernels<float>& active_kernels<float>();
template const Kernels<double>& active_kernels<double>();

}  // namespace ndreg_preeval::kernel
