// SPDX-License-Identifier: MIT
#include "correlation/half_correlogram.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace ndreg_preeval::detail {
namespace {

// Distance on a ring.
std::size_t apart(std::size_t a, std::size_t b, std::size_t length) noexcept {
  const std::size_t d = a < b ? b - a : a - b;
  return std::min(d, length - d);
}

}  // namespace

template <class T>
HalfCorrelogram<T>::HalfCorrelogram(const Plan<T>& plan, Team<T>& team)
    : plan_(plan), team_(team), window_(plan.window), columns_(plan.width) {
  // In how many batches five neighbouring columns may be, around the edge.
  const std::size_t spread = batch_width() == 2 ? 4 : 3;
  static_assert(std::tuple_size_v<decltype(slots_)> == 2 * 4);
  constexpr std::size_t line = cache_line / sizeof(T);
  const std::size_t size = (plan.height * batch_width() + line - 1) / line * line;
  const std::size_t slots = std::min(plan.image.batches, 2 * spread);
  values_ = AlignedBuffer<T>(slots * size);
  for (std::size_t i = 0; i < slots; ++i) slots_[i].values = values_.data() + i * size;
}

template <class T>
void HalfCorrelogram<T>::forget(const T* data) {
  data_ = data;
  next_slot_ = 0;
  for (Slot& slot : slots_) slot.batch = no_batch;
}

template <class T>
void HalfCorrelogram<T>::load(const T* data, Cancellation& cancellation) {
  forget(data);
  summarise(cancellation);
}

template <class T>
void HalfCorrelogram<T>::load_around(const PixelIndex& pixel, const T* data,
                                     Cancellation& cancellation) {
  forget(data);
  keep_around(pixel.column);
  keep_around(0);
  summarise(cancellation);
}

template <class T>
void HalfCorrelogram<T>::keep_around(std::size_t x) {
  const std::size_t width = plan_.width;
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t batch = (x + width * 2 + i - 2) % width / batch_width();
    const auto is_here = [batch](const Slot& slot) { return slot.batch == batch; };
    if (std::none_of(slots_.begin(), slots_.end(), is_here)) slots_[next_slot_++].batch = batch;
  }
}

template <class T>
void HalfCorrelogram<T>::summarise(Cancellation& cancellation) {
  const kernel::ImagePlan<T>& image = plan_.image;
  team_.for_each(image.panels(), cancellation, [&](std::size_t panel, T* scratch) {
    const std::size_t first = image.first_batch(panel);
    const std::size_t last = image.first_batch(panel + 1);
    std::array<T*, kernel::most_batches_at_once> values{};
    for (Slot& slot : slots_) {
      if (slot.batch >= first && slot.batch < last) values[slot.batch - first] = slot.values;
    }
    plan_.kernels.finish(image, data_, first, last, window_.rows, true, columns_.data(),
                         values.data(), scratch);
  });
}

template <class T>
double HalfCorrelogram<T>::mean() const noexcept {
  double sum = 0;
  for (const auto& column : columns_) sum += column.sum;
  return sum / (static_cast<double>(plan_.height) * static_cast<double>(plan_.width));
}

template <class T>
double HalfCorrelogram<T>::rms() const noexcept {
  double sum = 0;
  for (const auto& column : columns_) sum += column.squares;
  return std::sqrt(sum / (static_cast<double>(plan_.height) * static_cast<double>(plan_.width)));
}

template <class T>
const T* HalfCorrelogram<T>::column(std::size_t x) {
  const std::size_t batch = x / batch_width();
  for (const Slot& slot : slots_) {
    if (slot.batch == batch) return slot.values + x % batch_width();
  }
  if (next_slot_ == slots_.size() || slots_[next_slot_].values == nullptr) next_slot_ = 0;
  Slot& slot = slots_[next_slot_++];
  slot.batch = batch;
  T* values = slot.values;
  plan_.kernels.finish(plan_.image, data_, batch, batch + 1, window_.rows, false, nullptr, &values,
                       team_.scratch());
  return slot.values + x % batch_width();
}

template <class T>
T HalfCorrelogram<T>::value(std::size_t row, std::size_t x) {
  return column(x)[row * batch_width()];
}

template <class T>
T HalfCorrelogram<T>::highest_value() const noexcept {
  const std::size_t width = plan_.width;
  const Window2D& window = window_;
  T highest = 0;
  for (std::size_t x = 0; x < width; ++x) {
    if (window.columns.contains(x, width)) highest = std::max(highest, columns_[x].highest);
  }
  return highest;
}

template <class T>
T HalfCorrelogram<T>::highest_beyond() const noexcept {
  T highest = 0;
  for (std::size_t x = 0; x < plan_.width; ++x) {
    highest = std::max(highest, columns_[x].beyond);
    if (!window_.columns.contains(x, plan_.width)) highest = std::max(highest, columns_[x].highest);
  }
  return highest;
}

template <class T>
PixelIndex HalfCorrelogram<T>::highest() {
  const std::size_t height = plan_.height;
  const std::size_t width = plan_.width;
  const Window2D& window = window_;
  // Columns that are equal in exact numbers differ by rounding errors.
  const double size = static_cast<double>(height) * static_cast<double>(width);
  const T rounding = 4 * std::numeric_limits<T>::epsilon() * static_cast<T>(1 + std::log2(size));
  const T target = highest_value() * (1 - rounding);
  const std::size_t stride = batch_width();
  PixelIndex found{height, width};
  for (std::size_t x = 0; x < width && found.row > 0; ++x) {
    if (!window.columns.contains(x, width) || columns_[x].highest < target) continue;
    const T* values = column(x);
    for (std::size_t y = 0; y < found.row; ++y) {
      if (window.rows.contains(y, height) && std::abs(values[y * stride]) >= target) {
        found = {y, x};
      }
    }
  }
  return found;
}

template <class T>
bool HalfCorrelogram<T>::stands_alone(const PixelIndex& pixel, T margin) {
  const Window2D& window = window_;
  const T target = highest_value() - margin;
  const std::size_t stride = batch_width();
  for (std::size_t x = 0; x < plan_.width; ++x) {
    if (!window.columns.contains(x, plan_.width) || columns_[x].highest < target) continue;
    if (x != pixel.column) return false;
    const T* values = column(x);
    for (std::size_t y = 0; y < plan_.height; ++y) {
      if (y == pixel.row || !window.rows.contains(y, plan_.height)) continue;
      if (std::abs(values[y * stride]) >= target) return false;
    }
  }
  return true;
}

template <class T>
T HalfCorrelogram<T>::highest_outside(std::initializer_list<PixelIndex> pixels) {
  const std::size_t height = plan_.height;
  const std::size_t width = plan_.width;
  const Window2D& window = window_;
  const std::size_t stride = batch_width();
  T highest = -1;
  for (std::size_t x = 0; x < width; ++x) {
    if (!window.columns.contains(x, width) || columns_[x].highest <= highest) continue;
    const auto beside = [&](const PixelIndex& pixel) { return apart(x, pixel.column, width) > 2; };
    if (std::all_of(pixels.begin(), pixels.end(), beside)) {
      highest = columns_[x].highest;
      continue;
    }
    const T* values = column(x);
    for (std::size_t y = 0; y < height; ++y) {
      const auto outside = [&](const PixelIndex& pixel) {
        return beside(pixel) || apart(y, pixel.row, height) > 2;
      };
      if (window.rows.contains(y, height) && std::all_of(pixels.begin(), pixels.end(), outside)) {
        highest = std::max(highest, std::abs(values[y * stride]));
      }
    }
  }
  return highest;
}

template <class T>
T HalfCorrelogram<T>::highest_around(const PixelIndex& pixel) {
  T highest = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t x = (pixel.column + plan_.width + i - 1) % plan_.width;
    for (std::size_t j = 0; j < 3; ++j) {
      const std::size_t y = (pixel.row + plan_.height + j - 1) % plan_.height;
      highest = std::max(highest, std::abs(value(y, x)));
    }
  }
  return highest;
}

template <class T>
void HalfCorrelogram<T>::copy_absolute(double* out, Cancellation& cancellation) {
  for (std::size_t first = 0; first < plan_.width; first += batch_width()) {
    cancellation.check();
    const T* values = column(first);
    const std::size_t count = std::min(batch_width(), plan_.width - first);
    for (std::size_t row = 0; row < plan_.height; ++row) {
      double* to = out + row * plan_.width + first;
      for (std::size_t i = 0; i < count; ++i) to[i] = std::abs(static_cast<double>(values[i]));
      values += batch_width();
    }
  }
}

template class HalfCorrelogram<float>;
template class HalfCorrelogram<double>;

}  // namespace ndreg_preeval::detail
