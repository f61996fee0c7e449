// SPDX-License-Identifier: MIT
#include "kernel/fft/axis_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <map>
#include <numeric>

// Its exact roots of unity, and the lengths that transform well. Its threads and caches stay out.
#define POCKETFFT_NO_MULTITHREADING
#include <pocketfft_hdronly.h>

namespace ndreg_preeval::kernel {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Codelet {
  std::size_t radix;
  double cost;  // operations per element, and what loading and storing it takes
};

// Radices with straight-line code, with costs as they were measured.
constexpr std::array<Codelet, 12> codelets{{{2, 8.0},
                                            {3, 9.5},
                                            {4, 9.0},
                                            {5, 12.0},
                                            {6, 12.0},
                                            {7, 15.0},
                                            {8, 12.0},
                                            {9, 14.5},
                                            {10, 15.0},
                                            {12, 15.0},
                                            {15, 18.0},
                                            {16, 17.5}}};

using Found = std::map<std::size_t, Cut>;

const Cut& search(std::size_t length, Found& found) {
  const auto known = found.find(length);
  if (known != found.end()) return known->second;
  Cut best{{}, infinity};
  const auto attempt = [&](std::size_t radix, double cost) {
    const Cut& rest = search(length / radix, found);
    if (rest.cost + cost >= best.cost) return;
    best.radices = rest.radices;
    best.radices.push_back(radix);
    best.cost = rest.cost + cost;
  };
  if (length == 1) {
    best.cost = 0;
  } else {
    for (const Codelet& codelet : codelets) {
      if (length % codelet.radix == 0) attempt(codelet.radix, codelet.cost);
    }
    const std::size_t prime = pocketfft::detail::util::largest_prime_factor(length);
    if (prime > 7 && prime <= largest_radix) attempt(prime, 8 + 1.3 * static_cast<double>(prime));
  }
  return found.emplace(length, best).first->second;
}

template <class T>
void put(T* to, const pocketfft::detail::cmplx<double>& value, bool conjugate) {
  to[0] = static_cast<T>(value.r);
  to[1] = static_cast<T>(conjugate ? -value.i : value.i);
}

// Bluestein's chirp exp(+i pi k^2 / n); k^2 modulo 2 n stays exact.
std::vector<std::complex<double>> chirp_of(std::size_t n) {
  const pocketfft::detail::sincos_2pibyn<double> roots(2 * n);
  std::vector<std::complex<double>> chirp(n);
  std::size_t square = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const auto root = roots[square];
    chirp[k] = {root.r, root.i};
    square = (square + 2 * k + 1) % (2 * n);
  }
  return chirp;
}

}  // namespace

Cut best_cut(std::size_t length) {
  Found found;
  Cut cut = search(length, found);
  // Small radices first: few streams through the whole axis; the last pass needs no twiddles, so
  // that the largest one is cheapest there.
  std::sort(cut.radices.begin(), cut.radices.end());
  return cut;
}

template <class T>
AxisPlan<T>::AxisPlan(std::size_t length_, std::size_t lanes) : length(length_) {
  const Cut direct = best_cut(length);
  double convolved_cost = infinity;
  std::size_t convolved = 0;
  if (length > 7 && pocketfft::detail::util::largest_prime_factor(length) > 7) {
    convolved = pocketfft::detail::util::good_size_cmplx(2 * length - 1);
    convolved_cost = (2 * best_cut(convolved).cost + 20) * static_cast<double>(convolved) /
                     static_cast<double>(length);
  }
  if (convolved_cost < direct.cost) {
    convolve(convolved, lanes);
  } else {
    cut(direct.radices, lanes);
  }
}

template <class T>
void AxisPlan<T>::cut(const std::vector<std::size_t>& radices, std::size_t lanes) {
  const pocketfft::detail::sincos_2pibyn<double> unity(length);
  std::size_t inner = length;
  std::size_t twiddle_count = 0;
  std::size_t root_count = 0;
  for (const std::size_t radix : radices) {
    inner /= radix;
    levels.push_back({radix, inner, twiddle_count, root_count});
    if (inner > 1) twiddle_count += 2 * inner * (radix - 1);
    root_count += 2 * radix;
  }
  twiddles = detail::AlignedBuffer<T>(twiddle_count);
  roots = detail::AlignedBuffer<T>(root_count);
  for (const Level& level : levels) {
    const std::size_t block = level.radix * level.inner;
    const std::size_t step = length / block;
    T* twiddle = twiddles.data() + level.twiddles;
    for (std::size_t j = 0; level.inner > 1 && j < level.inner; ++j) {
      for (std::size_t q = 1; q < level.radix; ++q) {
        put(twiddle, unity[j * q * step], true);
        twiddle += 2;
      }
    }
    T* root = roots.data() + level.roots;
    for (std::size_t k = 0; k < level.radix; ++k) {
      put(root + 2 * k, unity[k * (length / level.radix)], false);
    }
  }

  outer_stride = levels.empty() ? 1 : levels[0].inner;
  constexpr std::size_t same_place = 2048;  // bytes
  if (outer_stride > 1 && outer_stride * 2 * lanes * sizeof(T) % same_place == 0) ++outer_stride;
  const std::size_t parts = levels.empty() ? 1 : levels[0].radix;
  extent = parts * outer_stride;

  std::vector<std::size_t> elements(length);
  for (std::size_t k = 0; k < length; ++k) {
    // Part q of a level holds the frequencies that are q modulo its radix.
    std::size_t rest = k;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      elements[k] += rest % levels[i].radix * (i == 0 ? outer_stride : levels[i].inner);
      rest /= levels[i].radix;
    }
  }
  number(elements);
}

template <class T>
void AxisPlan<T>::number(const std::vector<std::size_t>& elements) {
  position.assign(elements.begin(), elements.end());
  rank.resize(length);
  order.resize(length);
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::sort(order.begin(), order.end(),
            [this](std::uint32_t a, std::uint32_t b) { return position[a] < position[b]; });
  for (std::size_t i = 0; i < length; ++i) {
    const std::size_t element = position[order[i]];
    rank[order[i]] = static_cast<std::uint32_t>(i);
    if (runs.empty() || runs.back().element + runs.back().count != element) {
      runs.push_back({element, 0});
    }
    ++runs.back().count;
  }
}

template <class T>
void AxisPlan<T>::convolve(std::size_t convolved_length, std::size_t lanes) {
  convolution = std::make_unique<const AxisPlan>(convolved_length, lanes);
  const auto values = chirp_of(length);
  chirp = detail::AlignedBuffer<T>(2 * length);
  std::vector<pocketfft::detail::cmplx<double>> spread(convolved_length, {0, 0});
  const double scale = 1 / static_cast<double>(convolved_length);
  for (std::size_t k = 0; k < length; ++k) {
    chirp.data()[2 * k] = static_cast<T>(values[k].real());
    chirp.data()[2 * k + 1] = static_cast<T>(-values[k].imag());
    const pocketfft::detail::cmplx<double> scaled(values[k].real() * scale,
                                                  values[k].imag() * scale);
    spread[k] = scaled;
    if (k > 0) spread[convolved_length - k] = scaled;
  }
  pocketfft::detail::pocketfft_c<double>(convolved_length).exec(spread.data(), 1.0, true);
  chirp_spectrum = detail::AlignedBuffer<T>(2 * convolved_length);
  for (std::size_t i = 0; i < convolved_length; ++i) {
    put(chirp_spectrum.data() + 2 * i, spread[convolution->order[i]], false);
  }
  outer_stride = convolution->outer_stride;
  extent = convolution->extent;
  std::vector<std::size_t> elements(length);
  for (std::size_t k = 0; k < length; ++k) elements[k] = convolution->natural_element(k);
  number(elements);
}

template struct AxisPlan<float>;
template struct AxisPlan<double>;

}  // namespace ndreg_preeval::kernel
