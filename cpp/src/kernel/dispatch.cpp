// SPDX-License-Identifier: MIT
#include "dispatch.hpp"

#include <array>
#include <cstdlib>
#include <stdexcept>

#include "isas.hpp"

namespace ndreg_preeval::kernel {
namespace {

bool always() noexcept { return true; }

#if defined(__x86_64__) && defined(__GNUC__)
// These ask the processor, and whether the operating system saves its wide registers.
bool has_avx2() noexcept {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}
bool has_avx512() noexcept {
  return has_avx2() && __builtin_cpu_supports("avx512f") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0;
}
#else
bool has_avx2() noexcept { return false; }
bool has_avx512() noexcept { return false; }
#endif

struct Isa {
  const char* name;
  bool (*usable)() noexcept;
  const Kernels<float>* (*single)() noexcept;
  const Kernels<double>* (*doubled)() noexcept;
};

constexpr std::array<Isa, 3> known{
    {{"baseline", &always, &baseline_kernels<float>, &baseline_kernels<double>},
     {"avx2", &has_avx2, &avx2_kernels<float>, &avx2_kernels<double>},
     {"avx512", &has_avx512, &avx512_kernels<float>, &avx512_kernels<double>}}};

template <class Condition>
std::vector<std::string> names(const Condition& condition) {
  std::vector<std::string> found;
  for (const Isa& isa : known) {
    if (isa.single() != nullptr && condition(isa)) found.emplace_back(isa.name);
  }
  return found;
}

const Isa& active() {
  const std::vector<std::string> usable = usable_isas();
  std::string wanted = usable.back();
  const char* forced = std::getenv("NDREG_PREEVAL_ISA");
  if (forced != nullptr && *forced != '\0') wanted = forced;
  for (const Isa& isa : known) {
    if (wanted != isa.name) continue;
    for (const std::string& name : usable) {
      if (name == wanted) return isa;
    }
  }
  std::string message = "NDREG_PREEVAL_ISA must be one of ";
  for (const std::string& name : usable) message += "'" + name + "', ";
  message += "which this processor can run and this library has, not '" + wanted.substr(0, 200) +
             "'";
  throw std::invalid_argument(message);
}

const Kernels<float>* kernels_of(const Isa& isa, float /*type*/) { return isa.single(); }
const Kernels<double>* kernels_of(const Isa& isa, double /*type*/) { return isa.doubled(); }

// What it takes, in vectors through one level of a transform: those of columns, and twice rows.
double work(std::size_t height, std::size_t width, std::size_t lanes) {
  const auto parts = [](std::size_t count, std::size_t size) {
    return static_cast<double>((count + size - 1) / size);
  };
  return 2 * parts(width, 2 * lanes) * static_cast<double>(height) +
         2 * parts(height / 2 + 1, lanes) * static_cast<double>(width);
}

}  // namespace

std::vector<std::string> isas() {
  return names([](const Isa&) { return true; });
}

std::vector<std::string> usable_isas() {
  return names([](const Isa& isa) { return isa.usable(); });
}

std::string active_isa() { return active().name; }

template <class T>
const Kernels<T>& choose_kernels(std::size_t height, std::size_t width) {
  const Kernels<T>& wide = *kernels_of(active(), T{});
  const Kernels<T>& scalar = *scalar_kernels<T>();
  // Full vectors take longer than single numbers.
  constexpr double vector_cost = 1.5;
  const bool narrow = work(height, width, scalar.lanes) <=
                      vector_cost * work(height, width, wide.lanes);
  return narrow ? scalar : wide;
}

template const Kernels<float>& choose_kernels<float>(std::size_t, std::size_t);
template const Kernels<double>& choose_kernels<double>(std::size_t, std::size_t);

}  // namespace ndreg_preeval::kernel
