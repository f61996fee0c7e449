// SPDX-License-Identifier: MIT
#include "kernel/isa/processor.hpp"

#include "kernel/compiler.hpp"

#if NDREG_PREEVAL_X86_DISPATCH

#include <cpuid.h>

namespace ndreg_preeval::kernel {
namespace {

struct Leaf {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
};

Leaf cpuid(unsigned number) noexcept {
  Leaf found;
  __cpuid_count(number, 0, found.eax, found.ebx, found.ecx, found.edx);
  return found;
}

// XGETBV of register 0, in bytes: by name it needs a compiler option.
std::uint32_t saved_registers() noexcept {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  // NOLINTNEXTLINE(*-no-assembler)
  asm volatile(".byte 0x0f, 0x01, 0xd0" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

ProcessorRegisters processor_registers() noexcept {
  ProcessorRegisters found;
  found.highest_leaf = cpuid(0).eax;
  found.leaf_1_ecx = cpuid(1).ecx;
  if (found.highest_leaf >= 7) found.leaf_7_ebx = cpuid(7).ebx;
  // Where the system has not switched it on, the instruction ends the process.
  const bool may_ask = (found.leaf_1_ecx >> 27 & 1U) != 0;
  if (may_ask) found.xcr0 = saved_registers();
#if defined(__APPLE__)
  found.saves_on_demand = true;
#endif
  return found;
}

}  // namespace ndreg_preeval::kernel

#else

namespace ndreg_preeval::kernel {

ProcessorRegisters processor_registers() noexcept { return {}; }

}  // namespace ndreg_preeval::kernel

#endif
