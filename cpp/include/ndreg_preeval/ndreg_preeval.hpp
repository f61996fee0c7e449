// SPDX-License-Identifier: MIT
/// \file ndreg_preeval.hpp
/// Everything. Rank stacks of images by how likely phase cross-correlation will align them.
#pragma once

#include <ndreg_preeval/aggregate.hpp>       // IWYU pragma: export
#include <ndreg_preeval/build_info.hpp>      // IWYU pragma: export
#include <ndreg_preeval/image_view.hpp>      // IWYU pragma: export
#include <ndreg_preeval/method.hpp>          // IWYU pragma: export
#include <ndreg_preeval/options.hpp>         // IWYU pragma: export
#include <ndreg_preeval/pair_score.hpp>      // IWYU pragma: export
#include <ndreg_preeval/ranking.hpp>         // IWYU pragma: export
#include <ndreg_preeval/release_memory.hpp>  // IWYU pragma: export
#include <ndreg_preeval/run_options.hpp>     // IWYU pragma: export
#include <ndreg_preeval/scorer.hpp>          // IWYU pragma: export
#include <ndreg_preeval/stack_scorer.hpp>    // IWYU pragma: export
#include <ndreg_preeval/static_pattern.hpp>  // IWYU pragma: export
#include <ndreg_preeval/threads.hpp>         // IWYU pragma: export
#include <ndreg_preeval/version.hpp>         // IWYU pragma: export
