// SPDX-License-Identifier: MIT
#include "chunk_lengths.hpp"

#include <algorithm>

namespace ndreg_preeval::bindings {
namespace {

constexpr std::size_t bytes_between_questions = std::size_t{1} << 22;
constexpr std::size_t size_bytes = 4;
constexpr std::size_t first_size_at = 8;  // where the size of a decoded block is

// Asks once every so many bytes.
class Questions {
 public:
  explicit Questions(const Stop& stop) : stop_(stop) {}

  bool stopped(std::size_t at) {
    if (at < next_) return false;
    next_ = at + bytes_between_questions;
    return stop_ && stop_();
  }

 private:
  const Stop& stop_;
  std::size_t next_ = bytes_between_questions;
};

std::uint64_t big_endian(const unsigned char* from) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size_bytes; ++i) value = value << 8 | from[i];
  return value;
}

}  // namespace

std::int64_t lzf_length(Bytes chunk, const Stop& stop) {
  // A byte below 32 announces that many literal bytes and one; another one a repetition of earlier
  // bytes: its upper three bits are the length less 2, a 7 being continued in the next byte, the
  // lower ones and a last byte the distance.
  Questions questions(stop);
  std::size_t at = 0;
  std::uint64_t length = 0;
  while (at < chunk.size) {
    if (questions.stopped(at)) return -1;
    const std::size_t end = std::min(chunk.size, at + bytes_between_questions);
    while (at < end) {
      const std::size_t control = chunk.data[at];
      const std::size_t repeated = control >> 5;
      const bool literal = repeated == 0;
      if (repeated == 7 && at + 1 < chunk.size) length += chunk.data[at + 1];
      length += literal ? control + 1 : repeated + 2;
      at += literal ? control + 2 : 2 + static_cast<std::size_t>(repeated == 7);
    }
  }
  return at == chunk.size ? static_cast<std::int64_t>(length) : -1;
}

std::vector<std::int64_t> block_starts(Bytes chunk, std::uint64_t count, const Stop& stop) {
  std::size_t at = first_size_at + size_bytes;
  // Each takes the bytes of its size at least.
  if (chunk.size < at || count > (chunk.size - at) / size_bytes) return {};
  Questions questions(stop);
  std::vector<std::int64_t> starts;
  starts.reserve(static_cast<std::size_t>(count) + 1);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (questions.stopped(at) || chunk.size - at < size_bytes) return {};
    const std::uint64_t size = big_endian(chunk.data + at);
    at += size_bytes;
    starts.push_back(static_cast<std::int64_t>(at));
    if (size > chunk.size - at) return {};
    at += static_cast<std::size_t>(size);
  }
  starts.push_back(static_cast<std::int64_t>(at + size_bytes));
  return starts;
}

bool zstd_fits(Bytes frame, const Stop& stop) {
  const unsigned char* const raw = frame.data;
  if (frame.size < 6) return false;
  if (raw[0] != 0x28 || raw[1] != 0xb5 || raw[2] != 0x2f || raw[3] != 0xfd) return false;
  const unsigned descriptor = raw[4];
  const bool single_segment = (descriptor >> 5 & 1U) != 0;
  constexpr std::size_t dictionary[] = {0, 1, 2, 4};
  const std::size_t content_size[] = {single_segment ? std::size_t{1} : 0, 2, 4, 8};
  std::size_t at =
      5 + (single_segment ? 0 : 1) + dictionary[descriptor & 3U] + content_size[descriptor >> 6];
  Questions questions(stop);
  while (at <= frame.size && frame.size - at >= 3) {
    if (questions.stopped(at)) return false;
    const std::size_t header = raw[at] | static_cast<std::size_t>(raw[at + 1]) << 8 |
                               static_cast<std::size_t>(raw[at + 2]) << 16;
    const std::size_t kind = header >> 1 & 3U;
    const std::size_t size = kind == 1 ? 1 : header >> 3;  // of a run there is one byte
    at += 3;
    if (kind == 3) return false;
    if ((header & 1U) != 0) {
      const std::size_t checksum = (descriptor >> 2 & 1U) != 0 ? 4 : 0;
      return frame.size - at == size + checksum;
    }
    if (size > frame.size - at) return false;
    at += size;
  }
  return false;
}

}  // namespace ndreg_preeval::bindings
