// SPDX-License-Identifier: MIT
#include "image/validation.hpp"

#include <cmath>
#include <stdexcept>

namespace ndreg_preeval::detail {
namespace {

constexpr std::size_t shortest_windowed_axis = 8;
// Whole numbers up to here are exact in every index and loop of the library.
constexpr std::size_t longest_axis = std::size_t{1} << 30;
// Of an image, along its diagonal: sqrt(1/2) cycles per pixel. Nothing is left for a low pass
// beyond.
constexpr double highest_frequency = 0.70710678118654757;

std::string shape_text(std::size_t height, std::size_t width) {
  return std::to_string(height) + " x " + std::to_string(width);
}

void check_filter(const Filter& filter, const std::string& name) {
  if (filter.window_from < shortest_windowed_axis) {
    throw std::invalid_argument("window_from must be 8 pixels or more, not " +
                                std::to_string(filter.window_from));
  }
  if (!(filter.cutoff > 0)) {
    throw std::invalid_argument(name + " must be larger than 0 cycles per pixel, not " +
                                std::to_string(filter.cutoff));
  }
  if (filter.cutoff > highest_frequency && !std::isinf(filter.cutoff)) {
    throw std::invalid_argument(
        name +
        " must be at most sqrt(1/2) = 0.7071 cycles per pixel, the highest frequency of an " +
        "image, or infinity (no low pass), not " + std::to_string(filter.cutoff));
  }
}

}  // namespace

std::string image_name(std::size_t index) { return "image " + std::to_string(index); }

void check_options(const Options& options) {
  check_filter(options.aligner, "cutoff");
  check_filter(options.opinion, "cutoff of the second opinion");
  if (!(options.max_shift >= 0)) {
    throw std::invalid_argument("max_shift must be 0 pixels or more, not " +
                                std::to_string(options.max_shift));
  }
}

void check_view(const ImageView& view, const std::string& what) {
  if (view.height == 0 || view.width == 0) {
    throw std::invalid_argument(what + " must have at least one row and one column, not " +
                                shape_text(view.height, view.width));
  }
  if (view.height > longest_axis || view.width > longest_axis) {
    throw std::invalid_argument(what + " must be at most 2^30 pixels along an axis, not " +
                                shape_text(view.height, view.width));
  }
  if (view.data == nullptr) throw std::invalid_argument(what + " has no data");
  if (pixel_size(view.type) == 0) throw std::invalid_argument(what + " has an unknown pixel type");
}

void check_same_shape(const ImageView& view, std::size_t height, std::size_t width,
                      const std::string& what) {
  if (view.height != height || view.width != width) {
    throw std::invalid_argument(what + " must have the shape of the reference image, " +
                                shape_text(height, width) + ", not " +
                                shape_text(view.height, view.width));
  }
}

}  // namespace ndreg_preeval::detail
