// SPDX-License-Identifier: MIT
// Pixels of every type, byte order and layout give what the same numbers give as plain doubles.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "check.hpp"
#include "images.hpp"

namespace {

using images::Image;
using images::Random;
using namespace ndreg_preeval;

// How an image lies in memory. Strides are in pixels plus extra bytes.
struct Layout {
  const char* name;
  std::ptrdiff_t row_pixels;  // of an image of `height` x `width` pixels
  std::ptrdiff_t column_pixels;
  std::ptrdiff_t extra_bytes = 0;  // added to the column stride: pixels are not aligned
  std::ptrdiff_t offset_bytes = 0;
};

constexpr std::ptrdiff_t height = 11;
constexpr std::ptrdiff_t width = 10;

constexpr std::array<Layout, 9> layouts{{{"dense", width, 1},
                                         {"columns first", 1, height},
                                         {"every third pixel", 3 * width, 3},
                                         {"upside down", -width, 1},
                                         {"mirrored", width, -1},
                                         {"both", -width, -1},
                                         {"one row again and again", 0, 1},
                                         {"one column again and again", 1, 0},
                                         {"unaligned", 2 * width, 1, 1, 1}}};

struct Stored {
  std::vector<unsigned char> bytes;
  ImageView view;
  Image same;  // as plain doubles
};

double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  const double value =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return (bits & 0x8000) != 0 ? -value : value;
}

// The bytes of one random pixel, lowest address first, and its value.
using Draw = std::function<double(Random&, unsigned char*)>;

template <class P, class Make>
Draw draw_as(Make make) {
  return [make](Random& random, unsigned char* bytes) {
    const P pixel = make(random);
    std::memcpy(bytes, &pixel, sizeof pixel);
    return static_cast<double>(pixel);
  };
}

template <class P>
Draw draw_integer() {
  return draw_as<P>([](Random& random) {
    return static_cast<P>(static_cast<P>(random.bits() >> 8U) ^
                          static_cast<P>(random.bits() >> 16U));
  });
}

struct Kind {
  const char* name;
  PixelType type;
  Draw draw;
};

std::vector<Kind> kinds() {
  const Draw half = [](Random& random, unsigned char* bytes) {
    auto bits = static_cast<std::uint16_t>(random.bits());
    if ((bits & 0x7C00U) == 0x7C00U) bits = static_cast<std::uint16_t>(bits & 0x83FFU);
    std::memcpy(bytes, &bits, sizeof bits);
    return half_to_double(bits);
  };
  const Draw boolean = [](Random& random, unsigned char* bytes) {
    const bool value = random.bits() % 2 != 0;
    *bytes = value ? static_cast<unsigned char>(1 + random.bits() % 255) : 0;
    return value ? 1.0 : 0.0;
  };
  return {{"bool", PixelType::boolean, boolean},
          {"int8", PixelType::int8, draw_integer<std::int8_t>()},
          {"int16", PixelType::int16, draw_integer<std::int16_t>()},
          {"int32", PixelType::int32, draw_integer<std::int32_t>()},
          {"int64", PixelType::int64, draw_integer<std::int64_t>()},
          {"uint8", PixelType::uint8, draw_integer<std::uint8_t>()},
          {"uint16", PixelType::uint16, draw_integer<std::uint16_t>()},
          {"uint32", PixelType::uint32, draw_integer<std::uint32_t>()},
          {"uint64", PixelType::uint64, draw_integer<std::uint64_t>()},
          {"float16", PixelType::float16, half},
          {"float32", PixelType::float32, draw_as<float>([](Random& random) {
             return static_cast<float>(random.number() - 0.5);
           })},
          {"float64", PixelType::float64,
           draw_as<double>([](Random& random) { return random.number() - 0.5; })},
          {"long double", PixelType::long_double,
           draw_as<long double>([](Random& random) { return random.number() - 0.5L; })}};
}

Stored store(const Kind& kind, const Layout& layout, bool swapped) {
  const std::size_t size = pixel_size(kind.type);
  const auto step = static_cast<std::ptrdiff_t>(size);
  const std::ptrdiff_t row = layout.row_pixels * (step + layout.extra_bytes);
  const std::ptrdiff_t column = layout.column_pixels * step + layout.extra_bytes;
  const std::ptrdiff_t before = std::max<std::ptrdiff_t>(0, -(height - 1) * row) +
                                std::max<std::ptrdiff_t>(0, -(width - 1) * column) +
                                layout.offset_bytes;
  const std::ptrdiff_t after = std::max<std::ptrdiff_t>(0, (height - 1) * row) +
                               std::max<std::ptrdiff_t>(0, (width - 1) * column) + step;
  Stored stored;
  stored.bytes.resize(static_cast<std::size_t>(before + after));
  stored.same = images::constant(height, width, 0);
  // Zero strides write a pixel several times: what is there in the end counts.
  Random random(17);
  for (int pass = 0; pass < 2; ++pass) {
    Random same(17);
    std::vector<double> values(stored.bytes.size());
    for (std::ptrdiff_t y = 0; y < height; ++y) {
      for (std::ptrdiff_t x = 0; x < width; ++x) {
        const auto at = static_cast<std::size_t>(before + y * row + x * column);
        values[at] = kind.draw(same, stored.bytes.data() + at);
        if (swapped) {
          std::reverse(stored.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                       stored.bytes.begin() + static_cast<std::ptrdiff_t>(at) + step);
        }
      }
    }
    for (std::ptrdiff_t y = 0; y < height; ++y) {
      for (std::ptrdiff_t x = 0; x < width; ++x) {
        stored.same.at(static_cast<std::size_t>(y), static_cast<std::size_t>(x)) =
            values[static_cast<std::size_t>(before + y * row + x * column)];
      }
    }
  }
  stored.view.data = stored.bytes.data() + before;
  stored.view.type = kind.type;
  stored.view.height = height;
  stored.view.width = width;
  stored.view.row_stride = row;
  stored.view.column_stride = column;
  stored.view.swapped = swapped;
  return stored;
}

bool same_bits(const PairScore& a, const PairScore& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

void compare(const Scorer& scorer, const ImageView& got, const ImageView& expected,
             const std::string& what) {
  const PairScore a = scorer.score({got})[0];
  const PairScore b = scorer.score({expected})[0];
  const bool wide = got.type == PixelType::int64 || got.type == PixelType::uint64;
  // 64-bit integers are read as differences from one of them, which rounds in another place.
  const bool same = wide ? std::abs(a.peak - b.peak) < 1e-10 && std::abs(a.mean - b.mean) < 1e-10 &&
                               a.peak_dy == b.peak_dy && a.invalid_pixels == b.invalid_pixels
                         : same_bits(a, b);
  ++check::checks;
  if (!same) check::report(__FILE__, __LINE__, what + " differs from the same numbers as doubles");
}

void types_and_layouts() {
  const Image reference = images::noise(height, width, 4);
  const Scorer scorer(reference.view());
  for (const Kind& kind : kinds()) {
    for (const Layout& layout : layouts) {
      for (const bool swapped : {false, true}) {
        // The padding bytes of a long double make its byte order unspeakable.
        if (swapped && kind.type == PixelType::long_double) continue;
        const Stored stored = store(kind, layout, swapped);
        compare(scorer, stored.view, stored.same.view(),
                std::string(kind.name) + ", " + layout.name + (swapped ? ", swapped" : ""));
      }
    }
  }
}

void reference_of_every_type() {
  const Image image = images::noise(height, width, 4);
  for (const Kind& kind : kinds()) {
    const Stored stored = store(kind, layouts[2], kind.type != PixelType::long_double);
    const PairScore got = Scorer(stored.view).score({image.view()})[0];
    const PairScore expected = Scorer(stored.same.view()).score({image.view()})[0];
    CHECK_NEAR(got.peak, expected.peak, 1e-10);
    CHECK_NEAR(got.mean, expected.mean, 1e-10);
  }
}

void masks() {
  const Image reference = images::noise(height, width, 4);
  const Scorer scorer(reference.view());
  std::vector<unsigned char> mask(height * width);
  Random random(3);
  for (unsigned char& byte : mask) byte = static_cast<unsigned char>(random.bits() % 3);
  for (const Kind& kind : kinds()) {
    Stored stored = store(kind, layouts[0], false);
    for (const bool backwards : {false, true}) {
      Image expected = stored.same;
      for (std::size_t i = 0; i < mask.size(); ++i) {
        const std::size_t from = backwards ? mask.size() - 1 - i : i;
        if (mask[from] == 0) expected.pixels[i] = std::numeric_limits<double>::quiet_NaN();
      }
      stored.view.mask = backwards ? &mask.back() : mask.data();
      stored.view.mask_row_stride = backwards ? -width : width;
      stored.view.mask_column_stride = backwards ? -1 : 1;
      compare(scorer, stored.view, expected.view(), std::string(kind.name) + " with a mask");
      CHECK(scorer.score({stored.view})[0].invalid_pixels > 0);
    }
    // One row of a mask for all rows of the image.
    Image expected = stored.same;
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (mask[i % width] == 0) expected.pixels[i] = std::numeric_limits<double>::quiet_NaN();
    }
    stored.view.mask = mask.data();
    stored.view.mask_row_stride = 0;
    stored.view.mask_column_stride = 1;
    compare(scorer, stored.view, expected.view(), std::string(kind.name) + " with a mask row");
  }
}

void special_values() {
  const Image reference = images::noise(4, 4, 4);
  const Scorer scorer(reference.view());
  Image image = images::rolled(reference, 1, 0);
  std::vector<float> single(image.pixels.begin(), image.pixels.end());
  single[3] = std::numeric_limits<float>::quiet_NaN();
  single[7] = std::numeric_limits<float>::infinity();
  single[9] = -std::numeric_limits<float>::infinity();
  CHECK(scorer.score({make_view(single.data(), 4, 4)})[0].invalid_pixels == 3);
  // A half is infinite or not a number with the highest exponent, whatever its sign.
  const std::vector<std::uint16_t> halves{
      0x7C00, 0xFC00, 0x7E01, 0xFC01, 0x0001, 0x8001, 0x3C00, 0x7BFF, 0, 0x8000, 1, 2, 3, 4, 5, 6};
  ImageView view = make_view(halves.data(), 4, 4);
  view.type = PixelType::float16;
  CHECK(scorer.score({view})[0].invalid_pixels == 4);
  // Beyond the range of a double.
  if (std::numeric_limits<long double>::max_exponent > std::numeric_limits<double>::max_exponent) {
    std::vector<long double> wide(image.pixels.begin(), image.pixels.end());
    wide[5] = std::numeric_limits<long double>::max();
    CHECK(scorer.score({make_view(wide.data(), 4, 4)})[0].invalid_pixels == 1);
  }
}

// Small differences of numbers that do not fit a double.
template <class P>
void large_integers_of(P base) {
  Random random(5);
  std::vector<P> first(height * width);
  for (P& pixel : first) pixel = static_cast<P>(base - static_cast<P>(random.bits() % 50));
  const Image small = [&] {
    Image image = images::constant(height, width, 0);
    for (std::size_t i = 0; i < first.size(); ++i) {
      image.pixels[i] = -static_cast<double>(static_cast<P>(base - first[i]));
    }
    return image;
  }();
  const Image reference = images::rolled(small, 2, 3);
  const Scorer scorer(reference.view());
  const PairScore got = scorer.score({make_view(first.data(), height, width)})[0];
  const PairScore expected = scorer.score({small.view()})[0];
  CHECK_NEAR(got.peak, images::copy_peak(small), 1e-9);
  CHECK_NEAR(got.peak, expected.peak, 1e-12);
  CHECK(got.peak_dy == 2 && got.peak_dx == 3);
}

void large_integers() {
  large_integers_of<std::int64_t>(std::numeric_limits<std::int64_t>::max());
  large_integers_of<std::int64_t>(std::numeric_limits<std::int64_t>::min() + 50);
  large_integers_of<std::uint64_t>(std::numeric_limits<std::uint64_t>::max());
  large_integers_of<std::int64_t>(25);  // both signs
}

// The whole range of a type, where differences of the type itself would wrap.
void full_range() {
  const std::vector<std::int64_t> wide{std::numeric_limits<std::int64_t>::min(),
                                       std::numeric_limits<std::int64_t>::max(),
                                       0,
                                       -1,
                                       1,
                                       5};
  const std::vector<double> same(wide.begin(), wide.end());
  const Image reference = images::noise(2, 3, 1);
  const Scorer scorer(reference.view());
  CHECK_NEAR(scorer.score({make_view(wide.data(), 2, 3)})[0].mean,
             scorer.score({make_view(same.data(), 2, 3)})[0].mean, 1e-12);
}

// Every second pixel of twice as many, bytes in the other order.
template <class P>
void same_bits_as(const std::vector<P>& pixels, std::size_t rows, std::size_t columns,
                  const Scorer& scorer) {
  std::vector<unsigned char> apart(2 * pixels.size() * sizeof(P));
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(&pixels[i]);
    std::reverse_copy(bytes, bytes + sizeof(P), apart.data() + 2 * i * sizeof(P));
  }
  ImageView view = make_view(pixels.data(), rows, columns);
  const PairScore dense = scorer.score({view})[0];
  view.data = apart.data();
  view.row_stride *= 2;
  view.column_stride *= 2;
  view.swapped = true;
  const PairScore other = scorer.score({view})[0];
  CHECK(std::memcmp(&dense, &other, sizeof dense) == 0);
}

// Sums of squares count in plain cross-correlation, where phases do not show how they were rounded.
void the_same_bits_in_any_layout() {
  for (const Precision precision : {Precision::double_, Precision::single_}) {
    for (std::size_t columns = 5; columns < 60; columns += 3) {
      Options options;
      options.precision = precision;
      options.normalization = Normalization::none;
      options.keep_mean = columns % 2 == 0;
      const std::size_t rows = 70 - columns;
      const auto seed = static_cast<std::uint32_t>(columns);
      const Scorer scorer(images::noise(rows, columns, seed).view(), options);
      std::vector<double> doubles = images::noise(rows, columns, seed + 1).pixels;
      for (double& pixel : doubles) pixel *= 1000;
      same_bits_as(doubles, rows, columns, scorer);
      same_bits_as(std::vector<float>(doubles.begin(), doubles.end()), rows, columns, scorer);
      same_bits_as(std::vector<std::uint16_t>(doubles.begin(), doubles.end()), rows, columns,
                   scorer);
      for (double& pixel : doubles) pixel *= 1e200;
      same_bits_as(doubles, rows, columns, scorer);
    }
  }
}

void type_of_pixels() {
  CHECK(pixel_type_of<bool>() == PixelType::boolean);
  CHECK(pixel_type_of<const float>() == PixelType::float32);
  CHECK(pixel_type_of<long double>() == PixelType::long_double);
  CHECK(pixel_type_of<long long>() == PixelType::int64);
  CHECK(pixel_type_of<unsigned char>() == PixelType::uint8);
  for (const Kind& kind : kinds()) CHECK(pixel_size(kind.type) > 0);
  CHECK(pixel_size(static_cast<PixelType>(99)) == 0);
}

}  // namespace

int main() {
  return check::run({{"types and layouts", types_and_layouts},
                     {"reference of every type", reference_of_every_type},
                     {"masks", masks},
                     {"special values", special_values},
                     {"large integers", large_integers},
                     {"full range", full_range},
                     {"the same bits in any layout", the_same_bits_in_any_layout},
                     {"type of pixels", type_of_pixels}});
}
