// SPDX-License-Identifier: MIT
// Finding things in a half correlogram whose columns are finished only where it matters.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "aligned_buffer.hpp"
#include "kernel/transforms.hpp"
#include "place.hpp"

namespace ndreg_preeval::detail {

// Shifts that count, on both axes.
struct Window2D {
  kernel::Reach rows;
  kernel::Reach columns;
};

// A correlogram as its column summaries, and a second look at any column.
template <class T>
class Surface {
 public:
  Surface(std::size_t height, std::size_t width, const kernel::Transforms<T>& transforms);

  // Summarise; what was known of another correlogram is forgotten.
  void look_at(const T* half_correlogram, const Window2D& window, T* scratch, Stopper& stopper);

  double mean() const noexcept;
  double rms() const noexcept;
  T value(std::size_t row, std::size_t x);  // signed; periodic indices are the caller's work

  // First of the highest |r| within the window, row after row.
  Place highest();
  T highest_value() const noexcept;

  // Highest |r| within the window but outside the 5 x 5 pixels around a place; 0 if none is left.
  T highest_outside(const Place& place);

  // Highest |r| in the 3 x 3 pixels around a place, wherever the window ends.
  T highest_around(const Place& place);

 private:
  static constexpr std::size_t no_group = static_cast<std::size_t>(-1);
  struct Slot {
    std::size_t group = no_group;
    AlignedBuffer<T> values;
  };

  const T* column(std::size_t x);  // elements lie group_size() apart

  std::size_t height_;
  std::size_t width_;
  const kernel::Transforms<T>& transforms_;
  const T* half_correlogram_ = nullptr;
  Window2D window_;
  std::vector<kernel::ColumnSummary<T>> columns_;
  std::array<Slot, 6> slots_;  // five neighbouring columns and column 0
  std::size_t next_slot_ = 0;
};

}  // namespace ndreg_preeval::detail
