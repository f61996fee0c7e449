// SPDX-License-Identifier: MIT
// The C interface: one stack block by block, and several stacks.
#include "c_api/c_api.hpp"

using namespace ndreg_preeval;

namespace {

constexpr std::size_t first_stack = offsetof(ndreg_preeval_stack, count) + sizeof(std::int64_t);
constexpr std::size_t first_summary =
    offsetof(ndreg_preeval_stack_summary, has_evidence) + sizeof(std::int32_t);

std::vector<Stack> stacks_of(const ndreg_preeval_stack* given, std::int64_t count) {
  std::vector<Stack> stacks;
  const std::size_t size = c_api::count_of(given, count, "stacks");
  stacks.reserve(size);
  c_api::for_each_struct(
      given, size, first_stack, "a stack", [&](const ndreg_preeval_stack& stack, std::size_t i) {
        Stack made;
        if (stack.name != nullptr) made.name = stack.name;
        try {
          made.images = c_api::views_of(stack.images, stack.count, 0);
        } catch (const std::invalid_argument& error) {
          throw std::invalid_argument(
              "stack " + (stack.name != nullptr ? c_api::quoted(stack.name) : std::to_string(i)) +
              ": " + error.what());
        }
        stacks.push_back(std::move(made));
      });
  return stacks;
}

}  // namespace

// --- One stack
// ------------------------------------------------------------------------------------

ndreg_preeval_status ndreg_preeval_stack_scorer_create(const ndreg_preeval_image* reference,
                                                       const ndreg_preeval_method* method,
                                                       ndreg_preeval_pairing pairing,
                                                       const ndreg_preeval_run* run,
                                                       ndreg_preeval_stack_scorer** scorer) {
  return c_api::created(scorer, "scorer", [&] {
    return StackScorer(c_api::view_of(reference, "the reference image"), c_api::method_of(method),
                       c_api::pairing_of(pairing), c_api::run_of(run));
  });
}

void ndreg_preeval_stack_scorer_destroy(ndreg_preeval_stack_scorer* scorer) { delete scorer; }

ndreg_preeval_status ndreg_preeval_stack_scorer_add(ndreg_preeval_stack_scorer* scorer,
                                                    const ndreg_preeval_image* images,
                                                    std::int64_t count,
                                                    const ndreg_preeval_run* run) {
  return c_api::guarded([&] {
    c_api::required(scorer, "scorer");
    const RunOptions options = c_api::run_of(run);
    const std::size_t first = options.first_index.value_or(scorer->next_index);
    const std::vector<ImageView> views = c_api::views_of(images, count, first);
    scorer->value.add(views, options);
    scorer->next_index += views.size();
  });
}

ndreg_preeval_status ndreg_preeval_stack_scorer_result(const ndreg_preeval_stack_scorer* scorer,
                                                       ndreg_preeval_stack_score** score) {
  return c_api::created(score, "score",
                        [&] { return c_api::required(scorer, "scorer").value.result(); });
}

void ndreg_preeval_stack_score_destroy(ndreg_preeval_stack_score* score) { delete score; }

ndreg_preeval_status ndreg_preeval_stack_score_summary(const ndreg_preeval_stack_score* score,
                                                       ndreg_preeval_stack_summary* summary,
                                                       std::uint64_t size) {
  return c_api::guarded([&] {
    const StackScore& stack = c_api::required(score, "score").value;
    c_api::required(summary, "summary");
    c_api::check_struct_size(size, first_summary, alignof(ndreg_preeval_stack_summary),
                             "ndreg_preeval_stack_summary");
    ndreg_preeval_stack_summary made{};
    made.score = stack.score;
    made.trust = stack.trust;
    made.trust_masked = stack.trust_masked;
    made.count = static_cast<std::int64_t>(stack.images.size());
    made.reference_invalid_pixels = stack.reference_invalid_pixels;
    made.reference_flags = stack.reference_flags;
    made.has_evidence = has_evidence(stack) ? 1 : 0;
    made.judged = static_cast<std::int64_t>(stack.judged());
    c_api::write_struct(made, summary, size);
  });
}

ndreg_preeval_status ndreg_preeval_stack_score_images(const ndreg_preeval_stack_score* score,
                                                      ndreg_preeval_pair_score* scores,
                                                      std::int64_t capacity,
                                                      std::uint64_t score_size) {
  return c_api::guarded([&] {
    const StackScore& stack = c_api::required(score, "score").value;
    c_api::check_capacity(scores, capacity, stack.images.size(), "scores");
    c_api::check_score_size(score_size);
    c_api::write_scores(stack.images, scores, score_size);
  });
}

ndreg_preeval_status ndreg_preeval_stack_score_values(const ndreg_preeval_stack_score* score,
                                                      double* values, std::int64_t capacity) {
  return c_api::guarded([&] {
    const StackScore& stack = c_api::required(score, "score").value;
    c_api::check_capacity(values, capacity, stack.values.size(), "values");
    std::copy(stack.values.begin(), stack.values.end(), values);
  });
}

// --- Several stacks
// -------------------------------------------------------------------------------

ndreg_preeval_status ndreg_preeval_rank_stacks(
    const ndreg_preeval_stack* stacks, std::int64_t count, const ndreg_preeval_method* method,
    ndreg_preeval_pairing pairing, std::int64_t reference_image, const ndreg_preeval_run* run,
    ndreg_preeval_ranking** ranking) {
  return c_api::created(ranking, "ranking", [&] {
    const auto reference = static_cast<std::ptrdiff_t>(reference_image);
    if (reference != reference_image) {
      throw std::invalid_argument("reference_image is too large for this machine: " +
                                  std::to_string(reference_image));
    }
    Ranking found = rank_stacks(stacks_of(stacks, count), c_api::method_of(method),
                                c_api::pairing_of(pairing), reference, c_api::run_of(run));
    ndreg_preeval_ranking made;
    made.order = std::move(found.order);
    made.stacks.reserve(found.stacks.size());
    for (StackScore& stack : found.stacks) made.stacks.push_back({std::move(stack)});
    return made;
  });
}

void ndreg_preeval_ranking_destroy(ndreg_preeval_ranking* ranking) { delete ranking; }

ndreg_preeval_status ndreg_preeval_ranking_order(const ndreg_preeval_ranking* ranking,
                                                 std::int64_t* order, std::int64_t capacity) {
  return c_api::guarded([&] {
    const std::vector<std::size_t>& places = c_api::required(ranking, "ranking").order;
    c_api::check_capacity(order, capacity, places.size(), "places");
    std::copy(places.begin(), places.end(), order);
  });
}

ndreg_preeval_status ndreg_preeval_ranking_stack(const ndreg_preeval_ranking* ranking,
                                                 std::int64_t index,
                                                 const ndreg_preeval_stack_score** score) {
  if (score != nullptr) *score = nullptr;
  return c_api::guarded([&] {
    const auto& stacks = c_api::required(ranking, "ranking").stacks;
    c_api::required(score, "score");
    if (index < 0 || static_cast<std::uint64_t>(index) >= stacks.size()) {
      throw std::invalid_argument("index must be that of one of " + std::to_string(stacks.size()) +
                                  " stacks, not " + std::to_string(index));
    }
    *score = &stacks[static_cast<std::size_t>(index)];
  });
}

ndreg_preeval_status ndreg_preeval_rank(const ndreg_preeval_stack_score* const* scores,
                                        std::int64_t count, std::int64_t* order) {
  return c_api::guarded([&] {
    const std::size_t size = c_api::count_of(static_cast<const void*>(scores), count, "scores");
    if (size > 0) c_api::required(order, "order");
    std::vector<StackScore> stacks;
    stacks.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
      stacks.push_back(c_api::required(scores[i], "a score").value);
    }
    const std::vector<std::size_t> places = rank(stacks);
    std::copy(places.begin(), places.end(), order);
  });
}

ndreg_preeval_status ndreg_preeval_aggregate(const double* values, std::int64_t count,
                                             const char* how, double* result) {
  return c_api::guarded([&] {
    const std::size_t size = c_api::count_of(values, count, "values");
    c_api::required(result, "result");
    *result = aggregate(std::vector<double>(values, values + size), c_api::aggregation_named(how));
  });
}

ndreg_preeval_status ndreg_preeval_score_from_chance(double chance, const double* peak_to_mean,
                                                     std::int64_t count, double* result) {
  return c_api::guarded([&] {
    const std::size_t size = c_api::count_of(peak_to_mean, count, "peak_to_mean");
    c_api::required(result, "result");
    *result = score_from_chance(chance, std::vector<double>(peak_to_mean, peak_to_mean + size));
  });
}
