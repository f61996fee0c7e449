// SPDX-License-Identifier: MIT
// What the scoring needs of the transforms, whichever instruction set runs them.
//
// A half spectrum (and, after its rows were transformed back, a half correlogram) belongs to the
// implementation: spectrum_size() numbers on a cache line border.
#pragma once

#include <cstddef>
#include <memory>

#include <ndreg_preeval/options.hpp>

#include "../centred_image.hpp"
#include "../stopper.hpp"

namespace ndreg_preeval::kernel {

// Shifts at which a peak counts: the first `high` and the last `low` rows (columns) of an axis.
struct Reach {
  std::size_t high = 0;
  std::size_t low = 0;

  bool contains(std::size_t index, std::size_t length) const noexcept {
    return index < high || index >= length - low;
  }
};

// One column of a correlogram.
template <class T>
struct ColumnSummary {
  T highest = 0;       // of |r| in the rows within reach
  double sum = 0;      // of |r|
  double squares = 0;  // of r^2
};

// The axes along which a filter windows images of some size.
struct WindowedAxes {
  bool y = false;
  bool x = false;

  WindowedAxes() = default;
  WindowedAxes(const Filter& filter, std::size_t height, std::size_t width) noexcept
      : y(filter.window == Window::hann && height >= filter.window_from),
        x(filter.window == Window::hann && width >= filter.window_from) {}
  bool any() const noexcept { return y || x; }
};

// A reference spectrum that images are correlated with.
template <class T>
struct Whitened {
  const T* spectrum = nullptr;  // unit phases times the low pass; 0 where only rounding noise
  WindowedAxes window;          // what was done to it, and is to be done to the images
  bool keep_mean = false;
};

// Plans for one image size. Immutable: shared by all threads.
template <class T>
class Transforms {
 public:
  Transforms() = default;
  Transforms(const Transforms&) = delete;
  Transforms& operator=(const Transforms&) = delete;
  virtual ~Transforms() = default;

  virtual std::size_t spectrum_size() const noexcept = 0;
  virtual std::size_t scratch_size() const noexcept = 0;
  virtual std::size_t group_size() const noexcept = 0;  // columns per group

  // Half spectrum of an image; its mean (the zero-frequency bin) is exactly 0.
  virtual void forward(const detail::CentredImage& image, T* spectrum, T* scratch,
                       detail::Stopper& stopper) const = 0;

  // Phases of a spectrum after the filter's window, times its low pass. Returns the sum of their
  // magnitudes over the whole spectrum: what its correlogram with itself has at its peak, times h
  // w.
  virtual double whiten(const T* spectrum, T floor, const Filter& filter, T* unit, T* scratch,
                        detail::Stopper& stopper) const = 0;

  // Half correlograms with one or two whitened references; the first overwrites the spectrum.
  virtual void correlate(T* spectrum, T floor, const Whitened<T>& first, const Whitened<T>* second,
                         T* second_correlogram, T* scratch, detail::Stopper& stopper) const = 0;

  // Finish the columns of a half correlogram, keeping a summary of each.
  virtual void summarise(const T* correlogram, const Reach& rows, ColumnSummary<T>* columns,
                         T* scratch, detail::Stopper& stopper) const = 0;

  // Finish one group of columns: out[row * group_size() + column in the group].
  virtual void finish(const T* correlogram, std::size_t group, T* out) const = 0;
};

// The implementation for the active instruction set.
template <class T>
std::unique_ptr<const Transforms<T>> make_transforms(std::size_t height, std::size_t width);

}  // namespace ndreg_preeval::kernel
