// SPDX-License-Identifier: MIT
// Finding things in a half correlogram whose columns are finished only to be summed up.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>

#include "base/aligned_buffer.hpp"
#include "base/cancellation.hpp"
#include "base/kept_memory.hpp"
#include "base/pixel_index.hpp"
#include "correlation/plan.hpp"
#include "threads/team.hpp"

namespace ndreg_preeval::detail {

// A correlogram as its column summaries, and a second look at any column.
template <class T>
class HalfCorrelogram {
 public:
  HalfCorrelogram(const Plan<T>& plan, Team<T>& team);

  // Shifts that count in what is loaded from now on; at first those of the plan.
  void look_within(const Window2D& window) noexcept { window_ = window; }
  const Window2D& window() const noexcept { return window_; }

  // Summarise one; what was known of another is forgotten.
  void load(const T* data, Cancellation& cancellation);

  // The same, with the columns around a pixel and around zero shift finished and kept.
  void load_around(const PixelIndex& pixel, const T* data, Cancellation& cancellation);

  double mean() const noexcept;
  double rms() const noexcept;
  T zero() const noexcept { return columns_[0].at_zero; }  // |r| at zero shift
  T value(std::size_t row, std::size_t x);  // signed; periodic indices are the caller's work

  // First pixel within the window, row after row, whose |r| is the highest but for rounding.
  PixelIndex highest();
  T highest_value() const noexcept;
  T highest_beyond() const noexcept;  // highest |r| outside the window; 0 if there is nothing
  // Highest |r| of a column, of the rows within the window.
  T highest_in(std::size_t x) const noexcept { return columns_[x].highest; }

  // Whether no other pixel within the window comes as near to the highest value.
  bool stands_alone(const PixelIndex& pixel, T margin);

  // Highest |r| within the window but outside the 5 x 5 pixels around each of some pixels; less
  // than 0 if none is left.
  T highest_outside(std::initializer_list<PixelIndex> pixels);

  // All |r|, row after row.
  void copy_absolute(double* out, Cancellation& cancellation);

  // Highest |r| in the 3 x 3 pixels around a pixel, wherever the window ends.
  T highest_around(const PixelIndex& pixel);

 private:
  static constexpr std::size_t no_batch = static_cast<std::size_t>(-1);
  struct Slot {
    std::size_t batch = no_batch;
    T* values = nullptr;  // null: there is no such slot
  };

  void forget(const T* data);
  void keep_around(std::size_t x);
  void summarise(Cancellation& cancellation);
  const T* column(std::size_t x);  // elements lie batch_width() apart
  std::size_t batch_width() const noexcept { return 2 * plan_.image.lanes; }

  const Plan<T>& plan_;
  Team<T>& team_;
  Window2D window_;
  const T* data_ = nullptr;  // what was loaded last
  KeptVector<kernel::ColumnSummary<T>> columns_;
  AlignedBuffer<T> values_;    // of all slots, in one piece: little is used of most
  std::array<Slot, 8> slots_;  // twice five neighbouring columns
  std::size_t next_slot_ = 0;
};

}  // namespace ndreg_preeval::detail
