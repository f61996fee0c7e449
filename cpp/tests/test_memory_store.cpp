// SPDX-License-Identifier: MIT
// The store of memory by itself: which piece comes when, and which ones go.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/aligned_buffer.hpp"
#include "base/usable_memory.hpp"
#include "check.hpp"

namespace {

using namespace ndreg_preeval::detail;

void keep_at_most(const char* size) {
  setenv("NDREG_PREEVAL_KEPT_MEMORY", size, 1);
  read_kept_memory_limit();
  release_kept_memory();
}

void a_piece_comes_back() {
  keep_at_most("100M");
  for (const std::size_t bytes : {1U, 64U, 129U, 5000U, 3000000U}) {
    void* const first = take_memory(bytes);
    std::memset(first, 1, bytes);
    CHECK(kept_memory_bytes() == 0);
    give_memory(first, bytes, 0);
    CHECK(kept_memory_bytes() >= bytes);
    CHECK(kept_memory_bytes() <= bytes + bytes / 16 + 128);
    CHECK(take_memory(bytes) == first);
    give_memory(first, bytes, 0);
    CHECK(release_kept_memory() >= bytes);
  }
}

void borders() {
  keep_at_most("100M");
  for (std::size_t bytes = 1; bytes < std::size_t{5} << 20U; bytes = bytes * 5 / 4 + 1) {
    AlignedBuffer<unsigned char> buffer(bytes);
    const auto place = reinterpret_cast<std::uintptr_t>(buffer.data());
    CHECK(place % (bytes < large_page ? cache_line : large_page) == 0);
    std::memset(buffer.data(), 7, bytes);
  }
}

// Whatever the order in which they came back.
void a_thread_gets_what_it_had() {
  keep_at_most("100M");
  std::vector<void*> had;
  for (unsigned thread = 0; thread < 5; ++thread) had.push_back(take_memory(1000));
  for (const unsigned thread : {3U, 0U, 4U, 2U, 1U}) give_memory(had[thread], 1000, thread);
  for (const unsigned thread : {2U, 4U, 0U, 1U, 3U}) {
    const Seat seat(thread);
    CHECK(Seat::current() == thread);
    CHECK(take_memory(1000) == had[thread]);
  }
  CHECK(Seat::current() == 0);
  for (void* piece : had) give_memory(piece, 1000, 9);
  const Seat seat(1);  // who had none gets that of another one
  void* const other = take_memory(1000);
  CHECK(other == had.back());
  give_memory(other, 1000, 1);
}

void the_oldest_goes() {
  keep_at_most("64K");
  std::vector<void*> pieces;
  for (int i = 0; i < 8; ++i) pieces.push_back(take_memory(10000));
  for (void* piece : pieces) give_memory(piece, 10000, 0);
  CHECK(kept_memory_bytes() <= std::size_t{60} << 10U);  // a sixteenth is for plans
  CHECK(kept_memory_bytes() > 50000);
  for (int i = 7; i >= 3; --i) CHECK(take_memory(10000) == pieces[static_cast<std::size_t>(i)]);
  CHECK(kept_memory_bytes() < 20000);
  for (int i = 3; i < 8; ++i) give_memory(pieces[static_cast<std::size_t>(i)], 10000, 0);
  give_memory(take_memory(100000), 100000, 0);  // larger than all that is kept: not kept
  CHECK(kept_memory_bytes() > 50000);
}

void the_limit() {
  unsetenv("NDREG_PREEVAL_KEPT_MEMORY");
  read_kept_memory_limit();
  CHECK(kept_memory_limit() > 0);
  CHECK(kept_memory_limit() <= usable_memory() / 8);
  CHECK(kept_memory_limit() <= std::uint64_t{4} << 30U);
  CHECK(usable_memory() > std::size_t{1} << 20U);
  keep_at_most("3K");
  CHECK(kept_memory_limit() == 3072);
  CHECK(kept_plans_limit() < kept_memory_limit());
}

void vectors() {
  keep_at_most("1M");
  const unsigned char* where = nullptr;
  {
    const KeptVector<unsigned char> vector(70000, 3);
    where = vector.data();
  }
  KeptVector<unsigned char> vector(70000);
  CHECK(vector.data() == where);
  CHECK(vector[0] == 0 && vector[69999] == 0);
}

void too_much() {
  CHECK_THROWS(std::bad_alloc, take_memory(SIZE_MAX), "");
  CHECK_THROWS(std::bad_alloc, take_memory(SIZE_MAX / 2), "");
  CHECK_THROWS(std::bad_alloc, AlignedBuffer<double>(SIZE_MAX / 8), "");
}

}  // namespace

int main() {
  return check::run({{"a piece comes back", a_piece_comes_back},
                     {"borders", borders},
                     {"a thread gets what it had", a_thread_gets_what_it_had},
                     {"the oldest goes", the_oldest_goes},
                     {"the limit", the_limit},
                     {"vectors", vectors},
                     {"too much", too_much}});
}
