// SPDX-License-Identifier: MIT
// Structs of the C interface to those of the library, and back.
#include "c_api/c_api.hpp"

#include <type_traits>

namespace ndreg_preeval::c_api {
namespace {

// What the first version of each struct had: no caller has less.
constexpr std::size_t first_image = offsetof(ndreg_preeval_image, swapped) + sizeof(std::int32_t);
constexpr std::size_t first_run = offsetof(ndreg_preeval_run, first_index) + sizeof(std::int64_t);
constexpr std::size_t first_score =
    offsetof(ndreg_preeval_pair_score, beyond_max_shift) + sizeof(std::uint32_t);

// Both describe the same bytes.
static_assert(std::is_trivially_copyable_v<PairScore>);
static_assert(sizeof(ndreg_preeval_pair_score) == sizeof(PairScore));
#define SAME_PLACE(member)                                                                  \
  static_assert(offsetof(ndreg_preeval_pair_score, member) == offsetof(PairScore, member)); \
  static_assert(                                                                            \
      std::is_same_v<decltype(ndreg_preeval_pair_score::member), decltype(PairScore::member)>)
SAME_PLACE(peak);
SAME_PLACE(mean);
SAME_PLACE(rms);
SAME_PLACE(second_peak);
SAME_PLACE(zero_peak);
SAME_PLACE(shift_y);
SAME_PLACE(shift_x);
SAME_PLACE(opinion);
SAME_PLACE(opinion_rms);
SAME_PLACE(opinion_second);
SAME_PLACE(opinion_moved);
SAME_PLACE(opinion_zero);
SAME_PLACE(confirmation);
SAME_PLACE(probability);
SAME_PLACE(p_value);
SAME_PLACE(invalid_pixels);
SAME_PLACE(peak_dy);
SAME_PLACE(peak_dx);
SAME_PLACE(flags);
SAME_PLACE(beyond_max_shift);
SAME_PLACE(probability_masked);
SAME_PLACE(static_pixels);
#undef SAME_PLACE

// The numbers of C's constants are the library's.
constexpr bool same(int number, PixelType type) { return number == static_cast<int>(type); }
static_assert(same(NDREG_PREEVAL_BOOLEAN, PixelType::boolean));
static_assert(same(NDREG_PREEVAL_INT8, PixelType::int8));
static_assert(same(NDREG_PREEVAL_INT16, PixelType::int16));
static_assert(same(NDREG_PREEVAL_INT32, PixelType::int32));
static_assert(same(NDREG_PREEVAL_INT64, PixelType::int64));
static_assert(same(NDREG_PREEVAL_UINT8, PixelType::uint8));
static_assert(same(NDREG_PREEVAL_UINT16, PixelType::uint16));
static_assert(same(NDREG_PREEVAL_UINT32, PixelType::uint32));
static_assert(same(NDREG_PREEVAL_UINT64, PixelType::uint64));
static_assert(same(NDREG_PREEVAL_FLOAT16, PixelType::float16));
static_assert(same(NDREG_PREEVAL_FLOAT32, PixelType::float32));
static_assert(same(NDREG_PREEVAL_FLOAT64, PixelType::float64));
static_assert(same(NDREG_PREEVAL_LONG_DOUBLE, PixelType::long_double));
constexpr bool same(int number, PairFlag flag) { return number == static_cast<int>(flag); }
static_assert(same(NDREG_PREEVAL_NO_CONTRAST, no_contrast));
static_assert(same(NDREG_PREEVAL_ALL_INVALID, all_invalid));
static_assert(same(NDREG_PREEVAL_FEW_LEVELS, few_levels));
static_assert(same(NDREG_PREEVAL_IDENTICAL, identical));
static_assert(same(NDREG_PREEVAL_HOT_PIXEL, hot_pixel));
static_assert(same(NDREG_PREEVAL_WRAPPED, wrapped));
static_assert(same(NDREG_PREEVAL_REPEATED_PIXELS, repeated_pixels));
static_assert(same(NDREG_PREEVAL_IN_DOUBLE, in_double));
static_assert(same(NDREG_PREEVAL_SPLIT_PEAK, split_peak));
static_assert(same(NDREG_PREEVAL_HIDES_MOTION, hides_motion));
static_assert(same(NDREG_PREEVAL_AT_REST, at_rest));
static_assert(same(NDREG_PREEVAL_STATIC_APERTURE, static_aperture));
static_assert(same(NDREG_PREEVAL_STATIC_BACKGROUND, static_background));
static_assert(same(NDREG_PREEVAL_BEYOND_LIMIT, beyond_limit));

PixelType pixel_type(std::int32_t type, const std::string& what) {
  if (type < NDREG_PREEVAL_BOOLEAN || type > NDREG_PREEVAL_LONG_DOUBLE) {
    throw std::invalid_argument(what + " has an unknown pixel type, " + std::to_string(type));
  }
  return static_cast<PixelType>(type);
}

std::ptrdiff_t stride_of(std::int64_t bytes, const std::string& what) {
  const auto stride = static_cast<std::ptrdiff_t>(bytes);
  if (stride != bytes) {
    throw std::invalid_argument("a stride of " + what +
                                " is too large for this machine: " + std::to_string(bytes));
  }
  return stride;
}

ImageView view_of(const ndreg_preeval_image& image, const std::string& what) {
  ImageView view;
  view.data = image.data;
  view.type = pixel_type(image.type, what);
  view.height = size_of(image.height, "the height of " + what);
  view.width = size_of(image.width, "the width of " + what);
  view.row_stride = stride_of(image.row_stride, what);
  view.column_stride = stride_of(image.column_stride, what);
  view.swapped = flag_of(image.swapped, "swapped");
  view.mask = image.mask;
  view.mask_row_stride = stride_of(image.mask_row_stride, what);
  view.mask_column_stride = stride_of(image.mask_column_stride, what);
  return view;
}

}  // namespace

ImageView view_of(const ndreg_preeval_image* image, const char* what) {
  required(image, what);
  return view_of(read_struct<ndreg_preeval_image>(image, first_image, "an image"), what);
}

std::vector<ImageView> views_of(const ndreg_preeval_image* images, std::int64_t count,
                                std::size_t first_index) {
  const std::size_t size = count_of(images, count, "images");
  std::vector<ImageView> views;
  views.reserve(size);
  for_each_struct(images, size, first_image, "an image",
                  [&](const ndreg_preeval_image& image, std::size_t index) {
                    views.push_back(view_of(image, "image " + std::to_string(first_index + index)));
                  });
  return views;
}

RunOptions run_of(const ndreg_preeval_run* run) {
  RunOptions options;
  if (run == nullptr) return options;
  const auto known = read_struct<ndreg_preeval_run>(run, first_run, "ndreg_preeval_run");
  if (known.num_threads < 0) {
    throw std::invalid_argument("num_threads must be 0 (automatic) or more, not " +
                                std::to_string(known.num_threads));
  }
  options.num_threads = known.num_threads;
  if (flag_of(known.has_first_index, "has_first_index")) {
    options.first_index = size_of(known.first_index, "first_index");
  }
  void* const user = known.user;
  if (const auto ask = known.should_stop; ask != nullptr) {
    options.should_stop = [ask, user] { return ask(user) != 0; };
  }
  if (const auto tell = known.progress; tell != nullptr) {
    options.progress = [tell, user](std::size_t done, std::size_t total) {
      tell(static_cast<std::int64_t>(done), static_cast<std::int64_t>(total), user);
    };
  }
  return options;
}

Pairing pairing_of(ndreg_preeval_pairing pairing) {
  switch (pairing) {
    case NDREG_PREEVAL_REFERENCE:
      return Pairing::reference;
    case NDREG_PREEVAL_PREVIOUS:
      return Pairing::previous;
    default:
      throw std::invalid_argument(
          "pairing must be NDREG_PREEVAL_REFERENCE or NDREG_PREEVAL_PREVIOUS, not " +
          std::to_string(pairing));
  }
}

void check_score_size(std::uint64_t score_size) {
  check_struct_size(score_size, first_score, alignof(ndreg_preeval_pair_score),
                    "ndreg_preeval_pair_score");
}

void write_scores(const std::vector<PairScore>& scores, ndreg_preeval_pair_score* to,
                  std::uint64_t score_size) {
  auto* at = reinterpret_cast<char*>(to);
  for (const PairScore& score : scores) {
    write_struct(score, at, score_size);
    at += score_size;
  }
}

}  // namespace ndreg_preeval::c_api

ndreg_preeval_status ndreg_preeval_image_init(ndreg_preeval_image* image, std::uint64_t struct_size,
                                              const void* data, ndreg_preeval_pixel_type type,
                                              std::int64_t height, std::int64_t width) {
  using namespace ndreg_preeval;
  return c_api::guarded([&] {
    c_api::required(image, "image");
    c_api::check_struct_size(struct_size, c_api::first_image, alignof(ndreg_preeval_image),
                             "ndreg_preeval_image");
    const auto size = static_cast<std::int64_t>(pixel_size(c_api::pixel_type(type, "the image")));
    constexpr std::int64_t longest = std::int64_t{1} << 30;
    if (height < 0 || width < 0 || height > longest || width > longest) {
      throw std::invalid_argument("an image must be at most 2^30 pixels along an axis, not " +
                                  std::to_string(height) + " x " + std::to_string(width));
    }
    ndreg_preeval_image made{};
    made.struct_size = struct_size;
    made.data = data;
    made.height = height;
    made.width = width;
    made.row_stride = width * size;
    made.column_stride = size;
    made.type = type;
    c_api::write_struct(made, image, struct_size);
  });
}
