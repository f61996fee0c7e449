// SPDX-License-Identifier: MIT
// Pixels of a batch of columns as elements of a transform, and what they add up to.
#pragma once

#include "kernel/fft/lanes.hpp"
#include "kernel/kernels.hpp"

namespace ndreg_preeval::kernel {
namespace {

// Loads rows of 2 n columns, from `first_column` on; columns beyond the image are 0.
template <class T, std::size_t n>
class LoadPixels {
  using V = vector_of<T, n>;

 public:
  LoadPixels() noexcept = default;
  LoadPixels(const Source& source, std::size_t width, std::size_t first_column) noexcept
      : source_(&source),
        view_(&source.reader->view()),
        column_(first_column),
        count_(std::min(2 * n, width - first_column)),
        centring_(source) {}

  void operator()(std::size_t row, std::size_t count, T* out) {
    for (std::size_t left = count; left > 0;) {
      const std::size_t some = std::min(left, rows_per_part - unadded_);
      rows(row, some, out);
      row += some;
      out += some * 2 * n;
      left -= some;
      unadded_ += some;
      if (unadded_ == rows_per_part) add_up();
    }
  }

  detail::PixelSums sums() {
    add_up();
    return sums_;
  }

 private:
  // pixel * scale * gain - shift
  struct Centring {
    Centring() noexcept = default;
    explicit Centring(const Source& source) noexcept
        : scale(source.scale), gain(source.gain), shift(source.shift) {}

    template <class Pixel, bool scaled>
    NDREG_PREEVAL_INLINE V apply(const unsigned char* from, V& absolute_sum) const noexcept {
      constexpr bool exact = sizeof(Pixel) < sizeof(T) || std::is_same_v<Pixel, T>;
      if constexpr (!exact) return in_double<Pixel>(from);
      V value = convert_lanes<T, n, Pixel>(from);
      if constexpr (scaled) value *= static_cast<T>(scale);
      value *= static_cast<T>(gain);
      if constexpr (sizeof(T) == sizeof(double)) absolute_sum += absolute<T, n>(value);
      return value - static_cast<T>(shift);
    }

    template <class Pixel>
    V checked(const unsigned char* from) const noexcept {
      const V value = in_double<Pixel>(from);
      return value - value == 0 ? value : V{};
    }

    // A loop that compilers turn into as many vectors of doubles as it takes.
    template <class Pixel>
    NDREG_PREEVAL_INLINE V in_double(const unsigned char* from) const noexcept {
      Pixel pixels[n];
      std::memcpy(pixels, from, sizeof pixels);
      T values[n];
      for (std::size_t i = 0; i < n; ++i) {
        values[i] = static_cast<T>(static_cast<double>(pixels[i]) * scale * gain - shift);
      }
      return load_lanes<V>(values);
    }

    double scale = 1;
    double gain = 1;
    double shift = 0;
  };

  // Sums run in T over a few rows only, so that they are as good as sums in double.
  static constexpr std::size_t rows_per_part = 64;

  void rows(std::size_t row, std::size_t count, T* out) {
    if (!source_->direct) return through_reader(row, count, out);
    switch (view_->type) {
      case PixelType::int8:
        return in_place<std::int8_t>(row, count, out);
      case PixelType::uint8:
        return in_place<std::uint8_t>(row, count, out);
      case PixelType::int16:
        return in_place<std::int16_t>(row, count, out);
      case PixelType::uint16:
        return in_place<std::uint16_t>(row, count, out);
      case PixelType::int32:
        return in_place<std::int32_t>(row, count, out);
      case PixelType::uint32:
        return in_place<std::uint32_t>(row, count, out);
      case PixelType::float32:
        return in_place<float>(row, count, out);
      case PixelType::float64:
        return in_place<double>(row, count, out);
      default:
        return through_reader(row, count, out);
    }
  }

  template <class Pixel>
  void in_place(std::size_t row, std::size_t count, T* out) {
    const auto* from = static_cast<const unsigned char*>(view_->data) +
                       static_cast<std::ptrdiff_t>(row) * view_->row_stride +
                       static_cast<std::ptrdiff_t>(column_) * view_->column_stride;
    const bool dense =
        view_->column_stride == static_cast<std::ptrdiff_t>(sizeof(Pixel)) && !view_->swapped;
    if (count_ == 2 * n && !source_->checked && source_->scale == 1) {
      if (dense) {
        whole_rows<Pixel>(from, view_->row_stride, count, out);
      } else {
        gathered_rows<Pixel>(from, count, out);
      }
      return;
    }
    for (std::size_t i = 0; i < count; ++i) {
      Pixel tile[2 * n] = {};
      if (dense) {
        std::memcpy(tile, from, count_ * sizeof(Pixel));
      } else {
        gather(from, count_, tile);
      }
      part_of_row(tile, out);
      if (view_->mask != nullptr) hide_masked(row + i, out);
      from += view_->row_stride;
      out += 2 * n;
    }
  }

  // What was masked becomes 0, as what is not finite.
  void hide_masked(std::size_t row, T* out) const noexcept {
    const auto* mask = static_cast<const unsigned char*>(view_->mask) +
                       static_cast<std::ptrdiff_t>(row) * view_->mask_row_stride +
                       static_cast<std::ptrdiff_t>(column_) * view_->mask_column_stride;
    for (std::size_t k = 0; k < count_; ++k) {
      out[k] = *mask != 0 ? out[k] : T(0);
      mask += view_->mask_column_stride;
    }
  }

  // Pixels that lie apart or backwards, or have their bytes in the other order.
  template <class Pixel>
  NDREG_PREEVAL_INLINE void gather(const unsigned char* from, std::size_t count,
                                   Pixel* tile) const noexcept {
    const std::ptrdiff_t stride = view_->column_stride;
    if (stride == static_cast<std::ptrdiff_t>(sizeof(Pixel))) {
      std::memcpy(tile, from, count * sizeof(Pixel));
    } else {
      // Never more than that; GCC 12 for aarch64 does not see it where it unrolls the loop.
      const std::size_t some = std::min(count, 2 * n);
      for (std::size_t k = 0; k < some; ++k) {
        std::memcpy(tile + k, from, sizeof(Pixel));
        from += stride;
      }
    }
    if (view_->swapped) reverse_bytes(tile);
  }

  // Of 2 n pixels, by shifts: compilers turn these into shuffles of whole vectors.
  template <class Pixel>
  NDREG_PREEVAL_INLINE static void reverse_bytes(Pixel* tile) noexcept {
    if constexpr (sizeof(Pixel) > 1) {
      using Word =
          std::conditional_t<sizeof(Pixel) == 2, std::uint16_t,
                             std::conditional_t<sizeof(Pixel) == 4, std::uint32_t, std::uint64_t>>;
      Word words[2 * n];
      static_assert(sizeof(Word) == sizeof(Pixel));
      std::memcpy(words, tile, sizeof words);
      for (Word& word : words) {
        if constexpr (sizeof(Word) == 8) {
          word = ((word & 0x00000000ffffffffU) << 32) | (word >> 32);
          word = ((word & 0x0000ffff0000ffffU) << 16) | ((word >> 16) & 0x0000ffff0000ffffU);
          word = ((word & 0x00ff00ff00ff00ffU) << 8) | ((word >> 8) & 0x00ff00ff00ff00ffU);
        } else if constexpr (sizeof(Word) == 4) {
          word = (word << 16) | (word >> 16);
          word = ((word & 0x00ff00ffU) << 8) | ((word >> 8) & 0x00ff00ffU);
        } else {
          word = static_cast<Word>((word << 8) | (word >> 8));
        }
      }
      std::memcpy(tile, words, sizeof words);
    }
  }

  // The same function for the same pixels, whatever their layout: compilers choose where a product
  // and a sum are rounded once or twice.
  template <class Pixel>
  void gathered_rows(const unsigned char* from, std::size_t count, T* out) {
    constexpr std::size_t most = 16;
    Pixel tile[most][2 * n];
    while (count > 0) {
      const std::size_t some = std::min(count, most);
      for (std::size_t i = 0; i < some; ++i) {
        gather(from, 2 * n, tile[i]);
        from += view_->row_stride;
      }
      whole_rows<Pixel>(reinterpret_cast<const unsigned char*>(tile), sizeof tile[0], some, out);
      out += some * 2 * n;
      count -= some;
    }
  }

  template <class Pixel>
  void whole_rows(const unsigned char* from, std::ptrdiff_t stride, std::size_t count, T* out) {
    // What the loop needs in registers, not behind `this`.
    const Centring centring = centring_;
    V squares_a = squares_[0];
    V squares_b = squares_[1];
    V absolute_a = absolute_[0];
    V absolute_b = absolute_[1];
    for (std::size_t i = 0; i < count; ++i) {
      prefetch(from + 2 * n * sizeof(Pixel), 2 * n * sizeof(Pixel));
      const V a = centring.template apply<Pixel, false>(from, absolute_a);
      const V b = centring.template apply<Pixel, false>(from + n * sizeof(Pixel), absolute_b);
      squares_a += a * a;
      squares_b += b * b;
      store_lanes(a, out);
      store_lanes(b, out + n);
      from += stride;
      out += 2 * n;
    }
    squares_[0] = squares_a;
    squares_[1] = squares_b;
    absolute_[0] = absolute_a;
    absolute_[1] = absolute_b;
  }

  void through_reader(std::size_t row, std::size_t count, T* out) {
    const bool narrow = sizeof(T) < sizeof(double) && detail::fits_float(view_->type);
    for (std::size_t i = 0; i < count; ++i) {
      double pixels[2 * n] = {};
      source_->reader->read(row + i, column_, count_, pixels);
      if (narrow && !source_->checked) {
        float tile[2 * n];
        for (std::size_t k = 0; k < 2 * n; ++k) tile[k] = static_cast<float>(pixels[k]);
        part_of_row(tile, out);
      } else {
        part_of_row(pixels, out);
      }
      out += 2 * n;
    }
  }

  // The first count_ of 2 n pixels.
  template <class Pixel>
  void part_of_row(const Pixel* tile, T* out) {
    for (std::size_t half = 0; half < 2; ++half) {
      const std::size_t columns = std::min(count_, (half + 1) * n) - std::min(count_, half * n);
      V value{};
      if (columns > 0) {
        const auto* from = reinterpret_cast<const unsigned char*>(tile + half * n);
        value = source_->checked ? centring_.template checked<Pixel>(from)
                                 : centring_.template apply<Pixel, true>(from, absolute_[half]);
        if (columns < n) value = first_lanes<T, n>(value, columns);
      }
      squares_[half] += value * value;
      store_lanes(value, out + half * n);
    }
  }

  void add_up() {
    T lanes[4 * n];
    store_lanes(squares_[0], lanes);
    store_lanes(squares_[1], lanes + n);
    store_lanes(absolute_[0], lanes + 2 * n);
    store_lanes(absolute_[1], lanes + 3 * n);
    for (std::size_t i = 0; i < 2 * n; ++i) {
      const auto part = static_cast<double>(lanes[i]);
      sums_.squares += part;
      sums_.largest = sums_.largest < part ? part : sums_.largest;
      sums_.absolute += static_cast<double>(lanes[2 * n + i]);
    }
    squares_[0] = squares_[1] = absolute_[0] = absolute_[1] = V{};
    unadded_ = 0;
  }

  const Source* source_ = nullptr;
  const ImageView* view_ = nullptr;
  std::size_t column_ = 0;
  std::size_t count_ = 0;  // columns that exist
  Centring centring_;
  V squares_[2] = {};
  V absolute_[2] = {};
  std::size_t unadded_ = 0;
  detail::PixelSums sums_;
};

}  // namespace
}  // namespace ndreg_preeval::kernel
