// SPDX-License-Identifier: MIT
// Which instruction sets there are, and that NDREG_PREEVAL_ISA chooses among them.
//
// ctest runs other test programs once per instruction set; here is what holds between them.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"
#include "images.hpp"

#if defined(KERNEL_HEADERS)
#include "kernel/isa/dispatch.hpp"
#endif

namespace {

using images::Image;
using namespace ndreg_preeval;

constexpr const char* variable = "NDREG_PREEVAL_ISA";

void force(const std::string& isa) { CHECK(setenv(variable, isa.c_str(), 1) == 0); }
void force_none() { CHECK(unsetenv(variable) == 0); }

// Whether the library takes it.
bool is_taken(const std::string& isa) {
  force(isa);
  try {
    static_cast<void>(build_info());
  } catch (const std::invalid_argument&) {
    force_none();
    return false;
  }
  force_none();
  return true;
}

// Those of this binary that this processor runs.
std::vector<std::string> usable() {
  force_none();
  return build_info().usable_isas;
}

bool is_usable(const std::string& isa) {
  const auto names = usable();
  return std::find(names.begin(), names.end(), isa) != names.end();
}

Options with(Precision precision) {
  Options options;
  options.precision = precision;
  return options;
}

bool same(const std::vector<PairScore>& a, const std::vector<PairScore>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(PairScore)) == 0;
}

void isas_are_listed() {
  force_none();
  const BuildInfo info = build_info();
  CHECK(!info.isas.empty() && info.isas.front() == "baseline");
#if defined(__x86_64__) && defined(__GNUC__)
  CHECK(info.isas == std::vector<std::string>{"baseline", "avx2", "avx512"});
#else
  CHECK(info.isas.size() == 1);
#endif
  const auto names = usable();
  CHECK(!names.empty() && names.front() == "baseline");
  CHECK(info.active_isa == names.back());
  for (const std::string& isa : info.isas) CHECK(is_taken(isa) == is_usable(isa));
}

void the_forced_one_is_active() {
  for (const std::string& isa : usable()) {
    force(isa);
    const BuildInfo info = build_info();
    CHECK(info.active_isa == isa);
    CHECK(info.isas.front() == "baseline");
  }
  force_none();
}

#if defined(KERNEL_HEADERS)

template <class T>
std::size_t vector_bytes() {
  return kernel::active_kernels<T>().lanes * sizeof(T);
}

// Vectors of each instruction set have a length of their own.
void the_forced_kernels_are_chosen() {
  for (const auto& [isa, length] :
       {std::pair<std::string, std::size_t>{"baseline", 16}, {"avx2", 32}, {"avx512", 64}}) {
    if (!is_usable(isa)) continue;
    force(isa);
    CHECK(vector_bytes<float>() == length);
    CHECK(vector_bytes<double>() == length);
  }
  force_none();
}

#endif

void others_are_refused() {
  const Image image = images::noise(8, 9, 1);
  const auto names = usable();
  std::vector<std::string> wrong{"sse9", "AVX2", "avx", "baseline ", " ", std::string(100000, 'x')};
  for (const std::string& isa : build_info().isas) {
    if (!is_usable(isa)) wrong.push_back(isa);
  }
  for (const std::string& name : wrong) {
    force(name);
    const std::string quoted = "'" + name.substr(0, 200) + "'";
    for (const std::string& possible : names) {
      CHECK_THROWS(std::invalid_argument, build_info(), variable, quoted.c_str(), possible.c_str());
      CHECK_THROWS(std::invalid_argument, Scorer(image.view()), variable, quoted.c_str(),
                   possible.c_str());
    }
    try {
      static_cast<void>(build_info());
    } catch (const std::invalid_argument& error) {
      CHECK(std::strlen(error.what()) < 500);
    }
  }
  force_none();
}

void an_empty_name_is_none() {
  force_none();
  const std::string usual = build_info().active_isa;
  const Image image = images::noise(20, 30, 1);
  const auto expected = Scorer(image.view()).score({image.view()});
  force("");
  CHECK(build_info().active_isa == usual);
  CHECK(same(Scorer(image.view()).score({image.view()}), expected));
  force_none();
}

std::vector<Image> drifting(std::size_t height, std::size_t width) {
  const Image first = images::noise(height, width, 1);
  std::vector<Image> stack{first};
  for (std::uint32_t i = 1; i < 5; ++i) {
    stack.push_back(
        images::sum(images::rolled(first, i, -2), images::noise(height, width, 9 + i), 0.3 * i));
  }
  return stack;
}

// The variable is read when a scorer is made, and matters to it no more.
void scorers_keep_theirs() {
  const std::vector<Image> stack = drifting(45, 70);
  const auto views = images::views(stack);
  const auto names = usable();
  RunOptions two;
  two.num_threads = 2;
  for (const Precision precision : {Precision::single_, Precision::double_}) {
    for (const std::string& isa : names) {
      force(isa);
      const Scorer scorer(views[0], with(precision));
      const auto scores = scorer.score(views);
      const auto pairs = scorer.score_consecutive(views);
      const auto r = scorer.correlogram(views[2]);
      for (const std::string& later : {std::string("baseline"), names.back(), std::string("?")}) {
        force(later);
        CHECK(same(scorer.score(views, two), scores));
        CHECK(same(scorer.score_consecutive(views, two), pairs));
        CHECK(scorer.correlogram(views[2]) == r);
      }
      // Another one of the same kind gives the same bits.
      force(isa);
      CHECK(same(Scorer(views[0], with(precision)).score(views), scores));
    }
  }
  force_none();
}

// Rounding is all that differs; peaks are where they were.
void all_agree() {
  for (const auto& [height, width] : {std::pair<std::size_t, std::size_t>{45, 70},
                                      {64, 64},
                                      {31, 257},
                                      {121, 26},
                                      {3, 500},
                                      {500, 3},
                                      {130, 131}}) {
    const std::vector<Image> stack = drifting(height, width);
    const auto views = images::views(stack);
    for (const Precision precision : {Precision::single_, Precision::double_}) {
      const double allowed = precision == Precision::single_ ? 2e-5 : 1e-13;
      force("baseline");
      const Scorer plain(views[0], with(precision));
      const auto expected = plain.score(views);
      const auto expected_r = plain.correlogram(views[3], true);
      for (const std::string& isa : usable()) {
        force(isa);
        const Scorer scorer(views[0], with(precision));
        const auto scores = scorer.score(views);
        for (std::size_t i = 0; i < scores.size(); ++i) {
          CHECK(scores[i].peak_dy == expected[i].peak_dy);
          CHECK(scores[i].peak_dx == expected[i].peak_dx);
          CHECK(scores[i].flags == expected[i].flags);
          CHECK_NEAR(scores[i].peak, expected[i].peak, allowed);
          CHECK_NEAR(scores[i].mean, expected[i].mean, allowed);
          CHECK_NEAR(scores[i].rms, expected[i].rms, allowed);
        }
        const auto r = scorer.correlogram(views[3], true);
        double worst = 0;
        for (std::size_t i = 0; i < r.size(); ++i) {
          worst = std::max(worst, std::abs(r[i] - expected_r[i]));
        }
        CHECK_NEAR(worst, 0, allowed);
      }
    }
  }
  force_none();
}

}  // namespace

int main() {
  force_none();
  return check::run({
      {"ISAs are listed", isas_are_listed},
      {"the forced one is active", the_forced_one_is_active},
#if defined(KERNEL_HEADERS)
      {"the forced kernels are chosen", the_forced_kernels_are_chosen},
#endif
      {"others are refused", others_are_refused},
      {"an empty name is none", an_empty_name_is_none},
      {"scorers keep theirs", scorers_keep_theirs},
      {"all agree", all_agree},
  });
}
