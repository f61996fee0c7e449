// SPDX-License-Identifier: MIT
#include "dispatch.hpp"

#include "baseline.hpp"

namespace ndreg_preeval::kernel {

std::vector<std::string> isas() { return {"baseline"}; }

std::string active_isa() { return "baseline"; }

template <class T>
std::unique_ptr<const Transforms<T>> make_transforms(std::size_t height, std::size_t width) {
  return make_baseline<T>(height, width);
}

template std::unique_ptr<const Transforms<float>> make_transforms<float>(std::size_t, std::size_t);
template std::unique_ptr<const Transforms<double>> make_transforms<double>(std::size_t,
                                                                           std::size_t);

}  // namespace ndreg_preeval::kernel
