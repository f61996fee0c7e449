// SPDX-License-Identifier: MIT
// Objects of the whole process that are there before all others, and after them.
#pragma once

namespace ndreg_preeval::detail {

// Never destroyed: other threads may be in calls while a program ends. Of a type whose default
// constructor is constexpr and throws nothing.
template <class T>
union Immortal {
  constexpr Immortal() noexcept : value() {}
  Immortal(const Immortal&) = delete;
  Immortal& operator=(const Immortal&) = delete;
  ~Immortal() {}  // NOLINT(modernize-use-equals-default): that would destroy it

  T& operator*() noexcept { return value; }    // NOLINT(*-union-access): there is no other member
  T* operator->() noexcept { return &value; }  // NOLINT(*-union-access)

  T value;
};

}  // namespace ndreg_preeval::detail
