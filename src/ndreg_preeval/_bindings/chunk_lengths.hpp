// SPDX-License-Identifier: MIT
// What compressed chunks of files say of their own lengths: walks over bytes that nobody vouches
// for.
//
// They read each byte at most once, none beyond the end, and take time in proportion to the bytes
// that there are, not to what those say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace ndreg_preeval::bindings {

struct Bytes {
  const unsigned char* data;
  std::size_t size;
};

// Asked every few milliseconds; where it says yes the walk ends, and what it gives means nothing.
using Stop = std::function<bool()>;

// How many bytes LZF data inflate to, -1 where they are cut off.
std::int64_t lzf_length(Bytes chunk, const Stop& stop);

// Where each of `count` blocks begins, and where one more would: the first one after 12 bytes and
// its own size, the others each after its size (4 bytes, big-endian). Empty where one does not fit.
std::vector<std::int64_t> block_starts(Bytes chunk, std::uint64_t count, const Stop& stop);

// Whether the blocks of one zstd frame fill these bytes (RFC 8878, 3.1.1).
bool zstd_fits(Bytes frame, const Stop& stop);

}  // namespace ndreg_preeval::bindings
