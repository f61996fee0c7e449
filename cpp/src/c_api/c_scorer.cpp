// SPDX-License-Identifier: MIT
// The C interface: images against a reference image.
#include "c_api/c_api.hpp"

using namespace ndreg_preeval;

namespace {

ndreg_preeval_status scored(const ndreg_preeval_scorer* scorer, const ndreg_preeval_image* images,
                            std::int64_t count, const ndreg_preeval_run* run,
                            ndreg_preeval_pair_score* scores, std::uint64_t score_size,
                            bool consecutive) noexcept {
  return c_api::guarded([&] {
    c_api::required(scorer, "scorer");
    const RunOptions options = c_api::run_of(run);
    const auto views = c_api::views_of(images, count, options.first_index.value_or(0));
    c_api::check_score_size(score_size);
    if (views.size() > (consecutive ? 1U : 0U)) c_api::required(scores, "scores");
    c_api::write_scores(consecutive ? scorer->value.score_consecutive(views, options)
                                    : scorer->value.score(views, options),
                        scores, score_size);
  });
}

}  // namespace

ndreg_preeval_status ndreg_preeval_scorer_create(const ndreg_preeval_image* reference,
                                                 const ndreg_preeval_method* method,
                                                 const ndreg_preeval_run* run,
                                                 ndreg_preeval_scorer** scorer) {
  return c_api::created(scorer, "scorer", [&] {
    return Scorer(c_api::view_of(reference, "the reference image"),
                  c_api::method_of(method).options, c_api::run_of(run));
  });
}

void ndreg_preeval_scorer_destroy(ndreg_preeval_scorer* scorer) { delete scorer; }

ndreg_preeval_status ndreg_preeval_scorer_score(const ndreg_preeval_scorer* scorer,
                                                const ndreg_preeval_image* images,
                                                std::int64_t count, const ndreg_preeval_run* run,
                                                ndreg_preeval_pair_score* scores,
                                                std::uint64_t score_size) {
  return scored(scorer, images, count, run, scores, score_size, false);
}

ndreg_preeval_status ndreg_preeval_scorer_score_consecutive(
    const ndreg_preeval_scorer* scorer, const ndreg_preeval_image* images, std::int64_t count,
    const ndreg_preeval_run* run, ndreg_preeval_pair_score* scores, std::uint64_t score_size) {
  return scored(scorer, images, count, run, scores, score_size, true);
}

ndreg_preeval_status ndreg_preeval_scorer_correlogram(const ndreg_preeval_scorer* scorer,
                                                      const ndreg_preeval_image* image,
                                                      std::int32_t second_opinion,
                                                      const ndreg_preeval_run* run, double* values,
                                                      std::int64_t capacity) {
  return c_api::guarded([&] {
    c_api::required(scorer, "scorer");
    c_api::required(values, "values");
    c_api::check_capacity(values, capacity, scorer->value.height() * scorer->value.width(),
                          "values");
    const std::vector<double> found = scorer->value.correlogram(
        c_api::view_of(image, "the image"), c_api::flag_of(second_opinion, "second_opinion"),
        c_api::run_of(run));
    std::copy(found.begin(), found.end(), values);
  });
}

ndreg_preeval_status ndreg_preeval_scorer_shape(const ndreg_preeval_scorer* scorer,
                                                std::int64_t* height, std::int64_t* width) {
  return c_api::guarded([&] {
    c_api::required(scorer, "scorer");
    if (height != nullptr) *height = static_cast<std::int64_t>(scorer->value.height());
    if (width != nullptr) *width = static_cast<std::int64_t>(scorer->value.width());
  });
}

ndreg_preeval_status ndreg_preeval_scorer_reference(const ndreg_preeval_scorer* scorer,
                                                    std::int64_t* invalid_pixels,
                                                    std::uint32_t* flags) {
  return c_api::guarded([&] {
    c_api::required(scorer, "scorer");
    if (invalid_pixels != nullptr) *invalid_pixels = scorer->value.reference_invalid_pixels();
    if (flags != nullptr) *flags = scorer->value.reference_flags();
  });
}
