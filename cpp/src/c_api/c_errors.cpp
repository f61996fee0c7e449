// SPDX-License-Identifier: MIT
// Errors of the C interface: exceptions to codes, messages per thread, checks of plain arguments.
#include "c_api/c_api.hpp"

#include <array>
#include <exception>
#include <limits>
#include <new>

namespace ndreg_preeval::c_api {
namespace {

// Of fixed size, so that keeping a message cannot fail and leaves nothing to free.
thread_local std::array<char, 1024> last_message{};

bool continues_character(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

ndreg_preeval_status remember(ndreg_preeval_status status, const char* message) noexcept {
  std::size_t length = std::strlen(message);
  if (length >= last_message.size()) {
    length = last_message.size() - 1;
    while (length > 0 && continues_character(message[length])) --length;
  }
  std::memcpy(last_message.data(), message, length);
  last_message[length] = '\0';
  return status;
}

}  // namespace

ndreg_preeval_status remember_error() noexcept {
  try {
    throw;
  } catch (const Cancelled& error) {
    return remember(NDREG_PREEVAL_CANCELLED, error.what());
  } catch (const std::invalid_argument& error) {
    return remember(NDREG_PREEVAL_INVALID_ARGUMENT, error.what());
  } catch (const std::bad_alloc&) {
    return remember(NDREG_PREEVAL_OUT_OF_MEMORY, "there is not enough memory");
  } catch (const std::length_error&) {
    return remember(NDREG_PREEVAL_OUT_OF_MEMORY, "there is no such amount of memory");
  } catch (const std::exception& error) {
    return remember(NDREG_PREEVAL_INTERNAL_ERROR, error.what());
  } catch (...) {
    return remember(NDREG_PREEVAL_INTERNAL_ERROR, "something was thrown that is no std::exception");
  }
}

std::string quoted(const char* text) {
  constexpr std::size_t most = 200;
  std::size_t length = 0;
  while (length < most && text[length] != '\0') ++length;
  return "'" + std::string(text, length) + "'";
}

bool flag_of(std::int64_t value, const char* what) {
  if (value != 0 && value != 1) {
    throw std::invalid_argument(std::string(what) + " must be 0 or 1, not " +
                                std::to_string(value));
  }
  return value == 1;
}

std::size_t size_of(std::int64_t value, const std::string& what) {
  if (value < 0) {
    throw std::invalid_argument(what + " must be 0 or more, not " + std::to_string(value));
  }
  if (static_cast<std::uint64_t>(value) > std::numeric_limits<std::size_t>::max()) {
    throw std::invalid_argument(what + " is too large for this machine: " + std::to_string(value));
  }
  return static_cast<std::size_t>(value);
}

std::size_t count_of(const void* elements, std::int64_t count, const char* what) {
  const std::size_t size = size_of(count, std::string("the number of ") + what);
  if (size > 0 && elements == nullptr) {
    throw std::invalid_argument(std::string(what) + " must not be NULL where there are any");
  }
  return size;
}

void check_capacity(const void* to, std::int64_t capacity, std::size_t needed, const char* what) {
  if (count_of(to, capacity, what) < needed) {
    throw std::invalid_argument("there must be room for " + std::to_string(needed) + " " + what +
                                ", not for " + std::to_string(capacity));
  }
}

void check_struct_size(std::uint64_t size, std::size_t first_version, std::size_t alignment,
                       const char* what) {
  // No struct will ever be longer; what is there was never set.
  constexpr std::uint64_t longest = 4096;
  if (size < first_version || size > longest || size % alignment != 0) {
    throw std::invalid_argument("the size of " + std::string(what) + " must be its sizeof, " +
                                std::to_string(first_version) + " bytes or more, not " +
                                std::to_string(size));
  }
}

void check_unknown_part(const void* object, std::uint64_t size, std::size_t known,
                        const char* what) {
  const auto* bytes = static_cast<const unsigned char*>(object);
  for (std::size_t i = known; i < size; ++i) {
    if (bytes[i] == 0) continue;
    throw std::invalid_argument(std::string(what) + " has members set that version " +
                                NDREG_PREEVAL_VERSION + " of the library does not know");
  }
}

}  // namespace ndreg_preeval::c_api

const char* ndreg_preeval_status_text(ndreg_preeval_status status) {
  switch (status) {
    case NDREG_PREEVAL_OK:
      return "success";
    case NDREG_PREEVAL_INVALID_ARGUMENT:
      return "invalid argument";
    case NDREG_PREEVAL_OUT_OF_MEMORY:
      return "out of memory";
    case NDREG_PREEVAL_CANCELLED:
      return "cancelled";
    case NDREG_PREEVAL_INTERNAL_ERROR:
      return "internal error";
    default:
      return "unknown status";
  }
}

const char* ndreg_preeval_last_error() { return ndreg_preeval::c_api::last_message.data(); }
