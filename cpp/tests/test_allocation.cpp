// SPDX-License-Identifier: MIT
// Memory that runs out, one allocation at a time: std::bad_alloc or the right result, no crash.
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "check.hpp"
#include "images.hpp"

namespace {

using allocations::countdown;
using allocations::counted;
using allocations::for_ever;
using images::Image;
using namespace ndreg_preeval;

struct Job {
  Options options;
  RunOptions run;
  Image reference = images::noise(19, 26, 1);
  Image image = images::rolled(reference, 3, 4);

  std::vector<PairScore> scores() const {
    std::vector<ImageView> views(5, image.view());
    views[3] = reference.view();
    const Scorer scorer(reference.view(), options, run);
    std::vector<PairScore> scores = scorer.score(views, run);
    for (const PairScore& score : scorer.score_consecutive(views, run)) scores.push_back(score);
    PairScore summary;
    for (const double value : scorer.correlogram(image.view(), true)) summary.peak += value;
    scores.push_back(summary);
    return scores;
  }
};

// Fails the k-th allocation, for all k until the job no longer gets that far. Returns how often
// that was std::bad_alloc.
int fail_each(const Job& job, bool all_later_ones) {
  const auto expected = job.scores();
  int refused = 0;
  long k = 0;
  for (;; ++k) {
    bool right = false;
    for_ever = all_later_ones;
    counted = 0;
    countdown = k;
    try {
      const auto scores = job.scores();
      countdown = -1;
      right = scores.size() == expected.size() &&
              std::memcmp(scores.data(), expected.data(), scores.size() * sizeof(PairScore)) == 0;
    } catch (const std::bad_alloc&) {
      countdown = -1;
      right = true;
      ++refused;
    }
    if (!right) check::report(__FILE__, __LINE__, "wrong with allocation " + std::to_string(k));
    if (counted <= k) break;
  }
  check::checks += static_cast<int>(k);
  CHECK(job.scores().size() == expected.size());
  return refused;
}

// Whether scorers that are made from now on keep memory for later ones.
void keep_memory(bool keep) {
  static_cast<void>(setenv("NDREG_PREEVAL_KEPT_MEMORY", keep ? "100M" : "0", 1));
  const Scorer scorer(Job{}.reference.view());
  CHECK(keep || kept_memory() == 0);
}

void on_threads(int threads) {
  Job job;
  job.run.num_threads = threads;
  for (const Precision precision : {Precision::single_, Precision::double_}) {
    job.options.precision = precision;
    keep_memory(false);
    CHECK(fail_each(job, false) > 80);
    CHECK(fail_each(job, true) > 80);
    // What is kept is given back, and the allocation tried again. What is left are allocations of
    // this test.
    keep_memory(true);
    CHECK(fail_each(job, false) < 10);
    const int refused = fail_each(job, true);
    CHECK(refused > 10 && refused < 80);
  }
}

void one_thread() { on_threads(1); }

void several_threads() { on_threads(3); }

// A length of two large primes takes another transform.
void bluestein() {
  Job job;
  job.run.num_threads = 1;
  job.reference = images::noise(1, 1009 * 2, 1);
  job.image = images::rolled(job.reference, 0, 4);
  keep_memory(false);
  CHECK(fail_each(job, false) > 80);
}

// After an error a scorer is as before.
void the_same_scorer() {
  const Job job;
  const Scorer scorer(job.reference.view());
  const std::vector<ImageView> views(4, job.image.view());
  const auto expected = scorer.score(views);
  RunOptions run;
  run.num_threads = 2;
  for (long k = 0; k < 60; ++k) {
    for_ever = false;
    countdown = k;
    try {
      static_cast<void>(scorer.score(views, run));
    } catch (const std::bad_alloc&) {  // as it should
    }
    countdown = -1;
    const auto scores = scorer.score(views, run);
    CHECK(std::memcmp(scores.data(), expected.data(), 4 * sizeof(PairScore)) == 0);
  }
}

}  // namespace

int main() {
  return check::run({{"one thread", one_thread},
                     {"several threads", several_threads},
                     {"Bluestein's transform", bluestein},
                     {"the same scorer", the_same_scorer}});
}
