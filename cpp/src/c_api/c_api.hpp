// SPDX-License-Identifier: MIT
// What the functions of ndreg_preeval.h share: handles, arguments, and errors as codes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ndreg_preeval/ndreg_preeval.h>
#include <ndreg_preeval/ndreg_preeval.hpp>

struct ndreg_preeval_method {
  ndreg_preeval::Method value;
};
struct ndreg_preeval_scorer {
  ndreg_preeval::Scorer value;
};
struct ndreg_preeval_stack_scorer {
  ndreg_preeval::StackScorer value;
  std::size_t next_index = 1;  // of the next image, the reference image being 0
};
struct ndreg_preeval_stack_score {
  ndreg_preeval::StackScore value;
};
struct ndreg_preeval_ranking {
  std::vector<std::size_t> order;
  std::vector<ndreg_preeval_stack_score> stacks;
};

namespace ndreg_preeval::c_api {

// Keep the message of the exception that is being handled, and return its code.
ndreg_preeval_status remember_error() noexcept;

// Run what a C function does: exceptions become codes.
template <class Call>
ndreg_preeval_status guarded(Call&& call) noexcept {
  try {
    call();
    return NDREG_PREEVAL_OK;
  } catch (...) {
    return remember_error();
  }
}

// The same for a function that makes a handle: NULL unless it succeeds.
template <class Handle, class Make>
ndreg_preeval_status created(Handle** handle, const char* what, Make&& make) noexcept {
  if (handle != nullptr) *handle = nullptr;
  return guarded([&] {
    if (handle == nullptr) throw std::invalid_argument(std::string(what) + " must not be NULL");
    *handle = std::make_unique<Handle>(Handle{make()}).release();
  });
}

template <class T>
T& required(T* pointer, const char* what) {
  if (pointer == nullptr) throw std::invalid_argument(std::string(what) + " must not be NULL");
  return *pointer;
}

// Text of the caller for a message, of bearable length.
std::string quoted(const char* text);

bool flag_of(std::int64_t value, const char* what);

// A whole number of the caller that must not be negative and must fit.
std::size_t size_of(std::int64_t value, const std::string& what);

// The number of elements of an array, which may be NULL only where there are none.
std::size_t count_of(const void* elements, std::int64_t count, const char* what);

// Throws unless there is room for as many.
void check_capacity(const void* to, std::int64_t capacity, std::size_t needed, const char* what);

// --- Structs that grow ---------------------------------------------------------------------------

// Throws unless a caller's struct can have that size: the first version's at least, so that C++
// objects of any version lie one after the other.
void check_struct_size(std::uint64_t size, std::size_t first_version, std::size_t alignment,
                       const char* what);

// Throws if a part that this version does not know is not zero.
void check_unknown_part(const void* object, std::uint64_t size, std::size_t known,
                        const char* what);

// A struct that the caller wrote, with the members that this version knows.
template <class T>
T read_struct(const void* object, std::size_t first_version, const char* what) {
  std::uint64_t size = 0;
  static_assert(offsetof(T, struct_size) == 0);
  std::memcpy(&size, object, sizeof size);
  check_struct_size(size, first_version, alignof(T), what);
  T value{};
  std::memcpy(&value, object, std::min(static_cast<std::size_t>(size), sizeof value));
  check_unknown_part(object, size, sizeof value, what);
  return value;
}

// Write what fits of a struct, and zeros beyond.
template <class T>
void write_struct(const T& value, void* to, std::uint64_t size) {
  const std::size_t known = std::min(static_cast<std::size_t>(size), sizeof value);
  std::memcpy(to, &value, known);
  std::memset(static_cast<char*>(to) + known, 0, static_cast<std::size_t>(size) - known);
}

// Visit the elements of an array of structs, which lie as far apart as the first one says.
template <class T, class Visit>
void for_each_struct(const T* elements, std::size_t count, std::size_t first_version,
                     const char* what, Visit&& visit) {
  if (count == 0) return;
  const std::uint64_t apart = elements->struct_size;
  for (std::size_t i = 0; i < count; ++i) {
    const char* at = reinterpret_cast<const char*>(elements) + i * apart;
    const T value = read_struct<T>(at, first_version, what);
    if (value.struct_size != apart) {
      throw std::invalid_argument("struct_size of " + std::string(what) + " must be the same in " +
                                  "all elements of an array, not " + std::to_string(apart) +
                                  " and " + std::to_string(value.struct_size));
    }
    visit(value, i);
  }
}

// --- Arguments -----------------------------------------------------------------------------------

ImageView view_of(const ndreg_preeval_image* image, const char* what);
std::vector<ImageView> views_of(const ndreg_preeval_image* images, std::int64_t count,
                                std::size_t first_index);
RunOptions run_of(const ndreg_preeval_run* run);
Pairing pairing_of(ndreg_preeval_pairing pairing);
Aggregation aggregation_named(const char* name);
// The default where it is NULL.
Method method_of(const ndreg_preeval_method* method);

void check_score_size(std::uint64_t score_size);
// Write scores one after the other, each of that size.
void write_scores(const std::vector<PairScore>& scores, ndreg_preeval_pair_score* to,
                  std::uint64_t score_size);

}  // namespace ndreg_preeval::c_api
