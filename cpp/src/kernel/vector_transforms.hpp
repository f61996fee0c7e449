// SPDX-License-Identifier: MIT
// Transforms over n lanes: columns, rows, columns.
//
// 1. Real transforms down the columns, n neighbouring columns side by side as lanes. The half
//    spectrum is written turned: [group of n frequencies ky][x][re, im][lane = ky].
// 2. Per group, in cache: complex transform along x, cross-power, and back, all in place.
// 3. Turned back, real transforms down the columns; only summaries are kept.
//
// The includer provides namespace pocketfft.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "hann_rows.hpp"
#include "lanes.hpp"
#include "transforms.hpp"

namespace ndreg_preeval::kernel {

template <class T, std::size_t n>
class VectorTransforms final : public Transforms<T> {
  using V = vector_of<T, n>;
  using Complex = pocketfft::detail::cmplx<V>;

 public:
  VectorTransforms(std::size_t height, std::size_t width)
      : height_(height),
        width_(width),
        frequencies_(height / 2 + 1),
        groups_((frequencies_ + n - 1) / n),
        row_size_(2 * width * n),
        along_y_(height),
        along_x_(width) {}

  std::size_t spectrum_size() const noexcept override { return groups_ * row_size_; }
  std::size_t group_size() const noexcept override { return n; }
  std::size_t scratch_size() const noexcept override {
    return std::max(columns_at_once * height_, row_size_ + HannRows<T, n>::scratch_size(width_));
  }

  void forward(const detail::CentredImage& image, T* spectrum, T* scratch,
               detail::Stopper& stopper) const override {
    for (std::size_t x = 0; x < width_; x += columns_at_once) {
      stopper.check();
      const std::size_t count = std::min(columns_at_once, width_ - x);
      image.load_columns(x, count, n, scratch);
      for (std::size_t done = 0; done < count; done += n) {
        T* columns = scratch + done * height_;
        along_y_.exec(reinterpret_cast<V*>(columns), T(1), true);
        turn_to_rows(columns, x + done, spectrum);
      }
    }
    for (std::size_t group = 0; group < groups_; ++group) {
      stopper.check();
      along_x_.exec(as_complex(spectrum + group * row_size_), T(1), true);
    }
    spectrum[0] = spectrum[n] = T(0);
  }

  double whiten(const T* spectrum, T floor, const Filter& filter, T* unit, T* scratch,
                detail::Stopper& stopper) const override {
    const std::vector<double> low_x = low_pass(width_, width_, filter.cutoff);
    const std::vector<double> low_y = low_pass(height_, frequencies_, filter.cutoff);
    double total = 0;
    const WindowedAxes axes(filter, height_, width_);
    HannRows<T, n> window(spectrum, height_, width_, scratch + row_size_);
    for (std::size_t group = 0; group < groups_; ++group) {
      stopper.check();
      const T* row = spectrum + group * row_size_;
      T* out = unit + group * row_size_;
      if (axes.any()) {
        window.row(axes, row, next_row(row, group), group, scratch);
        window.pass(row);
        row = scratch;
      }
      for (std::size_t x = 0; x < width_; ++x) {
        for (std::size_t lane = 0; lane < n; ++lane) {
          const std::size_t re = 2 * x * n + lane;
          const std::size_t ky = group * n + lane;
          const T size = std::sqrt(row[re] * row[re] + row[re + n] * row[re + n]);
          const bool counts = ky < frequencies_ && size > floor;
          const double magnitude = counts ? low_y[ky] * low_x[x] : 0.0;
          const T weight = counts ? static_cast<T>(magnitude) / size : T(0);
          out[re] = row[re] * weight;
          out[re + n] = row[re + n] * weight;
          total += has_imaginary(ky) ? 2 * magnitude : magnitude;
        }
      }
    }
    return total;
  }

  void correlate(T* spectrum, T floor, const Whitened<T>& first, const Whitened<T>* second,
                 T* second_correlogram, T* scratch, detail::Stopper& stopper) const override {
    const bool windows = first.window.any() || (second != nullptr && second->window.any());
    HannRows<T, n> window(spectrum, height_, width_, scratch + row_size_);
    for (std::size_t group = 0; group < groups_; ++group) {
      stopper.check();
      const std::size_t at = group * row_size_;
      T* row = spectrum + at;
      if (second != nullptr) {
        const T* image = windowed(window, second->window, row, group, scratch);
        correlate_row(image, floor, *second, group, second_correlogram + at);
      }
      const T* image = windowed(window, first.window, row, group, scratch);
      if (windows) window.pass(row);
      correlate_row(image, floor, first, group, row);
    }
  }

  void summarise(const T* correlogram, const Reach& rows, ColumnSummary<T>* columns, T* scratch,
                 detail::Stopper& stopper) const override {
    for (std::size_t group = 0; group * n < width_; ++group) {
      stopper.check();
      finish(correlogram, group, scratch);
      summarise_group(scratch, rows, columns + group * n, std::min(n, width_ - group * n));
    }
  }

  void finish(const T* correlogram, std::size_t group, T* out) const override {
    turn_to_columns(correlogram, group * n, out);
    along_y_.exec(reinterpret_cast<V*>(out), T(1), false);
  }

 private:
  // A cache line of columns: what one access to a row of pixels brings anyway.
  static constexpr std::size_t columns_at_once = std::max(n, 64 / sizeof(T));
  static_assert(columns_at_once % n == 0);
  static_assert(columns_at_once <= detail::CentredImage::max_columns);

  static Complex* as_complex(T* row) noexcept { return reinterpret_cast<Complex*>(row); }

  // The group itself where its axes get no window.
  const T* windowed(const HannRows<T, n>& window, const WindowedAxes& axes, const T* row,
                    std::size_t group, T* scratch) const noexcept {
    if (!axes.any()) return row;
    window.row(axes, row, next_row(row, group), group, scratch);
    return scratch;
  }

  const T* next_row(const T* row, std::size_t group) const noexcept {
    return group + 1 < groups_ ? row + row_size_ : nullptr;
  }

  // Gaussian over `count` frequencies of an axis of `length` pixels.
  static std::vector<double> low_pass(std::size_t length, std::size_t count, double cutoff) {
    std::vector<double> weights(count);
    for (std::size_t k = 0; k < count; ++k) {
      const auto cycles = static_cast<double>(std::min(k, length - k));
      const double frequency = cycles / static_cast<double>(length) / cutoff;
      weights[k] = std::exp(-0.5 * frequency * frequency);
    }
    return weights;
  }

  // Transformed columns are r0, r1, i1, r2, i2, ... down; frequency 0 (and the highest one of an
  // even height) has no imaginary part.
  bool has_imaginary(std::size_t ky) const noexcept { return ky != 0 && 2 * ky != height_; }

  void turn_to_rows(const T* columns, std::size_t x, T* spectrum) const noexcept {
    const std::size_t count = std::min(n, width_ - x);
    for (std::size_t group = 0; group < groups_; ++group) {
      T* row = spectrum + group * row_size_ + 2 * x * n;
      for (std::size_t lane = 0; lane < n; ++lane) {
        const std::size_t ky = group * n + lane;
        const bool exists = ky < frequencies_;
        const T* re = exists ? columns + (ky == 0 ? 0 : 2 * ky - 1) * n : nullptr;
        const T* im = exists && has_imaginary(ky) ? columns + 2 * ky * n : nullptr;
        for (std::size_t i = 0; i < count; ++i) {
          row[2 * i * n + lane] = re != nullptr ? re[i] : T(0);
          row[(2 * i + 1) * n + lane] = im != nullptr ? im[i] : T(0);
        }
      }
    }
  }

  void turn_to_columns(const T* correlogram, std::size_t x, T* columns) const noexcept {
    const std::size_t count = std::min(n, width_ - x);
    for (std::size_t ky = 0; ky < frequencies_; ++ky) {
      const T* row = correlogram + ky / n * row_size_ + 2 * x * n + ky % n;
      T* re = columns + (ky == 0 ? 0 : 2 * ky - 1) * n;
      for (std::size_t i = 0; i < n; ++i) re[i] = i < count ? row[2 * i * n] : T(0);
      if (!has_imaginary(ky)) continue;
      T* im = columns + 2 * ky * n;
      for (std::size_t i = 0; i < n; ++i) im[i] = i < count ? row[(2 * i + 1) * n] : T(0);
    }
  }

  // out = reference * conj(image) / |image|, transformed back along x. `out` may be `image`.
  void correlate_row(const T* image, T floor, const Whitened<T>& reference, std::size_t group,
                     T* out) const {
    const T* unit = reference.spectrum + group * row_size_;
    const V threshold = V{} + floor * floor;
    const V one = V{} + T(1);
    for (std::size_t x = 0; x < width_; ++x) {
      const std::size_t at = 2 * x * n;
      const V re = load_lanes<V>(image + at);
      const V im = load_lanes<V>(image + at + n);
      const V unit_re = load_lanes<V>(unit + at);
      const V unit_im = load_lanes<V>(unit + at + n);
      const V power = re * re + im * im;
      const V scale =
          power > threshold ? one / square_root<T, n>(power > threshold ? power : one) : V{};
      store_lanes(V((unit_re * re + unit_im * im) * scale), out + at);
      store_lanes(V((unit_im * re - unit_re * im) * scale), out + at + n);
    }
    if (group == 0 && reference.keep_mean) {
      out[0] = T(1);
      out[n] = T(0);
    }
    const T scale = T(1) / (static_cast<T>(height_) * static_cast<T>(width_));
    along_x_.exec(as_complex(out), scale, false);
  }

  void summarise_group(const T* values, const Reach& rows, ColumnSummary<T>* columns,
                       std::size_t count) const noexcept {
    // Sums run in T over a few rows only, so that they are as good as sums in double.
    constexpr std::size_t few = 64;
    V highest{};
    std::array<double, n> sum{};
    std::array<double, n> squares{};
    for (std::size_t start = 0; start < height_; start += few) {
      const std::size_t stop = std::min(start + few, height_);
      V some{};
      V some_squares{};
      for (std::size_t y = start; y < stop; ++y) {
        const V value = absolute(load_lanes<V>(values + y * n));
        some += value;
        some_squares += value * value;
        if (rows.contains(y, height_)) highest = larger(highest, value);
      }
      std::array<T, n> lanes;
      store_lanes(some, lanes.data());
      for (std::size_t i = 0; i < n; ++i) sum[i] += static_cast<double>(lanes[i]);
      store_lanes(some_squares, lanes.data());
      for (std::size_t i = 0; i < n; ++i) squares[i] += static_cast<double>(lanes[i]);
    }
    std::array<T, n> top;
    store_lanes(highest, top.data());
    for (std::size_t i = 0; i < count; ++i) columns[i] = {top[i], sum[i], squares[i]};
  }

  std::size_t height_;
  std::size_t width_;
  std::size_t frequencies_;  // ky of the half spectrum
  std::size_t groups_;       // of n frequencies
  std::size_t row_size_;     // numbers in one group
  pocketfft::detail::pocketfft_r<T> along_y_;
  pocketfft::detail::pocketfft_c<T> along_x_;
};

}  // namespace ndreg_preeval::kernel
