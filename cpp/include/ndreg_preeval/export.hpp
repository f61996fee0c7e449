// SPDX-License-Identifier: MIT
/// \file export.hpp
/// Which symbols a shared library shows. Everything else stays hidden.
#pragma once

#if defined(NDREG_PREEVAL_STATIC)
#define NDREG_PREEVAL_API
#elif defined(_WIN32)
#if defined(NDREG_PREEVAL_BUILDING)
#define NDREG_PREEVAL_API __declspec(dllexport)
#else
#define NDREG_PREEVAL_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define NDREG_PREEVAL_API __attribute__((visibility("default")))
#else
#define NDREG_PREEVAL_API
#endif

// The functions of ndreg_preeval.h. They are shown in a static library, too, so that it can be made
// a shared one, or part of one; the linker's --exclude-libs hides them there again.
#if defined(NDREG_PREEVAL_STATIC) && defined(__GNUC__) && !defined(_WIN32)
#define NDREG_PREEVAL_C_API __attribute__((visibility("default")))
#else
#define NDREG_PREEVAL_C_API NDREG_PREEVAL_API
#endif
