// SPDX-License-Identifier: MIT
// What the kernels include.
//
// Each instruction set has one source file that includes the kernels once, between the pragmas that
// switch it on. This header comes before them, so that everything of the standard library is
// compiled for any processor; all code of the kernels is in an unnamed namespace. Nothing that
// needs a special processor can therefore take the place of a function of the same name elsewhere
// in the program (tests/packaging/test_symbols.py looks, and tests/packaging/test_layering_cpp.py
// at the includes).
#pragma once

#include "base/aligned_buffer.hpp"
#include "kernel/compiler.hpp"
#include "kernel/fft/axis_plan.hpp"
#include "kernel/kernels.hpp"
