// SPDX-License-Identifier: MIT
#include <ndreg_preeval/ranking.hpp>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <stdexcept>
#include <tuple>

#include "image/validation.hpp"

namespace ndreg_preeval {
namespace {

std::string label(const Stack& stack, std::size_t index) {
  return stack.name.empty() ? "stack " + std::to_string(index)
                            : "stack '" + stack.name.substr(0, 200) + "'";
}

// Its reference image, counted from the start.
std::size_t reference_of(const Stack& stack, Pairing pairing, std::ptrdiff_t wanted) {
  if (pairing == Pairing::previous) return 0;
  const auto count = static_cast<std::ptrdiff_t>(stack.images.size());
  if (wanted < -count || wanted >= count) {
    throw std::invalid_argument("reference_image " + std::to_string(wanted) + " is outside its " +
                                std::to_string(count) + " images");
  }
  return static_cast<std::size_t>(wanted < 0 ? wanted + count : wanted);
}

// All of them, before any work is done.
void check_images(const Stack& stack) {
  for (std::size_t i = 0; i < stack.images.size(); ++i) {
    const ImageView& first = stack.images.front();
    detail::check_view(stack.images[i], detail::image_name(i));
    detail::check_same_shape(stack.images[i], first.height, first.width, detail::image_name(i));
  }
}

// `run.progress` is told images of this stack.
StackScore score_stack(const Stack& stack, const Method& method, Pairing pairing,
                       std::ptrdiff_t reference_image, const RunOptions& run) {
  check_images(stack);
  if (stack.images.size() < 2) return {};
  const std::size_t reference = reference_of(stack, pairing, reference_image);
  RunOptions of_reference = run;
  of_reference.reference_stays = true;
  StackScorer scorer(stack.images[reference], method, pairing, of_reference);
  const auto at = stack.images.begin() + static_cast<std::ptrdiff_t>(reference);
  const auto add = [&](const std::vector<ImageView>& images, std::size_t first, std::size_t done) {
    RunOptions part = run;
    part.first_index = first;
    part.images_stay = true;
    if (run.progress) {
      part.progress = [&, done](std::size_t now, std::size_t) { run.progress(done + now, 0); };
    }
    scorer.add(images, part);
  };
  add({stack.images.begin(), at}, 0, 0);
  add({std::next(at), stack.images.end()}, reference + 1, reference);
  return scorer.result();
}

std::size_t compared(const Stack& stack) {
  return stack.images.size() < 2 ? 0 : stack.images.size() - 1;
}

}  // namespace

Ranking rank_stacks(const std::vector<Stack>& stacks, const Method& method, Pairing pairing,
                    std::ptrdiff_t reference_image, const RunOptions& run) {
  std::size_t total = 0;
  for (const Stack& stack : stacks) total += compared(stack);
  if (total == 0) {
    throw std::invalid_argument("no stack can be ranked, each needs two images or more");
  }
  Ranking ranking;
  ranking.stacks.reserve(stacks.size());
  std::size_t before = 0;
  RunOptions part = run;
  if (run.progress) {
    part.progress = [&](std::size_t done, std::size_t) { run.progress(before + done, total); };
  }
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    try {
      ranking.stacks.push_back(score_stack(stacks[i], method, pairing, reference_image, part));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(label(stacks[i], i) + ": " + error.what());
    }
    before += compared(stacks[i]);
  }
  ranking.order = rank(ranking.stacks);
  return ranking;
}

std::vector<std::size_t> rank(const std::vector<StackScore>& stacks) {
  std::vector<std::size_t> order(stacks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) {
    const StackScore& stack = stacks[i];
    return std::make_tuple(!stack.rankable(), !has_evidence(stack), -stack.score, i);
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  return order;
}

}  // namespace ndreg_preeval
