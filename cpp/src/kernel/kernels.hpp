// SPDX-License-Identifier: MIT
// What the scoring needs of the kernels, whichever instruction set runs them.
//
// A half spectrum (and, after its rows were transformed back, a half correlogram) is
// [group of frequencies ky][x or kx][re, im][lane = ky]: plan.spectrum_size numbers on a cache line
// border. Images come in batches of 2 n columns, transformed together: n as the real and n as the
// imaginary parts of complex columns. A vector holds as many columns as frequencies; those that an
// image does not have are 0.
#pragma once

#include <cstddef>

#include <ndreg_preeval/options.hpp>

#include "base/cancellation.hpp"
#include "image/pixel_reader.hpp"
#include "image/pixel_sums.hpp"
#include "kernel/image_plan.hpp"

namespace ndreg_preeval::kernel {

// Shifts at which a peak counts: the first `high` and the last `low` rows (columns) of an axis.
struct LagRange {
  std::size_t high = 0;
  std::size_t low = 0;

  bool contains(std::size_t index, std::size_t length) const noexcept {
    return index < high || index >= length - low;
  }
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

// Pixels, and how they become numbers that are about 1 in size, with a mean of about 0:
// pixel * scale * gain - shift, with powers of two for scale and gain.
struct Source {
  const detail::PixelReader* reader = nullptr;
  // Read pixels where they are (reader->is_direct()).
  bool direct = false;
  // Anything that is not finite becomes 0, and all arithmetic is in double.
  bool checked = false;
  // Where pixels are not checked and `float` holds them exactly, kernels in single take these for
  // floats.
  double scale = 1;  // usually 1: for pixels whose size no single factor brings to 1
  double gain = 1;
  double shift = 0;
  detail::Cancellation* cancellation = nullptr;  // asked now and then in long columns
};

// A reference spectrum that images are correlated with.
template <class T>
struct Whitened {
  // Unit phases (with a gain: the reference itself) times the low pass, over h w; 0 where only
  // rounding noise. In the order of the plan along x, but in natural order where that axis is
  // windowed.
  const T* spectrum = nullptr;
  WindowedAxes window;  // what was done to it, and is to be done to the images
  T gain = 0;           // 0: phases of the images; else the images themselves, times this
  bool keep_mean = false;
  T* out = nullptr;  // half correlogram
};

// Factors of a low pass: [ky], for all lanes of all groups, and [at], in the order of Whitened.
template <class T>
struct LowPassFactors {
  const T* y = nullptr;
  const T* x = nullptr;
};

// What rounding errors of a spectrum do to correlograms, for one group: sums of |w / F|^2, where w
// is the weight of a frequency in the correlogram. Times the variance of the errors of F, they are
// the variance of the errors of the correlogram. Made by kernels in single precision only.
struct Doubts {
  double first = 0;
  double second = 0;
};

// Half correlograms with one or two references, group by group.
template <class T>
struct CorrelateJob {
  const T* spectrum = nullptr;  // after the columns' transforms; may be the first one's `out`
  T floor = 0;                  // magnitudes up to here are rounding noise
  Whitened<T> first;
  const Whitened<T>* second = nullptr;
  // Where the second one has no spectrum: it is the first one times this. Neither has a window.
  LowPassFactors<T> low_pass;
  // Where neighbouring groups are somebody else's: the frequencies below and above these ones,
  // [kx][re, im], from edge_row(). Null where there are none.
  const T* below = nullptr;
  const T* above = nullptr;
  // [group], with `lost` for 1 / |F| where the phase is lost in noise.
  Doubts* doubts = nullptr;
  T lost = 0;
  detail::Cancellation* cancellation = nullptr;  // asked before each group
};

// Of one group of a reference spectrum.
struct WhitenedSums {
  double magnitudes = 0;  // of the whole spectrum: what its correlogram with itself has at its
                          // peak, times h w (of phases)
  Doubts doubts;
};

template <class T>
struct WhitenJob {
  const T* spectrum = nullptr;
  T floor = 0;
  WindowedAxes window;
  const double* low_y = nullptr;  // [ky], [kx]: factors of the low pass
  const double* low_x = nullptr;
  const T* below = nullptr;  // as in CorrelateJob
  const T* above = nullptr;
  double gain = 0;                       // as in Whitened
  T* out = nullptr;                      // as in Whitened
  WhitenedSums* sums = nullptr;          // [group]
  double lost = 0;                       // as in CorrelateJob
  const double* second_low_y = nullptr;  // of the second one, where it follows from the first
  const double* second_low_x = nullptr;
  detail::Cancellation* cancellation = nullptr;
};

// One column of a correlogram.
template <class T>
struct ColumnSummary {
  T highest = 0;       // of |r| in the rows within the range of lags
  double sum = 0;      // of |r|
  double squares = 0;  // of r^2
  T at_zero = 0;       // |r| in row 0
  T beyond = 0;        // highest |r| in the other rows; 0 if there are none
};

// The functions of one instruction set. All are pure but for what they fill;
// `scratch` is the thread's own, plan.scratch_size numbers on a cache line border.
template <class T>
struct Kernels {
  std::size_t lanes = 1;

  // Transform the columns of batches first <= b < last, at most plan.batches_at_once, into their
  // places in the spectrum (twice the half spectrum), and to sums[b].
  void (*load)(const ImagePlan<T>& plan, const Source& source, std::size_t first, std::size_t last,
               T* spectrum, detail::PixelSums* sums, T* scratch) = nullptr;

  // Groups first <= g < last, after all batches were loaded. The mean is taken out.
  void (*correlate)(const ImagePlan<T>& plan, const CorrelateJob<T>& job, std::size_t first,
                    std::size_t last, T* scratch) = nullptr;

  // Frequency ky of the spectrum, [kx][re, im], transformed along x.
  void (*edge_row)(const ImagePlan<T>& plan, const T* spectrum, std::size_t ky, T* row,
                   T* scratch) = nullptr;

  // Phases of groups first <= g < last after the window, times the low pass.
  void (*whiten)(const ImagePlan<T>& plan, const WhitenJob<T>& job, std::size_t first,
                 std::size_t last, T* scratch) = nullptr;

  // Finish the columns of as many batches of a half correlogram: summaries to columns[x] (unless
  // null), whose sums are 0 unless wanted, and, where values[b - first] is not null, all values,
  // [row][2 * lanes].
  void (*finish)(const ImagePlan<T>& plan, const T* correlogram, std::size_t first,
                 std::size_t last, const LagRange& rows, bool wants_sums, ColumnSummary<T>* columns,
                 T* const* values, T* scratch) = nullptr;
};

}  // namespace ndreg_preeval::kernel
