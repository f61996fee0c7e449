// SPDX-License-Identifier: MIT
// What compilers and processors differ in, and all that the kernels use of the standard library.
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
