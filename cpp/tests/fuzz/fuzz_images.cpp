// SPDX-License-Identifier: MIT
// Odd images, methods and options: numbers that make sense, and the same ones whatever the view,
// the number of threads and the blocks.
#include <cmath>
#include <cstring>
#include <vector>

#include "views.hpp"

namespace {

using fuzz::Bytes;

constexpr std::size_t score_size = sizeof(ndreg_preeval_pair_score);

struct Problem {
  std::ptrdiff_t height = 1;
  std::ptrdiff_t width = 1;
  std::vector<fuzz::Image> images;  // the reference image first
  std::vector<ndreg_preeval_image> views;
  std::vector<ndreg_preeval_image> plain;
  ndreg_preeval_method* method = nullptr;
  double max_shift = 0;

  Problem() = default;
  Problem(const Problem&) = delete;
  Problem& operator=(const Problem&) = delete;
  ~Problem() { ndreg_preeval_method_destroy(method); }
};

// Set an option to what it may be, and sometimes to what it may not.
void change_option(Bytes& in, ndreg_preeval_method* method) {
  const char* name = ndreg_preeval_option_name(static_cast<std::int64_t>(in.below(17)));
  constexpr std::array<const char*, 13> texts{
      "single",       "double", "phase",  "none",    "hann",        "ratio",      "evidence",
      "peak_to_mean", "mean",   "median", "minimum", "probability", "every_image"};
  constexpr std::array<double, 10> numbers{0, 1, 8, 9, 0.15, 0.5, 1e-300, 3.5, 1e300, -1};
  const char* text = nullptr;
  if (ndreg_preeval_method_get_text(method, name, &text) == NDREG_PREEVAL_OK) {
    ndreg_preeval_method_set_text(method, name, in.one_of(texts));
  } else {
    const double number = in.one_in(12) ? in.bits<double>() : in.one_of(numbers);
    ndreg_preeval_method_set_number(method, name, number);
  }
}

void fill(Bytes& in, Problem& problem) {
  const auto side = [&] { return in.one_in(10) ? in.between(1, 70) : in.between(1, 20); };
  problem.height = side();
  problem.width = side();
  const char* name = ndreg_preeval_method_name(static_cast<std::int64_t>(in.below(5)));
  REQUIRE_OK(ndreg_preeval_method_create(name, &problem.method));
  for (std::size_t changes = in.below(4); changes > 0; --changes) {
    change_option(in, problem.method);
  }
  REQUIRE_OK(ndreg_preeval_method_get_number(problem.method, "max_shift", &problem.max_shift));
  const std::size_t count = 2 + in.below(3);
  for (std::size_t i = 0; i < count; ++i) {
    problem.images.push_back(
        fuzz::image(in, problem.height, problem.width, static_cast<std::ptrdiff_t>(i)));
    problem.views.push_back(problem.images.back().view);
    problem.plain.push_back(problem.images.back().plain);
  }
}

void check_score(const ndreg_preeval_pair_score& score, const Problem& problem) {
  for (const double value :
       {score.peak, score.mean, score.rms, score.second_peak, score.zero_peak, score.shift_y,
        score.shift_x, score.opinion, score.opinion_rms, score.opinion_second, score.opinion_moved,
        score.opinion_zero, score.confirmation, score.probability, score.p_value}) {
    REQUIRE(std::isfinite(value));
  }
  REQUIRE(score.probability >= 0 && score.probability <= 1);
  REQUIRE(score.p_value >= 0 && score.p_value <= 1);
  REQUIRE(score.mean >= 0 && score.rms >= 0 && score.opinion_rms >= 0 && score.confirmation >= 0);
  REQUIRE(score.rms >= score.mean * (1 - 1e-6));
  // Values that are equal but for rounding count as equal; the second peak is 0 where there is
  // none.
  constexpr double rounding = 1e-5;
  REQUIRE(score.second_peak <= std::max(score.peak, 0.0) + rounding);
  REQUIRE(score.zero_peak <= score.peak + rounding);
  REQUIRE(score.opinion_moved <= score.opinion_second + rounding);
  REQUIRE(score.invalid_pixels >= 0 && score.invalid_pixels <= problem.height * problem.width);
  REQUIRE((score.flags & ~(31U | 8192U)) == 0);
  REQUIRE(((score.flags & 8192U) != 0) == (score.beyond_max_shift > 0));
  REQUIRE(score.beyond_max_shift == 0 || score.beyond_max_shift > problem.max_shift);
  REQUIRE(std::abs(score.peak_dy) <= problem.height / 2);
  REQUIRE(std::abs(score.peak_dx) <= problem.width / 2);
  REQUIRE(std::abs(score.peak_dy) <= problem.max_shift);
  REQUIRE(std::abs(score.peak_dx) <= problem.max_shift);
  REQUIRE(std::fabs(score.shift_y - score.peak_dy) <= 1);
  REQUIRE(std::fabs(score.shift_x - score.peak_dx) <= 1);
}

using Call = decltype(&ndreg_preeval_scorer_score);

struct Scores {
  ndreg_preeval_status status = NDREG_PREEVAL_OK;
  std::vector<ndreg_preeval_pair_score> scores;

  bool operator==(const Scores& other) const {
    return status == other.status &&
           (status != NDREG_PREEVAL_OK ||
            std::memcmp(scores.data(), other.scores.data(), scores.size() * score_size) == 0);
  }
};

Scores scored(Call call, const ndreg_preeval_scorer* scorer,
              const std::vector<ndreg_preeval_image>& images, std::int32_t threads) {
  ndreg_preeval_run run{};
  run.struct_size = sizeof run;
  run.num_threads = threads;
  Scores found;
  found.scores.resize(images.size());
  found.status = call(scorer, images.data(), static_cast<std::int64_t>(images.size()), &run,
                      found.scores.data(), score_size);
  return found;
}

void check_scorer(const Problem& problem, const ndreg_preeval_scorer* scorer) {
  for (const Call call : {&ndreg_preeval_scorer_score, &ndreg_preeval_scorer_score_consecutive}) {
    const Scores found = scored(call, scorer, problem.views, 1);
    // With the option that refuses invalid pixels, for example.
    REQUIRE(found.status == NDREG_PREEVAL_OK || found.status == NDREG_PREEVAL_INVALID_ARGUMENT);
    REQUIRE(scored(call, scorer, problem.views, 2) == found);
    REQUIRE(scored(call, scorer, problem.plain, 1) == found);
    if (found.status != NDREG_PREEVAL_OK) continue;
    for (const ndreg_preeval_pair_score& score : found.scores) check_score(score, problem);
  }
  std::vector<double> r(static_cast<std::size_t>(problem.height * problem.width));
  for (const std::int32_t second : {0, 1}) {
    if (ndreg_preeval_scorer_correlogram(scorer, &problem.views[1], second, nullptr, r.data(),
                                         static_cast<std::int64_t>(r.size())) == 0) {
      for (const double value : r) REQUIRE(std::isfinite(value));
    }
  }
}

void check_summary(const ndreg_preeval_stack_summary& summary) {
  REQUIRE(std::isfinite(summary.score) && summary.count >= 0);
  REQUIRE(std::isnan(summary.trust) || (summary.trust >= 0 && summary.trust <= 1));
  REQUIRE(summary.has_evidence == (summary.judged > 0 ? 1 : 0));
  REQUIRE(summary.judged >= 0 && summary.judged <= summary.count);
}

bool same(const ndreg_preeval_stack_summary& a, const ndreg_preeval_stack_summary& b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a.trust) && a.score == b.score);
}

// All at once, and one by one.
void check_stacks(Bytes& in, const Problem& problem) {
  const auto pairing = static_cast<ndreg_preeval_pairing>(in.below(2));
  const auto count = static_cast<std::int64_t>(problem.views.size());
  ndreg_preeval_stack stack{};
  stack.struct_size = sizeof stack;
  stack.images = problem.views.data();
  stack.count = count;
  ndreg_preeval_ranking* ranking = nullptr;
  const ndreg_preeval_status status =
      ndreg_preeval_rank_stacks(&stack, 1, problem.method, pairing, 0, nullptr, &ranking);
  REQUIRE(status == NDREG_PREEVAL_OK || status == NDREG_PREEVAL_INVALID_ARGUMENT);
  REQUIRE((ranking != nullptr) == (status == NDREG_PREEVAL_OK));
  if (ranking == nullptr) return;
  const ndreg_preeval_stack_score* at_once = nullptr;
  ndreg_preeval_stack_summary all{};
  REQUIRE_OK(ndreg_preeval_ranking_stack(ranking, 0, &at_once));
  REQUIRE_OK(ndreg_preeval_stack_score_summary(at_once, &all, sizeof all));
  check_summary(all);

  ndreg_preeval_stack_scorer* scorer = nullptr;
  REQUIRE_OK(ndreg_preeval_stack_scorer_create(problem.plain.data(), problem.method, pairing,
                                               nullptr, &scorer));
  for (std::int64_t i = 1; i < count; ++i) {
    REQUIRE_OK(ndreg_preeval_stack_scorer_add(scorer, &problem.plain[static_cast<std::size_t>(i)],
                                              1, nullptr));
  }
  ndreg_preeval_stack_score* blocks = nullptr;
  ndreg_preeval_stack_summary summary{};
  REQUIRE_OK(ndreg_preeval_stack_scorer_result(scorer, &blocks));
  REQUIRE_OK(ndreg_preeval_stack_score_summary(blocks, &summary, sizeof summary));
  REQUIRE(same(summary, all));
  ndreg_preeval_stack_score_destroy(blocks);
  ndreg_preeval_stack_scorer_destroy(scorer);
  ndreg_preeval_ranking_destroy(ranking);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes in(data, size);
  Problem problem;
  fill(in, problem);
  ndreg_preeval_scorer* scorer = nullptr;
  const ndreg_preeval_status status =
      ndreg_preeval_scorer_create(problem.views.data(), problem.method, nullptr, &scorer);
  REQUIRE(status == NDREG_PREEVAL_OK || status == NDREG_PREEVAL_INVALID_ARGUMENT);
  REQUIRE((scorer != nullptr) == (status == NDREG_PREEVAL_OK));
  if (scorer != nullptr) {
    check_scorer(problem, scorer);
    ndreg_preeval_scorer_destroy(scorer);
  }
  check_stacks(in, problem);
  return 0;
}
