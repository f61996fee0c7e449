// SPDX-License-Identifier: MIT
// What the kernels include, and what compilers and processors differ in.
//
// Each instruction set has one source file that includes the kernels once, between the pragmas that
// switch it on. This header comes before them, so that everything of the standard library is
// compiled for any processor; all code of the kernels is in an unnamed namespace. Nothing that
// needs a special processor can therefore take the place of a function of the same name elsewhere
// in the program (tests/test_symbols.py looks).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "kernel/fft/axis_plan.hpp"
#include "kernel/kernels.hpp"

#if defined(__GNUC__)
#define NDREG_PREEVAL_VECTORS 1
#define NDREG_PREEVAL_INLINE inline __attribute__((always_inline))
#define NDREG_PREEVAL_NOINLINE __attribute__((noinline))
#else
#define NDREG_PREEVAL_VECTORS 0
#define NDREG_PREEVAL_INLINE inline
#define NDREG_PREEVAL_NOINLINE
#endif

#if defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 12)
#define NDREG_PREEVAL_SHUFFLES 1
#else
#define NDREG_PREEVAL_SHUFFLES 0
#endif

// Instruction sets that a binary for any x86-64 can hold beside the baseline.
#if defined(__x86_64__) && defined(__GNUC__)
#define NDREG_PREEVAL_X86_DISPATCH 1
#include <immintrin.h>
#else
#define NDREG_PREEVAL_X86_DISPATCH 0
#endif
