// SPDX-License-Identifier: MIT
// Views and options against the rules: the class, and a message with image, rule and what came.
#include <limits>
#include <stdexcept>
#include <vector>

#include "check.hpp"
#include "images.hpp"

namespace {

using images::Image;
using namespace ndreg_preeval;

void references() {
  const Image image = images::noise(4, 5, 1);
  ImageView view = image.view();
  view.height = 0;
  CHECK_THROWS(std::invalid_argument, Scorer(view), "the reference image", "at least one row",
               "0 x 5");
  view = image.view();
  view.width = 0;
  CHECK_THROWS(std::invalid_argument, Scorer(view), "4 x 0");
  view = image.view();
  view.width = std::numeric_limits<std::size_t>::max();
  CHECK_THROWS(std::invalid_argument, Scorer(view), "at most 2^30", "18446744073709551615");
  view = image.view();
  view.data = nullptr;
  CHECK_THROWS(std::invalid_argument, Scorer(view), "the reference image", "no data");
  view = image.view();
  view.type = static_cast<PixelType>(200);
  CHECK_THROWS(std::invalid_argument, Scorer(view), "the reference image", "pixel type");
}

// More pixels than there is memory for, though each one is there: refused before they are read.
void too_many_pixels() {
#if !defined(SANITIZED)  // whose allocators end the process
  const double pixel = 1;
  ImageView view = make_view(&pixel, 1, 1);
  view.height = view.width = std::size_t{1} << 21;
  view.row_stride = view.column_stride = 0;
  CHECK_THROWS(std::bad_alloc, Scorer(view), "");
#endif
  CHECK(true);
}

void compared_images() {
  const Image image = images::noise(4, 5, 1);
  const Image other = images::noise(5, 4, 1);
  const Scorer scorer(image.view());
  CHECK_THROWS(std::invalid_argument, scorer.score({image.view(), image.view(), other.view()}),
               "image 2", "shape of the reference image", "4 x 5", "5 x 4");
  CHECK_THROWS(std::invalid_argument, scorer.score_consecutive({image.view(), other.view()}),
               "image 1");
  CHECK_THROWS(std::invalid_argument, scorer.correlogram(other.view()), "the image", "5 x 4");
  CHECK_THROWS(std::invalid_argument, scorer.score({ImageView{}}), "image 0", "at least one row");
  ImageView view = image.view();
  view.data = nullptr;
  CHECK_THROWS(std::invalid_argument, scorer.score({image.view(), view}), "image 1", "no data");
  view = image.view();
  view.type = static_cast<PixelType>(13);
  CHECK_THROWS(std::invalid_argument, scorer.score_consecutive({view}), "image 0", "pixel type");
  CHECK_NEAR(scorer.score({image.view()})[0].peak, images::copy_peak(image), 1e-9);  // still works
}

void options_out_of_range() {
  const Image image = images::noise(4, 5, 1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double cutoff : {0.0, -1.0, nan, -std::numeric_limits<double>::infinity()}) {
    Options options;
    options.aligner.cutoff = cutoff;
    CHECK_THROWS(std::invalid_argument, Scorer(image.view(), options),
                 "cutoff must be larger than 0");
    options = {};
    options.opinion.cutoff = cutoff;
    CHECK_THROWS(std::invalid_argument, Scorer(image.view(), options), "second opinion");
  }
  for (const double cutoff : {0.70710678118654769, 0.75, 7.0, 1e300}) {
    Options options;
    options.aligner.cutoff = cutoff;
    CHECK_THROWS(std::invalid_argument, Scorer(image.view(), options), "cutoff must be at most");
    options = {};
    options.opinion.cutoff = cutoff;
    CHECK_THROWS(std::invalid_argument, Scorer(image.view(), options), "second opinion must be at");
  }
  for (const double cutoff : {std::sqrt(0.5), std::numeric_limits<double>::infinity()}) {
    Options options;
    options.aligner.cutoff = options.opinion.cutoff = cutoff;
    CHECK(Scorer(image.view(), options).score({image.view()}).size() == 1);
  }
  for (const std::size_t from : {0U, 7U}) {
    Options options;
    options.opinion.window_from = from;
    CHECK_THROWS(std::invalid_argument, Scorer(image.view(), options), "window_from must be 8");
  }
  for (const double most : {-0.5, nan}) {
    Options options;
    options.max_shift = most;
    CHECK_THROWS(std::invalid_argument, Scorer(image.view(), options), "max_shift must be 0");
  }
}

// Of several bad images the first is named, whatever the threads.
void the_first_error_is_told() {
  Options options;
  options.accept_invalid = false;
  const Image good = images::noise(16, 16, 1);
  Image bad = good;
  bad.at(0, 0) = std::numeric_limits<double>::quiet_NaN();
  std::vector<ImageView> views(40, good.view());
  for (std::size_t i = 7; i < views.size(); ++i) views[i] = bad.view();
  const Scorer scorer(good.view(), options);
  for (int threads = 1; threads <= 8; ++threads) {
    RunOptions run;
    run.num_threads = threads;
    for (int again = 0; again < 20; ++again) {
      CHECK_THROWS(std::invalid_argument, scorer.score(views, run), "image 7 ");
    }
  }
}

}  // namespace

int main() {
  return check::run({{"references", references},
                     {"too many pixels", too_many_pixels},
                     {"compared images", compared_images},
                     {"options out of range", options_out_of_range},
                     {"the first error is told", the_first_error_is_told}});
}
