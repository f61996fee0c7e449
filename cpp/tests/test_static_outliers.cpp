// SPDX-License-Identifier: MIT
// Gaps, dead and hot pixels that stay where they are: what is found of them, and what is not.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "check.hpp"
#include "image/pixel_reader.hpp"
#include "image/static_outliers.hpp"
#include "images.hpp"
#include "outlier_scenes.hpp"
#include "runs.hpp"
#include "stored.hpp"

namespace {

using namespace ndreg_preeval;
using detail::OutlierCandidates;
using detail::PixelReader;
using detail::StaticOutliers;
using images::Image;
using stored::Layout;
using stored::layouts;
using stored::Stored;
using namespace outlier_scenes;

std::size_t valid_pixels(const PixelReader& reader) {
  std::vector<double> row(reader.width());
  std::size_t valid = 0;
  for (std::size_t y = 0; y < reader.height(); ++y) {
    reader.read(y, 0, row.size(), row.data());
    for (const double pixel : row) valid += std::isfinite(pixel) ? 1U : 0U;
  }
  return valid;
}

std::vector<std::size_t> found(const ImageView& a, const ImageView& b) {
  const RunOptions run;
  detail::Cancellation cancellation(run);
  StaticOutliers outliers;
  OutlierCandidates of_reference;
  const PixelReader reference(a);
  outliers.find(reference, valid_pixels(reference), of_reference, cancellation);
  return outliers.common(reference, of_reference, PixelReader(b), cancellation);
}

void that(bool holds, const std::string& what) {
  ++check::checks;
  if (!holds) check::report(__FILE__, __LINE__, what);
}

void what_stays_is_found_in_every_type_and_layout() {
  for (const Type& type : types) {
    for (const Kind kind : {gap, dead, flags, hot, several}) {
      for (const bool noise : {false, true}) {
        Image first = scene(type, 0, noise);
        Image second = scene(type, 1, noise);
        spoil(first, kind, type, 7);
        spoil(second, kind, type, 8);
        if (kind == several) second.at(40, 50) = second.at(44, 60) = type.none;  // not in both
        const std::vector<std::size_t> places = expected(first, second, type);
        CHECK(places.size() >= 10);
        for (const Layout& layout : layouts) {
          const Stored a = type.store(first, layout);
          const Stored b = type.store(second, layout);
          that(found(a.view, b.view) == places, std::string(type.name) + ", kind " +
                                                    std::to_string(kind) + ", " + layout.name +
                                                    ": others than expected are found");
        }
      }
    }
  }
}

// Values that stand for none whatever the scene, and be they close to it.
void flags_near_the_scene_are_found() {
  for (Type type : types) {
    const bool whole = type.none < 1e30;
    for (const bool high : {false, true}) {
      // A double holds the largest number of 64 bits, but none that is close to it.
      if (high ? !whole || type.none > 1e10 : !type.has_sign) continue;
      type.dark = high ? type.none - 67 : 6;
      type.bright = type.dark + 60;
      Image pair[] = {scene(type, 0), scene(type, 1)};
      for (Image& image : pair) {
        for (double& pixel : image.pixels) {
          pixel = std::rint(high ? type.dark + type.bright - pixel : pixel);
        }
        for (std::size_t x = 0; x < width; ++x) {
          image.at(20, x) = high ? type.none : -1;
          if (!high) image.at(30, x) = -2;
        }
      }
      for (const Layout& layout : layouts) {
        const Stored a = type.store(pair[0], layout);
        const Stored b = type.store(pair[1], layout);
        that(found(a.view, b.view) == expected(pair[0], pair[1], type),
             type.name + (std::string(high ? ", high, " : ", low, ") + layout.name));
      }
      // Others than -1 and -2 below zero: numbers like all.
      if (high) continue;
      for (Image& image : pair) image.at(40, 40) = -3;
      that(
          found(type.store(pair[0], layouts[0]).view, type.store(pair[1], layouts[0]).view).empty(),
          type.name + std::string(", -3"));
    }
  }
}

void what_is_masked_is_not_found() {
  const Type& type = types[3];
  Image first = scene(type, 0);
  Image second = scene(type, 1);
  spoil(first, several, type, 7);
  spoil(second, several, type, 8);
  Stored a = type.store(first, layouts[6]);
  Stored b = type.store(second, layouts[6]);
  const auto no_gap = [&](const Image& image, std::vector<unsigned char>& mask) {
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = image.pixels[i] != type.none;
  };
  no_gap(first, a.mask);
  std::vector<std::size_t> places;
  for (const std::size_t place : expected(first, second, type)) {
    if (a.mask[place] != 0) places.push_back(place);
  }
  CHECK(found(a.view, b.view) == places);
  no_gap(second, b.mask);
  CHECK(found(a.view, b.view) == places);
}

Options options(bool looks) {
  Options all = method_named("evidence").options;
  all.ignore_hot_pixel = looks;
  return all;
}

void a_scene_is_no_outlier() {
  for (const Type& type : types) {
    for (const Clean& pair : clean_pairs(type)) {
      const Stored a = type.store(pair.first, layouts[0]);
      const Stored b = type.store(pair.second, layouts[0]);
      that(found(a.view, b.view).empty(), type.name + (", " + pair.name));
      const auto looked = Scorer(a.view, options(true)).score({b.view, a.view});
      const auto not_looked = Scorer(a.view, options(false)).score({b.view, a.view});
      that(runs::same(looked, not_looked), type.name + (", " + pair.name + ": other bits"));
    }
  }
}

void the_same_image_twice_has_none() {
  for (const Type& type : types) {
    Image image = scene(type, 0);
    spoil(image, several, type, 7);
    const Stored a = type.store(image, layouts[0]);
    const Stored b = type.store(image, layouts[7]);
    const PairScore score = Scorer(a.view, options(true)).score({b.view})[0];
    CHECK(score.static_pixels == 0 && score.flags == identical);
  }
}

void the_pair_is_judged_by_the_rest() {
  for (const Type& type : types) {
    bool any_misled = false;
    for (const Kind kind : {gap, dead, flags, hot, several}) {
      std::vector<Image> stack;
      for (std::uint32_t index : {0U, 1U, 2U, 3U}) {
        stack.push_back(scene(type, index, index == 3));
        spoil(stack.back(), kind, type, 7 + index);
      }
      std::vector<PairScore> dense;
      for (const Layout& layout : layouts) {
        std::vector<Stored> all;
        std::vector<ImageView> views;
        for (const Image& image : stack) {
          all.push_back(type.store(image, layout));
          views.push_back(all.back().view);
        }
        const Scorer scorer(views[0], options(true));
        const auto scores = scorer.score(views, runs::on(1));
        for (const int threads : {2, 5}) {
          CHECK(runs::same(scorer.score(views, runs::on(threads)), scores));
          // Threads that share an image.
          CHECK(runs::same(scorer.score({views[1]}, runs::on(threads)), {scores[1]}));
        }
        if (dense.empty()) dense = scores;
        that(runs::same(scores, dense), type.name + (std::string(", ") + layout.name));
      }
      CHECK(dense[0].static_pixels == 0);  // the reference itself
      for (const std::size_t i : {1U, 2U, 3U}) {
        const std::size_t number = expected(stack[0], stack[i], type).size();
        CHECK(dense[i].static_pixels == static_cast<std::int64_t>(number));
        CHECK((dense[i].flags & hot_pixel) != 0);
        CHECK(i < 3 ? dense[i].probability_masked > 0.7 : dense[i].probability_masked < 0.3);
        CHECK(dense[i].probability <= dense[i].probability_masked);
        if (i == 3) continue;
        const auto by = static_cast<std::int32_t>(i);
        CHECK(dense[i].peak_dy == -3 * by && dense[i].peak_dx == 2 * by);
        // An aligner that has these pixels in stays where they are.
        const auto with_them = type.store(stack[i], layouts[0]);
        const auto reference = type.store(stack[0], layouts[0]);
        const PairScore in = Scorer(reference.view, options(false)).score({with_them.view})[0];
        const bool misled = in.peak_dy == 0 && in.peak_dx == 0;
        any_misled = any_misled || misled;
        CHECK(!misled || dense[i].probability <= 0.02 * dense[i].probability_masked);
        CHECK(misled || dense[i].probability == dense[i].probability_masked);
      }
    }
    CHECK(any_misled);
  }
}

void the_search_can_be_stopped() {
  Image image = scene(types[3], 0);
  spoil(image, several, types[3], 7);
  const Stored stored = types[3].store(image, layouts[0]);
  const PixelReader reader(stored.view);
  StaticOutliers outliers;
  OutlierCandidates candidates;
  const RunOptions go_on;
  detail::Cancellation never(go_on);
  outliers.find(reader, valid_pixels(reader), candidates, never);
  RunOptions stop;
  stop.should_stop = [] { return true; };
  detail::Cancellation cancellation(stop);
  while (!cancellation.cancelled()) {
    try {
      cancellation.check();
    } catch (const Cancelled&) {
      continue;
    }
  }
  const char* const none = "";
  using detail::CancelledElsewhere;
  OutlierCandidates others;
  CHECK_THROWS(CancelledElsewhere, outliers.find(reader, 1, others, cancellation), none);
  CHECK_THROWS(CancelledElsewhere, outliers.common(reader, candidates, reader, cancellation), none);
  CHECK_THROWS(CancelledElsewhere, StaticOutliers::same_but_for({}, reader, reader, cancellation),
               none);
}

}  // namespace

int main() {
  return check::run({{"what stays is found in every type and layout",
                      what_stays_is_found_in_every_type_and_layout},
                     {"flags near the scene are found", flags_near_the_scene_are_found},
                     {"what is masked is not found", what_is_masked_is_not_found},
                     {"a scene is no outlier", a_scene_is_no_outlier},
                     {"the same image twice has none", the_same_image_twice_has_none},
                     {"the pair is judged by the rest", the_pair_is_judged_by_the_rest},
                     {"the search can be stopped", the_search_can_be_stopped}});
}
