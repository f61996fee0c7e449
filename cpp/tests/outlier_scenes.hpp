// SPDX-License-Identifier: MIT
// Drifting scenes with what detectors write where they have no value, and scenes without.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "images.hpp"
#include "stored.hpp"

namespace outlier_scenes {

using images::Image;

constexpr std::size_t height = 48;
constexpr std::size_t width = 64;

// A type of pixels, and between which values scenes of it are.
struct Type {
  const char* name;
  stored::Stored (*store)(const Image&, const stored::Layout&);
  double dark, bright;
  double none;  // what detectors write where they have no value
  bool has_sign;
};

template <class P>
Type type(const char* name, double dark, double bright) {
  const bool whole = std::is_integral_v<P>;
  const double none = whole ? static_cast<double>(std::numeric_limits<P>::max()) : 1e30;
  return {name, stored::store<P>, dark, bright, none, std::is_signed_v<P>};
}

inline const std::vector<Type> types{
    type<std::int8_t>("int8", 40, 50),          type<std::uint8_t>("uint8", 80, 100),
    type<std::int16_t>("int16", 1000, 1200),    type<std::uint16_t>("uint16", 1000, 1200),
    type<std::int32_t>("int32", 1000, 1200),    type<std::uint32_t>("uint32", 1000, 1200),
    type<std::int64_t>("int64", 1000, 1200),    type<std::uint64_t>("uint64", 1000, 1200),
    type<float>("float32", 1000, 1200),         type<double>("float64", 1000, 1200),
    type<float>("small float32", 1e-3, 1.2e-3), type<double>("small float64", 1e-3, 1.2e-3)};

// Image `index` of a stack whose scene moves by (3, -2) from each to the next, or of noise.
inline Image scene(const Type& type, std::uint32_t index, bool noise = false) {
  const auto i = static_cast<std::ptrdiff_t>(index);
  Image image = noise ? images::noise(height, width, 20 + index)
                      : images::rolled(images::noise(height, width, 1), 3 * i, -2 * i);
  for (double& pixel : image.pixels) pixel = type.dark + (type.bright - type.dark) * pixel;
  return image;
}

enum Kind { gap, dead, flags, hot, several };

inline void spoil(Image& image, Kind kind, const Type& type, std::uint32_t seed) {
  const auto row = [&](std::size_t y, double value) {
    for (std::size_t x = 0; x < width; ++x) image.at(y, x) = value;
  };
  const auto column = [&](std::size_t x, double value) {
    for (std::size_t y = 0; y < height; ++y) image.at(y, x) = value;
  };
  if (kind == dead || kind == several) {
    row(9, 0);
    column(17, 0);
    column(18, 0);
  }
  if (kind == gap || kind == several) {
    for (std::size_t i = 20; i < 23; ++i) row(i, type.none);
    for (std::size_t i = 30; i < 33; ++i) column(i, type.none);
  }
  if (kind == flags) {
    row(20, type.has_sign ? -1 : type.none);
    for (std::size_t i = 0; i < 9; ++i) image.at(2 + 2 * i, 5 + 6 * i) = type.has_sign ? -2 : 0;
  }
  if (kind == hot || kind == several) {  // of other values in each image
    images::Random random(seed);
    for (std::size_t i = 0; i < 10; ++i) {
      image.at(27 + 2 * i, 40 + 2 * i) = type.bright * (2 + 0.5 * random.number());
    }
  }
}

// Slow and obvious: pixels that are no values of the scene, in both images.
inline std::vector<std::size_t> expected(const Image& a, const Image& b, const Type& type) {
  const auto is_scene = [&](double pixel) { return pixel >= type.dark && pixel <= type.bright; };
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!is_scene(a.pixels[i]) && !is_scene(b.pixels[i])) places.push_back(i);
  }
  return places;
}

// Two images without a static outlier.
struct Clean {
  std::string name;
  Image first, second;
};

inline std::vector<Clean> clean_pairs(const Type& type) {
  std::vector<Clean> pairs;
  for (const std::ptrdiff_t step : {0, 1}) {
    // Blobs whose middle is about 2, with a little noise that is never the same.
    const auto make = [&](std::uint32_t index, double dark, double bright) {
      const double by = static_cast<double>(step) * index;
      const Image noise = images::noise(height, width, 30 + index);
      Image image = images::sum(images::blobs(height, width, 3, 3 * by, -2 * by), noise, 0.05);
      for (double& pixel : image.pixels) {
        pixel = std::clamp(dark + (bright - dark) * pixel, 0.0, type.none);
      }
      return image;
    };
    const auto add = [&](const char* name, double dark, double bright) {
      pairs.push_back({std::string(name) + (step == 0 ? " at rest" : " that moves"),
                       make(0, dark, bright), make(1, dark, bright)});
    };
    add("smooth scene", type.dark, type.dark + 3 * (type.bright - type.dark));
    add("saturated sample", 0.1 * type.none, 0.8 * type.none);
    add("dark background", type.dark - type.bright, type.bright);
  }
  pairs.push_back({"noise", scene(type, 0, true), scene(type, 1, true)});
  Clean square{"saturated square that moves", scene(type, 0), scene(type, 1)};
  Clean shape{"a gap that changes its shape", scene(type, 0), scene(type, 1)};
  Clean salt{"pixels without a value here and there", scene(type, 0), scene(type, 1)};
  images::Random random(9);
  for (std::size_t i = 0; i < square.first.size(); ++i) {
    const std::size_t y = i / width;
    const std::size_t x = i % width;
    if (y / 15 == 1 && x / 15 == 1) square.first.pixels[i] = type.none;
    if ((y + 3) / 15 == 1 && (x - 2) / 15 == 1) square.second.pixels[i] = type.none;
    if (y / 12 == 1 && x / 12 == 2) shape.first.pixels[i] = type.none;
    if (y / 12 == 1 && x / 12 == 2 && x < 32) shape.second.pixels[i] = type.none;
    if (random.number() < 0.05) salt.first.pixels[i] = type.none;
    if (random.number() < 0.05) salt.second.pixels[i] = type.none;
  }
  pairs.push_back(square);
  pairs.push_back(shape);
  pairs.push_back(salt);
  return pairs;
}

}  // namespace outlier_scenes
