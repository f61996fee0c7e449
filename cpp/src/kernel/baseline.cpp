// SPDX-License-Identifier: MIT
#include "baseline.hpp"

// pocketfft's plans run on whatever element type they are given; its own threads and plan cache
// are not used.
#define POCKETFFT_NO_MULTITHREADING
#include <pocketfft_hdronly.h>

#include "vector_transforms.hpp"

namespace ndreg_preeval::kernel {

// 16 bytes: SSE2, NEON, VSX. Where a compiler has no vector extension, one lane.
template <class T>
std::unique_ptr<const Transforms<T>> make_baseline(std::size_t height, std::size_t width) {
#if defined(__GNUC__)
  return std::make_unique<VectorTransforms<T, 16 / sizeof(T)>>(height, width);
#else
  return std::make_unique<VectorTransforms<T, 1>>(height, width);
#endif
}

template std::unique_ptr<const Transforms<float>> make_baseline<float>(std::size_t, std::size_t);
template std::unique_ptr<const Transforms<double>> make_baseline<double>(std::size_t, std::size_t);

}  // namespace ndreg_preeval::kernel
