// SPDX-License-Identifier: MIT
// Where the kernel tells what a process may use of a machine.
#pragma once

#include <functional>
#include <string>

namespace ndreg_preeval::detail {

// Calls each(folder, v2) for the control groups of this process that limit something ("cpu",
// "memory"), and for those above them; `v2`: of which version their files are. Linux only.
void for_each_control_group(const std::string& controller,
                            const std::function<void(const std::string& folder, bool v2)>& each);

}  // namespace ndreg_preeval::detail
