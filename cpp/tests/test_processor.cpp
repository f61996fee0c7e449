// SPDX-License-Identifier: MIT
// What may be used of a processor, from the registers in which it says so.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "check.hpp"
#include "kernel/isa/dispatch.hpp"
#include "kernel/isa/processor.hpp"

namespace {

using namespace ndreg_preeval;
using kernel::ProcessorRegisters;
using kernel::wide_vectors;

// One bit of a register that something needs.
struct Bit {
  std::uint32_t ProcessorRegisters::* in;
  unsigned place;
};

constexpr auto in_1 = &ProcessorRegisters::leaf_1_ecx;
constexpr auto in_7 = &ProcessorRegisters::leaf_7_ebx;
constexpr auto in_xcr0 = &ProcessorRegisters::xcr0;

// SSE3, SSSE3, FMA, SSE4.1, SSE4.2, POPCNT, OSXSAVE, AVX; AVX2; state of SSE and of AVX.
constexpr std::array<Bit, 11> of_avx2{{{in_1, 0},
                                       {in_1, 9},
                                       {in_1, 12},
                                       {in_1, 19},
                                       {in_1, 20},
                                       {in_1, 23},
                                       {in_1, 27},
                                       {in_1, 28},
                                       {in_7, 5},
                                       {in_xcr0, 1},
                                       {in_xcr0, 2}}};
// F16C; F, DQ, BW, VL.
constexpr std::array<Bit, 5> of_avx512{
    {{in_1, 29}, {in_7, 16}, {in_7, 17}, {in_7, 30}, {in_7, 31}}};
// State of masks, of upper halves, of registers 16 to 31.
constexpr std::array<Bit, 3> of_state_512{{{in_xcr0, 5}, {in_xcr0, 6}, {in_xcr0, 7}}};

template <std::size_t n>
void set(ProcessorRegisters& registers, const std::array<Bit, n>& bits, unsigned which) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t mask = std::uint32_t{1} << bits[i].place;
    registers.*bits[i].in &= ~mask;
    if ((which >> i & 1U) != 0) registers.*bits[i].in |= mask;
  }
}

template <std::size_t n>
constexpr unsigned every(const std::array<Bit, n>& /*bits*/) {
  return (1U << n) - 1;
}

ProcessorRegisters modern() {
  ProcessorRegisters all;
  all.highest_leaf = 0x20;
  set(all, of_avx2, every(of_avx2));
  set(all, of_avx512, every(of_avx512));
  set(all, of_state_512, every(of_state_512));
  return all;
}

// All combinations of the bits that count, whatever the other bits are.
void every_bit_is_needed_and_no_other() {
  std::size_t wrong = 0;
  std::size_t with_avx2 = 0;
  std::size_t with_avx512 = 0;
  for (const std::uint32_t others : {std::uint32_t{0}, ~std::uint32_t{0}}) {
    ProcessorRegisters registers{0x0d, others, others, others, false};
    for (unsigned a = 0; a <= every(of_avx2); ++a) {
      set(registers, of_avx2, a);
      for (unsigned b = 0; b <= every(of_avx512); ++b) {
        set(registers, of_avx512, b);
        for (unsigned c = 0; c <= every(of_state_512); ++c) {
          set(registers, of_state_512, c);
          const bool avx2 = a == every(of_avx2);
          const bool avx512 = avx2 && b == every(of_avx512) && c == every(of_state_512);
          const auto found = wide_vectors(registers);
          if (found.avx2 != avx2 || found.avx512 != avx512) ++wrong;
          with_avx2 += found.avx2 ? 1 : 0;
          with_avx512 += found.avx512 ? 1 : 0;
        }
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(with_avx2 == 2 * 32 * 8);
  CHECK(with_avx512 == 2);
}

// Processors answer a question about a leaf that they have not with another leaf.
void no_leaf_no_instructions() {
  ProcessorRegisters registers = modern();
  for (const std::uint32_t highest : {0U, 1U, 2U, 4U, 6U}) {
    registers.highest_leaf = highest;
    CHECK(!wide_vectors(registers).avx2 && !wide_vectors(registers).avx512);
  }
  for (const std::uint32_t highest : {7U, 0x0dU, 0x20U, 0xffffffffU}) {
    registers.highest_leaf = highest;
    CHECK(wide_vectors(registers).avx2 && wide_vectors(registers).avx512);
  }
  CHECK(!wide_vectors({}).avx2 && !wide_vectors({}).avx512);
}

// macOS: the state of AVX-512 is not among what is saved before somebody uses it.
void saved_on_demand() {
  for (unsigned state = 0; state <= every(of_state_512); ++state) {
    ProcessorRegisters registers = modern();
    set(registers, of_state_512, state);
    registers.saves_on_demand = true;
    CHECK(wide_vectors(registers).avx512);
    set(registers, of_avx512, every(of_avx512) - 1);
    CHECK(!wide_vectors(registers).avx512 && wide_vectors(registers).avx2);
    set(registers, of_avx512, every(of_avx512));
    set(registers, of_avx2, every(of_avx2) >> 1);  // not even what AVX needs is saved
    CHECK(!wide_vectors(registers).avx512 && !wide_vectors(registers).avx2);
  }
}

// The registers of a few kinds of machine: highest leaf, leaf 1 ecx, leaf 7 ebx, XCR0.
void known_machines() {
  const auto ask = [](std::uint32_t highest, std::uint32_t one, std::uint32_t seven,
                      std::uint32_t saved) {
    return wide_vectors({highest, one, seven, saved, false});
  };
  const auto haswell = ask(0xd, 0x7ffafbff, 0x000037ab, 0x7);
  CHECK(haswell.avx2 && !haswell.avx512);
  const auto skylake = ask(0x16, 0x7ffefbff, 0xd39ffffb, 0x2e7);
  CHECK(skylake.avx2 && skylake.avx512);
  const auto knights_landing = ask(0xd, 0x7ff8f39f, 0x1c0d23ab, 0xe7);  // no BW, no VL
  CHECK(knights_landing.avx2 && !knights_landing.avx512);
  const auto sandy_bridge = ask(0xd, 0x1fbae3ff, 0, 0x7);  // AVX alone
  CHECK(!sandy_bridge.avx2 && !sandy_bridge.avx512);
  const auto noxsave = ask(0x16, 0x73fefbff, 0xd39ffffb, 0);  // a kernel that saves nothing
  CHECK(!noxsave.avx2 && !noxsave.avx512);
  const auto saves_avx_only = ask(0x16, 0x7ffefbff, 0xd39ffffb, 0x7);
  CHECK(saves_avx_only.avx2 && !saves_avx_only.avx512);
}

bool is_usable(const std::string& isa) {
  const auto names = kernel::usable_isas();
  return std::find(names.begin(), names.end(), isa) != names.end();
}

void kernels_are_used_where_they_can_be() {
  const auto here = wide_vectors(kernel::processor_registers());
  CHECK(is_usable("avx2") == here.avx2);
  CHECK(is_usable("avx512") == here.avx512);
  CHECK(is_usable("baseline"));
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  // Another reader of the same registers. Clang may link a program in which nobody fills them in.
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  CHECK(here.avx2 == avx2);
  const bool foundation = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
  const bool sizes = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  CHECK(here.avx512 == (avx2 && foundation && sizes));
#endif
}

#if defined(__linux__) && defined(__x86_64__) && defined(__GNUC__)

// Whether Linux lists all of these for the first processor.
bool linux_lists(std::initializer_list<const char*> wanted) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("flags", 0) != 0) continue;
    std::istringstream words(line);
    const std::vector<std::string> flags{std::istream_iterator<std::string>(words), {}};
    return std::all_of(wanted.begin(), wanted.end(), [&flags](const char* name) {
      return std::find(flags.begin(), flags.end(), name) != flags.end();
    });
  }
  return false;
}

// It lists no more than can be used; less where a boot option hides something from it alone.
void what_linux_lists_is_used() {
  if (linux_lists({"avx2", "fma"})) CHECK(is_usable("avx2"));
  if (linux_lists({"avx2", "fma", "avx512f", "avx512dq", "avx512bw", "avx512vl"})) {
    CHECK(is_usable("avx512"));
  }
  CHECK(is_usable("baseline"));
}

#endif

}  // namespace

int main() {
  return check::run({
      {"every bit is needed, and no other", every_bit_is_needed_and_no_other},
      {"no leaf, no instructions", no_leaf_no_instructions},
      {"saved on demand", saved_on_demand},
      {"known machines", known_machines},
      {"kernels are used where they can be", kernels_are_used_where_they_can_be},
#if defined(__linux__) && defined(__x86_64__) && defined(__GNUC__)
      {"what Linux lists is used", what_linux_lists_is_used},
#endif
  });
}
