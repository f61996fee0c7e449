/* SPDX-License-Identifier: MIT */
/* The C interface refuses what is against the rules, by code and message, and never crashes. */
#include <math.h>

#include "check.h"

enum { SIZE = 16, PIXELS = SIZE * SIZE };

static double pixels[2][PIXELS];

static ndreg_preeval_image image_of(const double* data, int64_t height, int64_t width) {
  ndreg_preeval_image image;
  CHECK_OK(
      ndreg_preeval_image_init(&image, sizeof image, data, NDREG_PREEVAL_FLOAT64, height, width));
  return image;
}

static void nulls(void) {
  const ndreg_preeval_image image = image_of(pixels[0], SIZE, SIZE);
  ndreg_preeval_method* method = NULL;
  ndreg_preeval_scorer* scorer = (ndreg_preeval_scorer*)&method;
  ndreg_preeval_stack_scorer* stack = NULL;
  ndreg_preeval_stack_score* score = NULL;
  const ndreg_preeval_stack_score* borrowed = NULL;
  ndreg_preeval_stack_summary summary;
  ndreg_preeval_ranking* ranking = NULL;
  ndreg_preeval_pair_score pair;
  ndreg_preeval_stack given;
  double number = 0;
  const char* text = NULL;
  int64_t order = 0;
  CHECK_REFUSED(ndreg_preeval_build_info(NULL, NULL, 0, NULL), "what must not be NULL");
  CHECK_REFUSED(ndreg_preeval_build_info("version", NULL, 5, NULL), "must not be NULL");
  CHECK_REFUSED(ndreg_preeval_get_thread_limits(NULL, 12), "limits must not be NULL");
  CHECK_REFUSED(ndreg_preeval_image_init(NULL, sizeof image, pixels, 0, 1, 1), "image must not");
  CHECK_REFUSED(ndreg_preeval_method_create("robust", NULL), "method must not be NULL");
  CHECK_REFUSED(ndreg_preeval_method_set_text(NULL, "window", "hann"), "method must not be NULL");
  CHECK_REFUSED(ndreg_preeval_method_set_number(NULL, "cutoff", 1), "method must not be NULL");
  CHECK_REFUSED(ndreg_preeval_method_get_text(NULL, "window", &text), "method must not be NULL");
  CHECK_REFUSED(ndreg_preeval_method_get_number(NULL, "cutoff", &number), "method must not");
  CHECK_OK(ndreg_preeval_method_create(NULL, &method));
  CHECK_REFUSED(ndreg_preeval_method_set_text(method, NULL, "hann"), "option must not be NULL");
  CHECK_REFUSED(ndreg_preeval_method_set_text(method, "window", NULL), "window must not be NULL");
  CHECK_REFUSED(ndreg_preeval_method_set_number(method, NULL, 1), "option must not be NULL");
  CHECK_REFUSED(ndreg_preeval_method_get_text(method, "window", NULL), "value must not be NULL");
  CHECK_REFUSED(ndreg_preeval_method_get_number(method, "cutoff", NULL), "value must not be NULL");
  ndreg_preeval_method_destroy(method);
  CHECK_REFUSED(ndreg_preeval_scorer_create(NULL, NULL, NULL, &scorer), "reference image must not");
  CHECK(scorer == NULL);
  CHECK_REFUSED(ndreg_preeval_scorer_create(&image, NULL, NULL, NULL), "scorer must not be NULL");
  CHECK_REFUSED(ndreg_preeval_scorer_score(NULL, &image, 1, NULL, &pair, sizeof pair),
                "scorer must");
  CHECK_REFUSED(ndreg_preeval_scorer_score_consecutive(NULL, &image, 1, NULL, &pair, sizeof pair),
                "scorer must not be NULL");
  CHECK_REFUSED(ndreg_preeval_scorer_correlogram(NULL, &image, 0, NULL, pixels[1], PIXELS),
                "scorer must not be NULL");
  CHECK_REFUSED(ndreg_preeval_scorer_shape(NULL, &order, &order), "scorer must not be NULL");
  CHECK_REFUSED(ndreg_preeval_scorer_reference(NULL, &order, NULL), "scorer must not be NULL");
  CHECK_OK(ndreg_preeval_scorer_create(&image, NULL, NULL, &scorer));
  CHECK_REFUSED(ndreg_preeval_scorer_score(scorer, NULL, 1, NULL, &pair, sizeof pair),
                "images must");
  CHECK_REFUSED(ndreg_preeval_scorer_score(scorer, &image, 1, NULL, NULL, sizeof pair),
                "scores must");
  CHECK_REFUSED(ndreg_preeval_scorer_correlogram(scorer, NULL, 0, NULL, pixels[1], PIXELS),
                "image must");
  CHECK_REFUSED(ndreg_preeval_scorer_correlogram(scorer, &image, 0, NULL, NULL, PIXELS),
                "values must");
  ndreg_preeval_scorer_destroy(scorer);
  CHECK_REFUSED(ndreg_preeval_stack_scorer_create(NULL, NULL, 0, NULL, &stack), "must not be NULL");
  CHECK_REFUSED(ndreg_preeval_stack_scorer_create(&image, NULL, 0, NULL, NULL), "must not be NULL");
  CHECK_REFUSED(ndreg_preeval_stack_scorer_add(NULL, &image, 1, NULL), "scorer must not be NULL");
  CHECK_REFUSED(ndreg_preeval_stack_scorer_result(NULL, &score), "scorer must not be NULL");
  CHECK_OK(ndreg_preeval_stack_scorer_create(&image, NULL, 0, NULL, &stack));
  CHECK_REFUSED(ndreg_preeval_stack_scorer_add(stack, NULL, 1, NULL), "images must not be NULL");
  CHECK_REFUSED(ndreg_preeval_stack_scorer_result(stack, NULL), "score must not be NULL");
  CHECK_OK(ndreg_preeval_stack_scorer_add(stack, &image, 1, NULL));
  CHECK_OK(ndreg_preeval_stack_scorer_result(stack, &score));
  ndreg_preeval_stack_scorer_destroy(stack);
  CHECK_REFUSED(ndreg_preeval_stack_score_summary(NULL, &summary, sizeof summary),
                "score must not");
  CHECK_REFUSED(ndreg_preeval_stack_score_summary(score, NULL, sizeof summary), "summary must not");
  CHECK_REFUSED(ndreg_preeval_stack_score_images(NULL, &pair, 1, sizeof pair), "score must not be");
  CHECK_REFUSED(ndreg_preeval_stack_score_images(score, NULL, 1, sizeof pair), "must not be NULL");
  CHECK_REFUSED(ndreg_preeval_stack_score_values(NULL, &number, 1), "score must not be NULL");
  CHECK_REFUSED(ndreg_preeval_stack_score_values(score, NULL, 0), "room for 1 values, not for 0");
  CHECK_REFUSED(ndreg_preeval_rank_stacks(NULL, 1, NULL, 0, 0, NULL, &ranking), "stacks must not");
  memset(&given, 0, sizeof given);
  given.struct_size = sizeof given;
  given.count = 2;
  CHECK_REFUSED(ndreg_preeval_rank_stacks(&given, 1, NULL, 0, 0, NULL, &ranking),
                "stack 0: images must not be NULL");
  CHECK_REFUSED(ndreg_preeval_rank_stacks(&given, 1, NULL, 0, 0, NULL, NULL), "ranking must not");
  CHECK_REFUSED(ndreg_preeval_ranking_order(NULL, &order, 1), "ranking must not be NULL");
  CHECK_REFUSED(ndreg_preeval_ranking_stack(NULL, 0, &borrowed), "ranking must not be NULL");
  borrowed = score;
  CHECK_REFUSED(ndreg_preeval_rank(NULL, 1, &order), "scores must not be NULL");
  CHECK_REFUSED(ndreg_preeval_rank(&borrowed, 1, NULL), "order must not be NULL");
  borrowed = NULL;
  CHECK_REFUSED(ndreg_preeval_rank(&borrowed, 1, &order), "a score must not be NULL");
  CHECK_REFUSED(ndreg_preeval_aggregate(NULL, 1, "mean", &number), "values must not be NULL");
  CHECK_REFUSED(ndreg_preeval_aggregate(&number, 1, NULL, &number), "aggregation must not be NULL");
  CHECK_REFUSED(ndreg_preeval_aggregate(&number, 1, "mean", NULL), "result must not be NULL");
  CHECK_REFUSED(ndreg_preeval_score_from_chance(0, NULL, 1, &number),
                "peak_to_mean must not be NULL");
  CHECK_REFUSED(ndreg_preeval_score_from_chance(0, &number, 1, NULL), "result must not be NULL");
  ndreg_preeval_stack_score_destroy(score);
  ndreg_preeval_method_destroy(NULL);
  ndreg_preeval_scorer_destroy(NULL);
  ndreg_preeval_stack_scorer_destroy(NULL);
  ndreg_preeval_stack_score_destroy(NULL);
  ndreg_preeval_ranking_destroy(NULL);
}

static void rules(void) {
  ndreg_preeval_image image = image_of(pixels[0], SIZE, SIZE), odd;
  ndreg_preeval_method* method = NULL;
  ndreg_preeval_scorer* scorer = NULL;
  ndreg_preeval_stack_scorer* stack = NULL;
  ndreg_preeval_ranking* ranking = NULL;
  ndreg_preeval_pair_score pair;
  ndreg_preeval_run run;
  char name[5000];
  double number = 0;
  memset(name, 'x', sizeof name);
  name[sizeof name - 1] = '\0';
  CHECK_REFUSED(ndreg_preeval_build_info(name, NULL, 0, NULL), "what must be one of 'version'");
  CHECK_REFUSED(ndreg_preeval_build_info("version", name, -1, NULL), "must be 0 or more, not -1");
  CHECK_REFUSED(ndreg_preeval_method_create(name, &method), "must be one of 'evidence', 'plain'");
  CHECK(method == NULL && strlen(ndreg_preeval_last_error()) < 1000);
  CHECK_OK(ndreg_preeval_method_create("evidence", &method));
  CHECK_REFUSED(ndreg_preeval_method_set_text(method, name, "x"),
                "option must be one of 'precision'");
  CHECK_REFUSED(ndreg_preeval_method_set_text(method, "window", "square"),
                "window must be one of 'none', 'hann', not 'square'");
  CHECK_REFUSED(ndreg_preeval_method_set_text(method, "cutoff", "1"), "'cutoff' is a number");
  CHECK_REFUSED(ndreg_preeval_method_set_number(method, "window", 1), "'window' is text");
  CHECK_REFUSED(ndreg_preeval_method_set_number(method, "confirm", 0.5), "confirm must be 0 or 1");
  CHECK_REFUSED(ndreg_preeval_method_set_number(method, "window_from", 8.5), "whole number");
  CHECK_REFUSED(ndreg_preeval_method_set_number(method, "window_from", 1e300), "whole number");
  CHECK_OK(ndreg_preeval_method_set_number(method, "cutoff", -1));
  CHECK_REFUSED(ndreg_preeval_scorer_create(&image, method, NULL, &scorer),
                "cutoff must be larger");
  CHECK_OK(ndreg_preeval_method_set_number(method, "cutoff", 7));
  CHECK_REFUSED(ndreg_preeval_scorer_create(&image, method, NULL, &scorer),
                "cutoff must be at most");
  CHECK_OK(ndreg_preeval_method_set_number(method, "cutoff", 0.5));
  CHECK_OK(ndreg_preeval_method_set_number(method, "confirm", 0));
  CHECK_REFUSED(ndreg_preeval_stack_scorer_create(&image, method, 0, NULL, &stack),
                "second opinion");
  CHECK_REFUSED(ndreg_preeval_stack_scorer_create(&image, NULL, 7, NULL, &stack),
                "pairing must be");
  CHECK_OK(ndreg_preeval_scorer_create(&image, method, NULL, &scorer));
  CHECK_REFUSED(ndreg_preeval_scorer_correlogram(scorer, &image, 1, NULL, pixels[1], PIXELS),
                "second");
  CHECK_REFUSED(ndreg_preeval_scorer_correlogram(scorer, &image, 2, NULL, pixels[1], PIXELS),
                "second_opinion must be 0 or 1, not 2");
  CHECK_REFUSED(ndreg_preeval_scorer_correlogram(scorer, &image, 0, NULL, pixels[1], PIXELS - 1),
                "room for 256 values, not for 255");
  CHECK_REFUSED(ndreg_preeval_scorer_score(scorer, &image, -1, NULL, &pair, sizeof pair), "not -1");
  CHECK_REFUSED(ndreg_preeval_scorer_score(scorer, &image, 1, NULL, &pair, 8), "144 bytes or more");
  CHECK_REFUSED(ndreg_preeval_image_init(&odd, sizeof odd, pixels, 13, 1, 1),
                "unknown pixel type, 13");
  CHECK_REFUSED(ndreg_preeval_image_init(&odd, sizeof odd, pixels, -1, 1, 1),
                "unknown pixel type, -1");
  CHECK_REFUSED(ndreg_preeval_image_init(&odd, sizeof odd, pixels, 0, -1, 1), "not -1 x 1");
  CHECK_REFUSED(ndreg_preeval_image_init(&odd, 8, pixels, 0, 1, 1), "must be its sizeof");
#define REFUSED_IMAGE(member, value, part)                                                      \
  do {                                                                                          \
    odd = image;                                                                                \
    odd.member = (value);                                                                       \
    CHECK_REFUSED(ndreg_preeval_scorer_score(scorer, &odd, 1, NULL, &pair, sizeof pair), part); \
  } while (0)
  REFUSED_IMAGE(struct_size, 0, "must be its sizeof");
  REFUSED_IMAGE(struct_size, (uint64_t)-8, "must be its sizeof");
  REFUSED_IMAGE(struct_size, sizeof odd + 1, "must be its sizeof");
  REFUSED_IMAGE(data, NULL, "image 0 has no data");
  REFUSED_IMAGE(height, 0, "image 0 must have at least one row");
  REFUSED_IMAGE(height, -5, "the height of image 0 must be 0 or more, not -5");
  REFUSED_IMAGE(width, 15, "must have the shape of the reference image");
  REFUSED_IMAGE(width, INT64_MAX, "at most 2^30");
  REFUSED_IMAGE(type, 13, "image 0 has an unknown pixel type");
  REFUSED_IMAGE(type, 256 + NDREG_PREEVAL_FLOAT64, "image 0 has an unknown pixel type");
  REFUSED_IMAGE(swapped, 2, "swapped must be 0 or 1, not 2");
#define REFUSED_RUN(member, value, part)                                                          \
  do {                                                                                            \
    memset(&run, 0, sizeof run);                                                                  \
    run.struct_size = sizeof run;                                                                 \
    run.has_first_index = 1;                                                                      \
    run.member = (value);                                                                         \
    CHECK_REFUSED(ndreg_preeval_scorer_score(scorer, &image, 1, &run, &pair, sizeof pair), part); \
  } while (0)
  REFUSED_RUN(struct_size, 0, "must be its sizeof");
  REFUSED_RUN(num_threads, -1, "num_threads must be 0 (automatic) or more, not -1");
  REFUSED_RUN(has_first_index, -1, "has_first_index must be 0 or 1");
  REFUSED_RUN(first_index, -1, "first_index must be 0 or more, not -1");
  run.first_index = 41;
  odd = image;
  odd.data = NULL;
  CHECK_REFUSED(ndreg_preeval_scorer_score(scorer, &odd, 1, &run, &pair, sizeof pair),
                "image 41 has");
  ndreg_preeval_scorer_destroy(scorer);
  /* Images are counted from the first, the reference. */
  CHECK_OK(ndreg_preeval_stack_scorer_create(&image, NULL, 0, NULL, &stack));
  CHECK_OK(ndreg_preeval_stack_scorer_add(stack, &image, 1, NULL));
  odd.height = -1;
  CHECK_REFUSED(ndreg_preeval_stack_scorer_add(stack, &odd, 1, NULL), "image 2 must be 0 or more");
  ndreg_preeval_stack_scorer_destroy(stack);
  CHECK_REFUSED(ndreg_preeval_rank_stacks(NULL, 0, NULL, 0, 0, NULL, &ranking), "no stack can be");
  number = -HUGE_VAL;
  CHECK_REFUSED(ndreg_preeval_aggregate(&number, 1, "mean", &number), "finite");
  CHECK_REFUSED(ndreg_preeval_aggregate(&number, 1, "sum", &number), "not 'sum'");
  ndreg_preeval_method_destroy(method);
}

int main(void) {
  uint32_t state = 5;
  int n;
  for (n = 0; n < 2 * PIXELS; ++n) pixels[n / PIXELS][n % PIXELS] = random_number(&state);
  CHECK(strcmp(ndreg_preeval_last_error(), "") == 0);
  nulls();
  rules();
  return check_result();
}
