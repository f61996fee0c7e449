// SPDX-License-Identifier: MIT
// What an x86-64 processor and its operating system let programs use.
//
// CPUID and XGETBV are asked themselves. __builtin_cpu_supports reads a variable instead that the
// compiler's own runtime library fills when a program starts: in a binary that was linked without
// that part of it, nobody fills it, and the answer is "no" for ever, which only a clock notices.
#pragma once

#include <cstdint>

namespace ndreg_preeval::kernel {

// As the two instructions give them.
struct ProcessorRegisters {
  std::uint32_t highest_leaf = 0;  // of CPUID; what it says about later ones means nothing
  std::uint32_t leaf_1_ecx = 0;
  std::uint32_t leaf_7_ebx = 0;
  std::uint32_t xcr0 = 0;  // which registers the system saves; 0 where it does not say
  // macOS saves the registers of AVX-512 from a thread's first use of them on, and says so only
  // then.
  bool saves_on_demand = false;
};

// Sets of instructions that all can be used.
struct WideVectors {
  bool avx2 = false;    // what the compiler may use for the target "avx2,fma"
  bool avx512 = false;  // and for "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"
};

// Every bit is looked at: hypervisors and boot options take single ones away.
constexpr WideVectors wide_vectors(const ProcessorRegisters& registers) noexcept {
  const auto bit = [](unsigned place) { return std::uint32_t{1} << place; };
  const auto all = [](std::uint32_t value, std::uint32_t wanted) {
    return (value & wanted) == wanted;
  };
  if (registers.highest_leaf < 7) return {};
  // SSE3, SSSE3, FMA, SSE4.1, SSE4.2, POPCNT, OSXSAVE (XGETBV may be used), AVX.
  const std::uint32_t leaf_1 =
      bit(0) | bit(9) | bit(12) | bit(19) | bit(20) | bit(23) | bit(27) | bit(28);
  constexpr unsigned f16c = 29;                 // a part of AVX-512 to clang
  const std::uint32_t saved = bit(1) | bit(2);  // 16 bytes of each register, and the next 16
  // Masks, the other 32 bytes of registers 0 to 15, registers 16 to 31.
  const std::uint32_t saved_512 = bit(5) | bit(6) | bit(7);
  const std::uint32_t leaf_7 = bit(5);                                     // AVX2
  const std::uint32_t leaf_7_512 = bit(16) | bit(17) | bit(30) | bit(31);  // F, DQ, BW, VL

  WideVectors found;
  found.avx2 = all(registers.leaf_1_ecx, leaf_1) && all(registers.leaf_7_ebx, leaf_7) &&
               all(registers.xcr0, saved);
  found.avx512 = found.avx2 && all(registers.leaf_1_ecx, bit(f16c)) &&
                 all(registers.leaf_7_ebx, leaf_7_512) &&
                 (registers.saves_on_demand || all(registers.xcr0, saved_512));
  return found;
}

// Of the processor that this runs on. All 0 where the library has no such instructions.
ProcessorRegisters processor_registers() noexcept;

}  // namespace ndreg_preeval::kernel
