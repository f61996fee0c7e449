// SPDX-License-Identifier: MIT
// Objects of the whole process that are there before all others, and after them.
#pragma once

namespace ndreg_preeval::detail {

// Never destroyed: other threads may be in calls while a program ends. Declare it `static`, of a
// type whose default constructor is constexpr.
template <class T>
union Immortal {
  constexpr Immortal() : value() {}
  Immortal(const Immortal&) = delete;
  Immortal& operator=(const Immortal&) = delete;
  ~Immortal() {}  // NOLINT(modernize-use-equals-default): that would destroy it

  T value;
};

}  // namespace ndreg_preeval::detail
