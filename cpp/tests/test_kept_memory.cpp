// SPDX-License-Identifier: MIT
// Memory and plans that are kept between calls: no bit of a result depends on them, they are
// bounded, and are given back.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "check.hpp"
#include "images.hpp"
#include "runs.hpp"

namespace {

using images::Image;
using namespace ndreg_preeval;

void keep_at_most(const char* size) {
  setenv("NDREG_PREEVAL_KEPT_MEMORY", size, 1);
  static_cast<void>(Scorer(images::noise(4, 4, 1).view()));
}

enum Kind { plain, outliers, invalid, masked, constant, one_bright_pixel };

// A stack, and how it is scored.
struct Job {
  std::size_t height;
  std::size_t width;
  Options options;
  int threads;
  bool consecutive;
  Kind kind;

  std::vector<Image> stack() const {
    std::vector<Image> all = runs::drifting(5, height, width);
    for (std::size_t i = 0; i < all.size(); ++i) {
      Image& image = all[i];
      if (kind == outliers) {
        for (std::size_t x = 0; x < width; ++x) image.at(height / 2, x) = image.at(1, x) = 1e6;
      }
      if (kind == invalid) image.at(i, i + 1) = std::numeric_limits<double>::quiet_NaN();
      if (kind == constant && i != 1) image = images::constant(height, width, 3);
      if (kind == one_bright_pixel) image.at(height / 2, width / 3) = 1e9;
    }
    return all;
  }

  std::vector<PairScore> scores() const {
    const std::vector<Image> all = stack();
    std::vector<ImageView> views = images::views(all);
    std::vector<unsigned char> mask(height * width, 1);
    for (std::size_t i = 0; i < width; ++i) mask[(height / 3) * width + i] = 0;
    if (kind == masked) {
      for (ImageView& view : views) {
        view.mask = mask.data();
        view.mask_row_stride = static_cast<std::ptrdiff_t>(width);
        view.mask_column_stride = 1;
      }
    }
    const RunOptions run = runs::on(threads);
    const Scorer scorer(views[0], options, run);
    std::vector<PairScore> found =
        consecutive ? scorer.score_consecutive(views, run) : scorer.score(views, run);
    PairScore summary;
    for (const double value : scorer.correlogram(views[2], false, run)) summary.peak += value;
    found.push_back(summary);
    return found;
  }
};

std::vector<Job> jobs() {
  std::vector<Job> all;
  for (const char* method : {"evidence", "plain", "robust", "peak_to_mean"}) {
    for (const auto& [height, width] :
         {std::pair<std::size_t, std::size_t>{40, 44}, {44, 40}, {37, 64}}) {
      for (const Kind kind : {plain, outliers, invalid, masked, constant, one_bright_pixel}) {
        for (const Precision precision : {Precision::single_, Precision::double_}) {
          Job job{height, width, method_named(method).options, 1, false, kind};
          job.options.precision = precision;
          job.threads = 1 + static_cast<int>(all.size() % 3);
          job.consecutive = all.size() % 4 == 3;
          if (all.size() % 5 == 4) job.options.max_shift = 6;
          all.push_back(job);
        }
      }
    }
  }
  // Of which threads share an image.
  all.push_back({520, 700, {}, 4, false, outliers});
  all.push_back({520, 700, {}, 3, true, plain});
  return all;
}

struct Known {
  Known() {
    keep_at_most("0");
    release_memory();
    for (const Job& job : all) expected.push_back(job.scores());
    CHECK(kept_memory() == 0);
  }

  bool right(std::size_t index) const { return runs::same(all[index].scores(), expected[index]); }

  std::vector<Job> all = jobs();
  std::vector<std::vector<PairScore>> expected;
};

const Known& known() {
  static const Known once;
  return once;
}

void bits_in_any_order() {
  const Known& jobs = known();
  keep_at_most("200M");
  std::vector<std::size_t> order(jobs.all.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  images::Random random(7);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = order.size() - 1; i > 0; --i)
      std::swap(order[i], order[random.bits() % (i + 1)]);
    for (const std::size_t index : order) {
      CHECK(jobs.right(index));
      CHECK(kept_memory() > 0);
    }
  }
}

// An error half way through a stack, and being stopped, leave nothing behind.
void bits_after_errors() {
  const Known& jobs = known();
  keep_at_most("200M");
  for (const int threads : {1, 3}) {
    for (std::size_t index = 0; index < jobs.all.size(); index += 7) {
      const Job& job = jobs.all[index];
      Options strict = job.options;
      strict.accept_invalid = false;
      std::vector<Image> stack = runs::drifting(6, job.height, job.width);
      stack[4].at(3, 2) = std::numeric_limits<double>::infinity();
      const Scorer scorer(stack[0].view(), strict);
      const auto views = images::views(stack);
      CHECK_THROWS(std::invalid_argument, scorer.score(views, runs::on(threads)), "image 4");
      CHECK_THROWS(std::invalid_argument, scorer.score_consecutive(views, runs::on(threads)),
                   "image 4");
      CHECK(jobs.right(index));
    }
    const Image large = images::noise(900, 1100, 3);
    RunOptions run = runs::on(threads);
    run.should_stop = [] { return true; };
    try {
      const Scorer scorer(large.view(), {}, run);
      static_cast<void>(scorer.score(std::vector<ImageView>(40, large.view()), run));
    } catch (const Cancelled&) {  // unless 50 ms were enough for it
    }
    CHECK(jobs.right(jobs.all.size() - 1));
    CHECK(jobs.right(jobs.all.size() - 2));
  }
}

void the_bound_holds() {
  for (const auto& [text, bytes] : {std::pair<const char*, std::size_t>{"0", 0},
                                    {"1000", 1000},
                                    {"64K", std::size_t{64} << 10U},
                                    {"3M", std::size_t{3} << 20U}}) {
    keep_at_most(text);
    for (std::size_t size = 8; size < 200; size += 13) {
      const Image image = images::noise(size, size + 1, 1);
      const Scorer scorer(image.view(), {}, runs::on(2));
      CHECK(scorer.score({image.view(), image.view()}, runs::on(2))[1].peak > 0.9);
      CHECK(kept_memory() <= bytes);
    }
    CHECK(kept_memory() <= bytes);
    CHECK(bytes < 10000 || kept_memory() > bytes / 2);
  }
  // Less is kept at once, not when the next piece comes back.
  keep_at_most("50M");
  CHECK(known().right(known().all.size() - 1));
  CHECK(kept_memory() > 5000000);
  keep_at_most("2M");
  CHECK(kept_memory() <= std::size_t{2} << 20U);
  CHECK(kept_memory() > 0);
}

void what_is_a_size() {
  const Image image = images::noise(8, 8, 1);
  for (const char* text : {"junk", "-1", "1.5G", "3 G", "2T", "M", " 7", "0x10", "5GB"}) {
    setenv("NDREG_PREEVAL_KEPT_MEMORY", text, 1);
    CHECK_THROWS(std::invalid_argument, Scorer(image.view()),
                 "NDREG_PREEVAL_KEPT_MEMORY must be a number of bytes", text);
  }
  for (const char* text : {"", "0", "7", "7K", "7M", "7G", "99999999999999999999G"}) {
    setenv("NDREG_PREEVAL_KEPT_MEMORY", text, 1);
    CHECK(Scorer(image.view()).height() == 8);
  }
  unsetenv("NDREG_PREEVAL_KEPT_MEMORY");
  CHECK(Scorer(image.view()).height() == 8);
}

// What is in use stays.
void given_back() {
  keep_at_most("200M");
  const Image image = images::noise(60, 70, 1);
  const std::vector<ImageView> views(4, image.view());
  const Scorer scorer(image.view());
  const auto expected = scorer.score(views);
  static_cast<void>(Scorer(image.view()).score(views));
  const std::size_t kept = kept_memory();
  CHECK(kept > 60 * 70 * sizeof(double));
  CHECK(release_memory() >= kept);  // and what plans held
  CHECK(kept_memory() == 0);
  CHECK(release_memory() == 0);
  CHECK(runs::same(scorer.score(views), expected));
  CHECK(runs::same(Scorer(image.view()).score(views), expected));
  CHECK(kept_memory() > 0);
}

// Calls in several threads, while another one gives back what they return.
void in_many_threads() {
  const Known& jobs = known();
  keep_at_most("20M");
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0};
  std::thread releases([&] {
    while (!over) {
      release_memory();
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t i = thread; i + 2 < jobs.all.size(); i += 3) wrong += jobs.right(i) ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  over = true;
  releases.join();
  CHECK(wrong == 0);
  CHECK(kept_memory() <= std::size_t{20} << 20U);
}

}  // namespace

int main() {
  return check::run({{"bits in any order", bits_in_any_order},
                     {"bits after errors", bits_after_errors},
                     {"the bound holds", the_bound_holds},
                     {"what is a size", what_is_a_size},
                     {"given back", given_back},
                     {"in many threads", in_many_threads}});
}
