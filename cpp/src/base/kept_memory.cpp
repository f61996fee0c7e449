// SPDX-License-Identifier: MIT
#include "base/kept_memory.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/immortal.hpp"
#include "base/usable_memory.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NDREG_PREEVAL_POISONS 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define NDREG_PREEVAL_POISONS 1
#endif
#if defined(NDREG_PREEVAL_POISONS)
#include <sanitizer/asan_interface.h>
#endif

namespace ndreg_preeval::detail {
namespace {

thread_local unsigned seat_of_thread = 0;

// Sizes are rounded up, sixteen to an octave, so that shapes that differ little share pieces.
constexpr std::size_t sizes_per_octave = 16;
constexpr std::size_t least_octave = 7;  // pieces of 128 bytes and less are alike
constexpr std::size_t last_octave = sizeof(std::size_t) > 4 ? 47 : 30;
constexpr std::size_t octaves = last_octave - least_octave + 1;
constexpr std::size_t most_bytes = std::size_t{1} << last_octave;  // more is nowhere

struct SizeClass {
  explicit SizeClass(std::size_t bytes) noexcept {
    bytes = std::max(bytes, std::size_t{1} << least_octave) - 1;
    std::size_t octave = least_octave - 1;
    while (bytes >> (octave + 1) != 0) ++octave;
    const std::size_t shift = octave - 4;
    const std::size_t sixteenths = bytes >> shift;  // 16 to 31
    size = (sixteenths + 1) << shift;
    index = (octave - (least_octave - 1)) * sizes_per_octave + sixteenths - sizes_per_octave;
  }

  std::size_t size;
  std::size_t index;
};

// A piece that nobody uses; lies in the piece itself.
struct Idle {
  Idle* newer = nullptr;  // among all
  Idle* older = nullptr;
  Idle* next = nullptr;  // of its size, the one that came last first
  Idle* previous = nullptr;
  std::size_t size = 0;
  std::uint32_t index = 0;
  std::uint32_t seat = 0;
};
static_assert(sizeof(Idle) <= cache_line);

// Whoever reads or writes an idle piece, or beyond the end of one in use, is found by the address
// sanitizer.
void forbid([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t from,
            [[maybe_unused]] std::size_t size) noexcept {
#if defined(NDREG_PREEVAL_POISONS)
  __asan_poison_memory_region(static_cast<char*>(memory) + from, size - from);
#endif
}

void allow([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t size) noexcept {
#if defined(NDREG_PREEVAL_POISONS)
  __asan_unpoison_memory_region(memory, size);
#endif
}

std::align_val_t border(std::size_t size) noexcept {
  return std::align_val_t{size < large_page ? cache_line : large_page};
}

// Its pages go back to the system whatever the allocator does with the rest.
void free_piece(void* memory, std::size_t size) noexcept {
  allow(memory, size);
#if defined(__linux__)
  constexpr std::size_t page = std::size_t{1} << 16;  // or less
  if (size >= 2 * page) {
    const std::size_t before = (page - reinterpret_cast<std::uintptr_t>(memory) % page) % page;
    static_cast<void>(
        madvise(static_cast<char*>(memory) + before, (size - before) / page * page, MADV_DONTNEED));
  }
#endif
  ::operator delete(memory, border(size));
}

// Returns how many bytes they had.
std::size_t free_pieces(Idle* first) noexcept {
  std::size_t bytes = 0;
  while (first != nullptr) {
    Idle* const after = first->older;
    bytes += first->size;
    free_piece(first, first->size);
    first = after;
  }
  return bytes;
}

class Store {
 public:
  constexpr Store() = default;

  void* take(const SizeClass& wanted, unsigned seat) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    Idle* found = of_size_[wanted.index];
    if (found == nullptr) return nullptr;
    std::size_t looked_at = 0;
    for (Idle* idle = found; idle != nullptr && looked_at < 256; idle = idle->next, ++looked_at) {
      if (idle->seat != seat) continue;
      found = idle;
      break;
    }
    remove(found);
    return found;
  }

  // The piece is kept, and returned is what has to be freed for it, the rest being `older`.
  Idle* give(void* memory, const SizeClass& size, unsigned seat, std::size_t limit) noexcept {
    auto* const idle = new (memory) Idle;
    idle->size = size.size;
    idle->index = static_cast<std::uint32_t>(size.index);
    idle->seat = seat;
    forbid(memory, cache_line, size.size);
    const std::lock_guard<std::mutex> lock(mutex_);
    insert(idle);
    return shrink_to(limit);
  }

  Idle* shrink(std::size_t limit) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return shrink_to(limit);
  }

  std::size_t bytes() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return bytes_;
  }

  // Around a fork: the child gets the store as no thread is changing it.
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  void insert(Idle* idle) noexcept {
    Idle*& head = of_size_[idle->index];
    idle->next = head;
    if (head != nullptr) head->previous = idle;
    head = idle;
    idle->older = newest_;
    (newest_ != nullptr ? newest_->newer : oldest_) = idle;
    newest_ = idle;
    bytes_ += idle->size;
  }

  void remove(Idle* idle) noexcept {
    (idle->previous != nullptr ? idle->previous->next : of_size_[idle->index]) = idle->next;
    if (idle->next != nullptr) idle->next->previous = idle->previous;
    (idle->newer != nullptr ? idle->newer->older : newest_) = idle->older;
    (idle->older != nullptr ? idle->older->newer : oldest_) = idle->newer;
    bytes_ -= idle->size;
  }

  Idle* shrink_to(std::size_t limit) noexcept {
    Idle* removed = nullptr;
    while (bytes_ > limit) {
      Idle* const idle = oldest_;
      remove(idle);
      idle->older = removed;
      removed = idle;
    }
    return removed;
  }

  std::mutex mutex_;
  std::array<Idle*, octaves * sizes_per_octave> of_size_{};
  Idle* newest_ = nullptr;
  Idle* oldest_ = nullptr;
  std::size_t bytes_ = 0;
};

// Threads may be in calls while the program ends: it is never destroyed, only emptied.
Immortal<Store> store;
constexpr std::size_t unknown = static_cast<std::size_t>(-1);
std::atomic<std::size_t> limit_by_default{unknown};
std::atomic<std::size_t> limit{unknown};
std::atomic<bool> over{false};

struct AtEnd {
  AtEnd() = default;
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;
  ~AtEnd() {
    over.store(true);
    release_kept_memory();
  }
} const at_end{};

#if defined(__unix__) || defined(__APPLE__)
void lock_store() { store->lock(); }
void unlock_store() { store->unlock(); }
int watch_forks() noexcept { return pthread_atfork(&lock_store, &unlock_store, &unlock_store); }
[[maybe_unused]] const int around_forks = watch_forks();
#endif

std::size_t default_limit() noexcept {
  std::size_t known = limit_by_default.load(std::memory_order_relaxed);
  if (known == unknown) {
    known = static_cast<std::size_t>(std::min(usable_memory() / 8, std::uint64_t{1} << 32U));
    limit_by_default.store(known, std::memory_order_relaxed);
  }
  return known;
}

// What is not for plans.
std::size_t pieces_limit() noexcept { return kept_memory_limit() - 2 * kept_plans_limit(); }

// A number of bytes, or with K, M or G behind it of so many of these.
std::size_t size_of_text(const char* text) {
  char* end = nullptr;
  const unsigned long long number = std::strtoull(text, &end, 10);
  const std::string unit = end;
  int shift = unit.empty() ? 0 : -1;
  for (const auto& [name, bits] : {std::pair{"K", 10}, {"M", 20}, {"G", 30}}) {
    if (unit == name) shift = bits;
  }
  if (*text < '0' || *text > '9' || shift < 0) {
    throw std::invalid_argument(
        "NDREG_PREEVAL_KEPT_MEMORY must be a number of bytes, such as 0, 500M or 2G, not '" +
        std::string(text).substr(0, 200) + "'");
  }
  return number > (unknown >> 1U >> shift) ? unknown >> 1U
                                           : static_cast<std::size_t>(number) << shift;
}

void* new_piece(std::size_t size, std::size_t bytes) {
  void* const memory = ::operator new(size, border(size));
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  // Sweeps touch as many pages at a time as there are rows: fewer, larger ones are found faster.
  // Whole pages only; where the system does not want to, nothing is lost.
  const std::size_t whole = bytes / large_page * large_page;
  if (whole > 0) static_cast<void>(madvise(memory, whole, MADV_HUGEPAGE));
#else
  static_cast<void>(bytes);
#endif
  return memory;
}

}  // namespace

Seat::Seat(std::size_t seat) noexcept : before_(seat_of_thread) {
  seat_of_thread = static_cast<unsigned>(seat);
}

Seat::~Seat() { seat_of_thread = before_; }

unsigned Seat::current() noexcept { return seat_of_thread; }

void* take_memory(std::size_t bytes) {
  if (bytes > most_bytes) throw std::bad_alloc();
  const SizeClass size(bytes);
  void* memory = store->take(size, Seat::current());
  if (memory != nullptr) {
    allow(memory, size.size);
  } else {
    try {
      memory = new_piece(size.size, bytes);
    } catch (const std::bad_alloc&) {
      if (release_kept_memory() == 0) throw;
      memory = new_piece(size.size, bytes);
    }
  }
  forbid(memory, bytes, size.size);
  return memory;
}

void give_memory(void* memory, std::size_t bytes, unsigned seat) noexcept {
  if (memory == nullptr) return;
  const SizeClass size(bytes);
  allow(memory, size.size);
  const std::size_t most = pieces_limit();
  if (size.size > most) {
    free_piece(memory, size.size);
  } else {
    free_pieces(store->give(memory, size, seat, most));
  }
}

std::size_t release_kept_memory() noexcept { return free_pieces(store->shrink(0)); }

std::size_t kept_memory_bytes() noexcept { return store->bytes(); }

std::size_t kept_memory_limit() noexcept {
  if (over.load(std::memory_order_relaxed)) return 0;
  const std::size_t most = limit.load(std::memory_order_relaxed);
  return most == unknown ? default_limit() : most;
}

std::size_t kept_plans_limit() noexcept { return kept_memory_limit() / 32; }

bool read_kept_memory_limit() {
  const char* text = std::getenv("NDREG_PREEVAL_KEPT_MEMORY");
  const bool asked = text != nullptr && *text != '\0';
  const std::size_t most = asked ? size_of_text(text) : unknown;
  if (limit.exchange(most, std::memory_order_relaxed) == most) return false;
  free_pieces(store->shrink(pieces_limit()));
  return true;
}

}  // namespace ndreg_preeval::detail
