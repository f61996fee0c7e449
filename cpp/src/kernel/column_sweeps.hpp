// SPDX-License-Identifier: MIT
// The first and the last of the three sweeps: transforms down the columns of a batch.
//
// Columns c and c + n of a batch are the real and imaginary parts of complex ones, Z. Their
// spectra are A = (Z(k) + conj Z(-k)) / 2 and B = (Z(k) - conj Z(-k)) / 2i; the halves are left
// out, so that the half spectrum comes out twice as large. It is turned on its way: a tile of
// frequencies and columns, as many as there are lanes, is transposed in registers.
#pragma once

#include "kernel/fft/axis.hpp"
#include "kernel/kernels.hpp"
#include "kernel/load_pixels.hpp"

namespace ndreg_preeval::kernel {
namespace {

// Where a tile of a group begins, and how many of its columns exist.
struct Tile {
  std::size_t offset;
  std::size_t count;
};

template <class T, std::size_t n>
Tile tile_of(const ImagePlan<T>& plan, std::size_t column) noexcept {
  return {column * 2 * n, column < plan.width ? std::min(n, plan.width - column) : 0};
}

// Vectors of columns, one for each frequency of a group, to [column][part][lane = frequency].
template <class T, std::size_t n, class V>
NDREG_PREEVAL_INLINE void store_tile(V (&tile)[n], T* to, std::size_t count) noexcept {
  transpose(tile);
  if (count == n) {
    for (std::size_t x = 0; x < n; ++x) store_lanes(tile[x], to + x * 2 * n);
  } else {
    for (std::size_t x = 0; x < count; ++x) store_lanes(tile[x], to + x * 2 * n);
  }
}

// The other way, but for the transposition; columns that do not exist are 0.
template <class T, std::size_t n, class V>
NDREG_PREEVAL_INLINE void load_tile(const T* from, std::size_t count, V (&tile)[n]) noexcept {
  for (std::size_t x = 0; x < n; ++x) {
    tile[x] = x < count ? load_lanes<V>(from + x * 2 * n) : V{};
  }
}

// Spectra of the columns of a batch, from those of its complex columns.
template <class T, std::size_t n>
NDREG_PREEVAL_NOINLINE void separate(const ImagePlan<T>& plan, const T* work, std::size_t batch,
                                     T* spectrum, detail::Cancellation* cancellation) {
  using V = vector_of<T, n>;
  const Tile a = tile_of<T, n>(plan, batch * 2 * n);
  const Tile b = tile_of<T, n>(plan, batch * 2 * n + n);
  constexpr std::size_t groups_between_checks = 16;  // memory that is new takes its time
  for (std::size_t group = 0; group < plan.groups; ++group) {
    if ((group + 1) % groups_between_checks == 0 && cancellation != nullptr) cancellation->check();
    const std::size_t first = group * n;
    const std::size_t count = std::min(n, plan.frequencies - first);
    const T* at[n];
    const T* mirror[n];
    for (std::size_t i = 0; i < n; ++i) {
      const auto& pair = plan.mirrored[first + (i < count ? i : 0)];
      at[i] = work + std::size_t{pair[0]} * 2 * n;
      mirror[i] = work + std::size_t{pair[1]} * 2 * n;
    }
    T* row = spectrum + group * plan.row_size;
    V tile[n];
    const auto make = [&](const Tile& place, std::size_t part, std::size_t left, std::size_t right,
                          T sign) {
      for (std::size_t i = 0; i < n; ++i) {
        tile[i] = load_lanes<V>(at[i] + left) + sign * load_lanes<V>(mirror[i] + right);
        if (i >= count) tile[i] = V{};
      }
      store_tile<T, n>(tile, row + place.offset + part * n, place.count);
    };
    make(a, 0, 0, 0, T(1));
    make(a, 1, n, n, T(-1));
    if (b.count == 0) continue;
    make(b, 0, n, n, T(1));
    for (std::size_t i = 0; i < n; ++i) {
      tile[i] = load_lanes<V>(mirror[i]) - load_lanes<V>(at[i]);
      if (i >= count) tile[i] = V{};
    }
    store_tile<T, n>(tile, row + b.offset + n, b.count);
  }
}

// The other way, for one group: complex columns of a batch from the half spectra A, B of its
// columns: Z(k) = A + i B and Z(-k) = conj A + i conj B.
template <class T, std::size_t n>
NDREG_PREEVAL_NOINLINE void join(const ImagePlan<T>& plan, const T* correlogram, std::size_t group,
                                 std::size_t batch, T* work) noexcept {
  using V = vector_of<T, n>;
  const Tile a = tile_of<T, n>(plan, batch * 2 * n);
  const Tile b = tile_of<T, n>(plan, batch * 2 * n + n);
  const std::size_t first = group * n;
  const std::size_t count = std::min(n, plan.frequencies - first);
  const T* row = correlogram + group * plan.row_size;
  // The next group is far away: ask for its tiles while this one is worked on.
  if (group + 1 < plan.groups) {
    prefetch(row + plan.row_size + a.offset, (a.count + b.count) * 2 * n * sizeof(T));
  }
  V own[n];
  V partner[n];
  V here[n];
  V there[n];
  for (std::size_t part = 0; part < 2; ++part) {  // real, then imaginary parts
    load_tile<T, n>(row + a.offset + part * n, a.count, own);
    load_tile<T, n>(row + b.offset + (1 - part) * n, b.count, partner);
    for (std::size_t i = 0; i < n; ++i) {
      here[i] = part == 0 ? own[i] - partner[i] : own[i] + partner[i];
      there[i] = part == 0 ? own[i] + partner[i] : partner[i] - own[i];
    }
    transpose(here);
    transpose(there);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& pair = plan.mirrored[first + i];
      T* to = work + std::size_t{pair[0]} * 2 * n + part * n;
      if (pair[0] == pair[1]) {  // A and B are real there
        store_lanes(V((here[i] + there[i]) * T(0.5)), to);
      } else {
        store_lanes(here[i], to);
        store_lanes(there[i], work + std::size_t{pair[1]} * 2 * n + part * n);
      }
    }
  }
}

template <class T, std::size_t n>
void load(const ImagePlan<T>& plan, const Source& source, std::size_t first, std::size_t last,
          T* spectrum, detail::PixelSums* sums, T* scratch) {
  const AxisPlan<T>& axis = plan.along_y;
  T* staging = scratch;
  const auto work = [&](std::size_t batch) {
    return scratch + (staging_elements<T, n> + (batch - first) * axis.extent) * 2 * n;
  };
  std::array<LoadPixels<T, n>, most_batches_at_once> pixels;
  for (std::size_t batch = first; batch < last; ++batch) {
    pixels[batch - first] = LoadPixels<T, n>(source, plan.width, batch * 2 * n);
  }
  const bool together = last - first > 1 && !axis.convolution && !axis.levels.empty();
  if (together) {
    const std::size_t at_once = outer_elements<T, n>(axis);
    for (std::size_t j = 0; j < axis.levels[0].inner; j += at_once) {
      for (std::size_t batch = first; batch < last; ++batch) {
        forward_outermost<T, n>(axis, j, work(batch), staging, pixels[batch - first]);
      }
    }
  }
  for (std::size_t batch = first; batch < last; ++batch) {
    T* columns = work(batch);
    if (together) {
      transform_parts<T, n, Direction::forward>(axis, 1, columns, axis.levels[0].radix,
                                                axis.outer_stride);
    } else {
      forward<T, n>(axis, columns, staging, pixels[batch - first]);
    }
    separate<T, n>(plan, columns, batch, spectrum, source.cancellation);
    detail::PixelSums& sum = sums[batch];
    sum = pixels[batch - first].sums();
    const T* zero = columns + std::size_t{axis.position[0]} * 2 * n;
    for (std::size_t i = 0; i < 2 * n; ++i) sum.sum += static_cast<double>(zero[i]);
  }
}

// Summaries of the columns of a batch, row by row.
template <class T, std::size_t n>
class ColumnSums {
  using V = vector_of<T, n>;

 public:
  ColumnSums(const LagRange& rows, bool wants_sums, std::size_t height, T* values) noexcept
      : rows_(rows), wants_sums_(wants_sums), height_(height), values_(values) {}

  void operator()(std::size_t first, std::size_t count, const T* values) {
    if (values_ != nullptr) {
      std::memcpy(values_ + first * 2 * n, values, count * 2 * n * sizeof(T));
    }
    if (first == 0) std::memcpy(first_row_, values, sizeof first_row_);
    // Sums run in T over a few rows only, so that they are as good as sums in double.
    for (std::size_t done = 0; done < count;) {
      const std::size_t some = std::min(count - done, rows_per_part - unadded_);
      add(first + done, some, values + done * 2 * n);
      done += some;
      unadded_ += some;
      if (unadded_ == rows_per_part) add_up();
    }
  }

  void summaries(std::size_t count, ColumnSummary<T>* columns) {
    add_up();
    T highest[2 * n];
    T beyond[2 * n];
    for (std::size_t half = 0; half < 2; ++half) {
      store_lanes(highest_[half], highest + half * n);
      store_lanes(beyond_[half], beyond + half * n);
    }
    for (std::size_t i = 0; i < count; ++i) {
      columns[i] = {highest[i], sum_[i], square_sum_[i], std::abs(first_row_[i]), beyond[i]};
    }
  }

 private:
  static constexpr std::size_t rows_per_part = 64;

  NDREG_PREEVAL_INLINE void add(std::size_t row, std::size_t count, const T* values) {
    for (std::size_t half = 0; half < 2; ++half) {
      V highest = highest_[half];
      V beyond = beyond_[half];
      V sum = sums_[half];
      V squares = squares_[half];
      for (std::size_t i = 0; i < count; ++i) {
        const V value = absolute<T, n>(load_lanes<V>(values + (2 * i + half) * n));
        if (wants_sums_) {
          sum += value;
          squares += value * value;
        }
        if (rows_.contains(row + i, height_)) {
          highest = larger(highest, value);
        } else {
          beyond = larger(beyond, value);
        }
      }
      highest_[half] = highest;
      beyond_[half] = beyond;
      sums_[half] = sum;
      squares_[half] = squares;
    }
  }

  void add_up() {
    for (std::size_t half = 0; half < 2; ++half) {
      T lanes[n];
      store_lanes(sums_[half], lanes);
      for (std::size_t i = 0; i < n; ++i) sum_[half * n + i] += static_cast<double>(lanes[i]);
      store_lanes(squares_[half], lanes);
      for (std::size_t i = 0; i < n; ++i) {
        square_sum_[half * n + i] += static_cast<double>(lanes[i]);
      }
      sums_[half] = squares_[half] = V{};
    }
    unadded_ = 0;
  }

  const LagRange& rows_;
  bool wants_sums_;
  std::size_t height_;
  T* values_;
  V highest_[2] = {};
  V beyond_[2] = {};
  V sums_[2] = {};
  V squares_[2] = {};
  T first_row_[2 * n] = {};
  double sum_[2 * n] = {};
  double square_sum_[2 * n] = {};
  std::size_t unadded_ = 0;
};

template <class T, std::size_t n>
void finish(const ImagePlan<T>& plan, const T* correlogram, std::size_t first, std::size_t last,
            const LagRange& rows, bool wants_sums, ColumnSummary<T>* columns, T* const* values,
            T* scratch) {
  T* staging = scratch;
  // A half correlogram that a second-level cache holds is as quick to read in short pieces: one
  // batch at a time, whose work space stays in the first level then.
  constexpr std::size_t second_level = 3 * (std::size_t{1} << 19);
  const std::size_t at_once = plan.spectrum_size * sizeof(T) <= second_level ? 1 : last - first;
  for (; first < last; first += at_once) {
    const std::size_t end = std::min(first + at_once, last);
    const auto work = [&](std::size_t batch) {
      return scratch + (staging_elements<T, n> + (batch - first) * plan.along_y.extent) * 2 * n;
    };
    for (std::size_t group = 0; group < plan.groups; ++group) {
      for (std::size_t batch = first; batch < end; ++batch) {
        join<T, n>(plan, correlogram, group, batch, work(batch));
      }
    }
    for (std::size_t batch = first; batch < end; ++batch, ++values) {
      ColumnSums<T, n> sums(rows, wants_sums, plan.height, *values);
      back<T, n>(plan.along_y, work(batch), staging, sums);
      if (columns == nullptr) continue;
      const std::size_t column = batch * 2 * n;
      sums.summaries(std::min(2 * n, plan.width - column), columns + column);
    }
  }
}

}  // namespace
}  // namespace ndreg_preeval::kernel
