// SPDX-License-Identifier: MIT
#include "peak.hpp"

#include <algorithm>
#include <cmath>

namespace ndreg_preeval::detail {
namespace {

// Distance on a ring.
std::size_t apart(std::size_t a, std::size_t b, std::size_t length) noexcept {
  const std::size_t d = a < b ? b - a : a - b;
  return std::min(d, length - d);
}

}  // namespace

template <class T>
Surface<T>::Surface(std::size_t height, std::size_t width, const kernel::Transforms<T>& transforms)
    : height_(height), width_(width), transforms_(transforms), columns_(width) {
  for (Slot& slot : slots_) slot.values = AlignedBuffer<T>(height * transforms.group_size());
}

template <class T>
void Surface<T>::look_at(const T* half_correlogram, const Window2D& window, T* scratch,
                         Stopper& stopper) {
  half_correlogram_ = half_correlogram;
  window_ = window;
  for (Slot& slot : slots_) slot.group = no_group;
  transforms_.summarise(half_correlogram, window.rows, columns_.data(), scratch, stopper);
}

template <class T>
double Surface<T>::mean() const noexcept {
  double sum = 0;
  for (const auto& column : columns_) sum += column.sum;
  return sum / (static_cast<double>(height_) * static_cast<double>(width_));
}

template <class T>
double Surface<T>::rms() const noexcept {
  double sum = 0;
  for (const auto& column : columns_) sum += column.squares;
  return std::sqrt(sum / (static_cast<double>(height_) * static_cast<double>(width_)));
}

template <class T>
const T* Surface<T>::column(std::size_t x) {
  const std::size_t lanes = transforms_.group_size();
  const std::size_t group = x / lanes;
  for (const Slot& slot : slots_) {
    if (slot.group == group) return slot.values.data() + x % lanes;
  }
  Slot& slot = slots_[next_slot_];
  next_slot_ = (next_slot_ + 1) % slots_.size();
  slot.group = group;
  transforms_.finish(half_correlogram_, group, slot.values.data());
  return slot.values.data() + x % lanes;
}

template <class T>
T Surface<T>::value(std::size_t row, std::size_t x) {
  return column(x)[row * transforms_.group_size()];
}

template <class T>
T Surface<T>::highest_value() const noexcept {
  T highest = 0;
  for (std::size_t x = 0; x < width_; ++x) {
    if (window_.columns.contains(x, width_)) highest = std::max(highest, columns_[x].highest);
  }
  return highest;
}

template <class T>
Place Surface<T>::highest() {
  const T target = highest_value();
  const std::size_t lanes = transforms_.group_size();
  Place found{height_, width_};
  for (std::size_t x = 0; x < width_ && found.row > 0; ++x) {
    if (!window_.columns.contains(x, width_) || columns_[x].highest != target) continue;
    const T* values = column(x);
    for (std::size_t y = 0; y < found.row; ++y) {
      if (window_.rows.contains(y, height_) && std::abs(values[y * lanes]) == target) {
        found = {y, x};
      }
    }
  }
  return found;
}

template <class T>
T Surface<T>::highest_outside(const Place& place) {
  const std::size_t lanes = transforms_.group_size();
  T highest = 0;
  for (std::size_t x = 0; x < width_; ++x) {
    if (!window_.columns.contains(x, width_) || columns_[x].highest <= highest) continue;
    if (apart(x, place.column, width_) > 2) {
      highest = columns_[x].highest;
      continue;
    }
    const T* values = column(x);
    for (std::size_t y = 0; y < height_; ++y) {
      if (apart(y, place.row, height_) > 2 && window_.rows.contains(y, height_)) {
        highest = std::max(highest, std::abs(values[y * lanes]));
      }
    }
  }
  return highest;
}

template <class T>
T Surface<T>::highest_around(const Place& place) {
  T highest = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t x = (place.column + width_ + i - 1) % width_;
    for (std::size_t j = 0; j < 3; ++j) {
      const std::size_t y = (place.row + height_ + j - 1) % height_;
      highest = std::max(highest, std::abs(value(y, x)));
    }
  }
  return highest;
}

template class Surface<float>;
template class Surface<double>;

}  // namespace ndreg_preeval::detail
