// SPDX-License-Identifier: MIT
// A process that was forked after threads were used works like its parent, and never hangs.
#include <atomic>
#include <cstring>
#include <vector>

#include "check.hpp"
#include "images.hpp"
#include "processes.hpp"

namespace {

using images::Image;
using processes::in_child;
using namespace ndreg_preeval;

struct Known {
  Image reference = images::noise(40, 44, 1);
  Image moved = images::sum(images::rolled(reference, 3, -5), images::noise(40, 44, 2), 0.3);
  Scorer scorer = Scorer(reference.view());
  std::vector<ImageView> views = std::vector<ImageView>(12, moved.view());
  std::vector<PairScore> expected = on(1);

  std::vector<PairScore> on(int threads) const {
    RunOptions run;
    run.num_threads = threads;
    return scorer.score(views, run);
  }
  bool right(int threads) const {
    const auto scores = on(threads);
    return std::memcmp(scores.data(), expected.data(), scores.size() * sizeof(PairScore)) == 0;
  }
};

void before_and_after_threads() {
  const Known known;
  CHECK(in_child([&] { return known.right(4); }));
  CHECK(known.right(4));
  for (int again = 0; again < 10; ++again) {
    CHECK(in_child([&] { return known.right(4) && known.right(1) && known.right(2); }));
    CHECK(known.right(3));
  }
}

void a_scorer_made_by_the_child() {
  const Known known;
  CHECK(known.right(4));
  CHECK(in_child([] { return Known{}.right(4); }));
}

void children_of_children() {
  const Known known;
  CHECK(known.right(4));
  CHECK(in_child([&] { return known.right(4) && in_child([&] { return known.right(4); }); }));
}

// Threads that shared one image are gone in the child, too.
void a_large_image() {
  const Image reference = images::noise(520, 700, 1);
  const Image moved = images::rolled(reference, 3, -5);
  const Scorer scorer(reference.view());
  const auto r_on = [&](int threads) {
    RunOptions run;
    run.num_threads = threads;
    return scorer.correlogram(moved.view(), false, run);
  };
  const std::vector<double> expected = r_on(1);
  CHECK(in_child([&] { return r_on(4) == expected; }));
  CHECK(r_on(4) == expected);
  CHECK(in_child([&] { return r_on(4) == expected && r_on(2) == expected; }));
  CHECK(in_child([&] {
    RunOptions run;
    run.num_threads = 4;
    const Scorer own(reference.view(), {}, run);
    return own.correlogram(moved.view(), false, run) == expected &&
           in_child([&] { return r_on(3) == expected; });
  }));
  CHECK(r_on(3) == expected);
}

// Other threads are in calls, take memory and return it, while the process is copied.
void in_the_middle_of_calls() {
  const Known known;
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::size_t size = 24; size < 28; ++size) {
    threads.emplace_back([&, size] {
      const Image image = images::noise(size, size, 1);
      while (!over) {
        const Scorer scorer(image.view());
        if (scorer.score({image.view()})[0].peak < 0.9) ++wrong;
        if (size == 24) release_memory();
      }
    });
  }
  for (int again = 0; again < 30; ++again) {
    CHECK(in_child([&] {
      const Known own;
      release_memory();
      return known.right(1) && own.right(2) && kept_memory() < 100000000;
    }));
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(known.right(1));
}

}  // namespace

int main() {
  return check::run({{"before and after threads", before_and_after_threads},
                     {"a scorer made by the child", a_scorer_made_by_the_child},
                     {"children of children", children_of_children},
                     {"a large image", a_large_image},
                     {"in the middle of calls", in_the_middle_of_calls}});
}
