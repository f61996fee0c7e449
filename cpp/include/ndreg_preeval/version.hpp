// SPDX-License-Identifier: MIT
/// \file version.hpp
/// The one place that holds the version; CMake and the Python metadata read it from here.
#pragma once

#define NDREG_PREEVAL_VERSION_MAJOR 0
#define NDREG_PREEVAL_VERSION_MINOR 1
#define NDREG_PREEVAL_VERSION_PATCH 0
#define NDREG_PREEVAL_VERSION "0.1.0"
