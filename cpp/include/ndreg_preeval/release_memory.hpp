// SPDX-License-Identifier: MIT
/// \file release_memory.hpp
/// What is kept between calls, and how to give it back.
#pragma once

#include <cstddef>

#include <ndreg_preeval/export.hpp>

namespace ndreg_preeval {

/// Bytes that are kept for later calls, about: memory for images and spectra that scorers have
/// returned, and plans of the image sizes seen last.
///
/// They are bounded: by an eighth of what the process may use (of the machine, its control group
/// and its address space) and by 4 GiB, or by what the environment variable
/// NDREG_PREEVAL_KEPT_MEMORY says: a number of bytes, such as 0 (nothing is kept), 500M or 2G. It
/// is read whenever a scorer is made. What scorers hold is theirs and does not count.
NDREG_PREEVAL_API std::size_t kept_memory() noexcept;

/// Gives all of it back to the system, and ends the threads that sleep between calls; the next call
/// is as slow as the first one. Returns how many bytes it was. Other threads may be in calls. Where
/// an allocation of the library fails, memory is given back, too, and it is tried once more. At
/// exit and where the library is unloaded this is done by itself.
NDREG_PREEVAL_API std::size_t release_memory() noexcept;

}  // namespace ndreg_preeval
