/* SPDX-License-Identifier: MIT */
/* The C interface: structs of other versions, progress, cancellation. */
#include <stddef.h>
#include <stdlib.h>

#include "check.h"

enum { SIZE = 16, PIXELS = SIZE * SIZE };

static double pixels[2][PIXELS];

static ndreg_preeval_image image_of(const double* data, int64_t height, int64_t width) {
  ndreg_preeval_image image;
  CHECK_OK(
      ndreg_preeval_image_init(&image, sizeof image, data, NDREG_PREEVAL_FLOAT64, height, width));
  return image;
}

/* What a later version of the header may have. */
typedef struct future_image {
  ndreg_preeval_image now;
  int64_t more;
} future_image;
typedef struct future_run {
  ndreg_preeval_run now;
  int64_t more;
} future_run;
typedef struct future_score {
  ndreg_preeval_pair_score now;
  double more;
} future_score;
typedef struct future_summary {
  ndreg_preeval_stack_summary now;
  double more;
} future_summary;
typedef struct future_stack {
  ndreg_preeval_stack now;
  int64_t more;
} future_stack;
typedef struct future_limits {
  ndreg_preeval_thread_limits now;
  int32_t more;
} future_limits;

/* Arrays of longer elements are walked by their size; what the library does not know must be zero,
 * and is zero in what it writes. */
static void structs_that_grew(void) {
  future_image images[2];
  future_run run;
  future_score scores[2];
  future_summary summary;
  future_stack stacks[2];
  future_limits limits;
  ndreg_preeval_pair_score known[2];
  ndreg_preeval_image plain[2];
  ndreg_preeval_scorer* scorer = NULL;
  ndreg_preeval_ranking* ranking = NULL;
  const ndreg_preeval_stack_score* stack = NULL;
  int n;
  memset(&run, 0, sizeof run);
  run.now.struct_size = sizeof run;
  for (n = 0; n < 2; ++n) {
    plain[n] = image_of(pixels[n], SIZE, SIZE);
    memset(&images[n], 255, sizeof images[n]);
    CHECK_OK(ndreg_preeval_image_init(&images[n].now, sizeof images[n], pixels[n],
                                      NDREG_PREEVAL_FLOAT64, SIZE, SIZE));
    CHECK(images[n].now.struct_size == sizeof images[n] && images[n].more == 0);
    memset(&stacks[n], 0, sizeof stacks[n]);
    stacks[n].now.struct_size = sizeof stacks[n];
    stacks[n].now.images = &images[0].now;
    stacks[n].now.count = 2;
  }
  CHECK_OK(ndreg_preeval_scorer_create(&images[0].now, NULL, &run.now, &scorer));
  memset(scores, 255, sizeof scores);
  CHECK_OK(ndreg_preeval_scorer_score(scorer, &images[0].now, 2, &run.now, &scores[0].now,
                                      sizeof *scores));
  CHECK_OK(ndreg_preeval_scorer_score(scorer, plain, 2, NULL, known, sizeof *known));
  for (n = 0; n < 2; ++n) {
    CHECK(memcmp(&scores[n].now, &known[n], sizeof known[n]) == 0);
    CHECK(scores[n].more == 0);
  }
  CHECK_OK(ndreg_preeval_rank_stacks(&stacks[0].now, 2, NULL, NDREG_PREEVAL_REFERENCE, 0, &run.now,
                                     &ranking));
  CHECK_OK(ndreg_preeval_ranking_stack(ranking, 1, &stack));
  memset(&summary, 255, sizeof summary);
  CHECK_OK(ndreg_preeval_stack_score_summary(stack, &summary.now, sizeof summary));
  CHECK(summary.now.count == 1 && summary.now.judged == 1 && summary.more == 0);
  /* Callers of version 1 know nothing of `judged`. */
  memset(&summary, 255, sizeof summary);
  CHECK_OK(ndreg_preeval_stack_score_summary(stack, &summary.now, 40));
  CHECK(summary.now.count == 1 && summary.now.has_evidence == 1 && summary.now.judged == -1);
  ndreg_preeval_ranking_destroy(ranking);
  memset(&limits, 255, sizeof limits);
  CHECK_OK(ndreg_preeval_get_thread_limits(&limits.now, sizeof limits));
  CHECK(limits.now.affinity_cpus >= 1 && limits.more == 0);

  images[1].more = 1;
  CHECK_REFUSED(ndreg_preeval_scorer_score(scorer, &images[0].now, 2, NULL, known, sizeof *known),
                "an image has members set that version " NDREG_PREEVAL_VERSION);
  images[1].more = 0;
  images[1].now.struct_size = sizeof images[1].now;
  CHECK_REFUSED(ndreg_preeval_scorer_score(scorer, &images[0].now, 2, NULL, known, sizeof *known),
                "must be the same in all elements");
  run.more = 1;
  CHECK_REFUSED(ndreg_preeval_scorer_score(scorer, plain, 2, &run.now, known, sizeof *known),
                "members set");
  stacks[0].more = -1;
  CHECK_REFUSED(ndreg_preeval_rank_stacks(&stacks[0].now, 2, NULL, 0, 0, NULL, &ranking),
                "a stack has members set");
  CHECK(ranking == NULL);
  ndreg_preeval_scorer_destroy(scorer);
}

/* On 64-bit machines nothing moves between compilers: other languages write these down. */
static void places_of_members(void) {
  if (sizeof(void*) != 8) return;
  CHECK(sizeof(ndreg_preeval_image) == 80 && offsetof(ndreg_preeval_image, swapped) == 76);
  CHECK(sizeof(ndreg_preeval_run) == 48 && offsetof(ndreg_preeval_run, first_index) == 40);
  CHECK(sizeof(ndreg_preeval_stack) == 32 && offsetof(ndreg_preeval_stack, count) == 24);
  CHECK(sizeof(ndreg_preeval_stack_summary) == 56 &&
        offsetof(ndreg_preeval_stack_summary, judged) == 40 &&
        offsetof(ndreg_preeval_stack_summary, trust_masked) == 48);
  CHECK(sizeof(ndreg_preeval_pair_score) == 160 &&
        offsetof(ndreg_preeval_pair_score, probability_masked) == 144 &&
        offsetof(ndreg_preeval_pair_score, static_pixels) == 152);
  CHECK(sizeof(ndreg_preeval_thread_limits) == 12);
}

typedef struct told {
  int64_t asked;
  int64_t stop_at; /* when to say stop; 0: never */
  int64_t calls;
  int64_t done;
  int64_t total;
  int64_t backwards;
} told;

static int32_t should_stop(void* user) {
  told* all = (told*)user;
  return ++all->asked == all->stop_at ? -3 : 0;
}

static void progress(int64_t done, int64_t total, void* user) {
  told* all = (told*)user;
  ++all->calls;
  all->backwards += done < all->done;
  all->done = done;
  all->total = total;
}

/* Work for some tenths of a second at least: the same large image again and again. */
static void callbacks(void) {
  enum { LARGE = 512, COUNT = 400 };
  double* large = (double*)malloc(sizeof(double) * LARGE * LARGE);
  ndreg_preeval_image* images = (ndreg_preeval_image*)malloc(sizeof *images * COUNT);
  ndreg_preeval_pair_score* scores = (ndreg_preeval_pair_score*)malloc(sizeof *scores * COUNT);
  ndreg_preeval_scorer* scorer = NULL;
  ndreg_preeval_stack_scorer* stack = NULL;
  ndreg_preeval_stack_score* result = NULL;
  ndreg_preeval_stack_summary summary;
  ndreg_preeval_stack given;
  ndreg_preeval_ranking* ranking = (ndreg_preeval_ranking*)&given;
  ndreg_preeval_run run;
  uint32_t state = 6;
  int32_t threads;
  int n;
  if (large == NULL || images == NULL || scores == NULL) exit(1);
  for (n = 0; n < LARGE * LARGE; ++n) large[n] = random_number(&state);
  for (n = 0; n < COUNT; ++n) images[n] = image_of(large, LARGE, LARGE);
  memset(&given, 0, sizeof given);
  given.struct_size = sizeof given;
  given.images = images;
  given.count = COUNT;
  memset(&run, 0, sizeof run);
  run.struct_size = sizeof run;
  run.should_stop = should_stop;
  run.progress = progress;
  for (threads = 1; threads <= 2; ++threads) {
    told all = {0, 0, 0, 0, 0, 0};
    run.num_threads = threads;
    run.user = &all;
    CHECK_OK(ndreg_preeval_scorer_create(&images[0], NULL, &run, &scorer));
    CHECK(all.calls == 0);
    CHECK_OK(ndreg_preeval_scorer_score(scorer, images, 20, &run, scores, sizeof *scores));
    CHECK(all.calls >= 1 && all.backwards == 0 && all.done == 20 && all.total == 20);

    memset(scores, 77, sizeof *scores);
    all.asked = 0;
    all.stop_at = 1;
    CHECK(ndreg_preeval_scorer_score(scorer, images, COUNT, &run, scores, sizeof *scores) ==
          NDREG_PREEVAL_CANCELLED);
    CHECK(strstr(ndreg_preeval_last_error(), "stopped") != NULL);
    CHECK(all.asked == 1 && all.done < COUNT);
    for (n = 0; n < (int)sizeof *scores; ++n) CHECK(((const char*)scores)[n] == 77);

    /* A stack scorer goes on as if nothing had been. */
    all.stop_at = 0;
    CHECK_OK(ndreg_preeval_stack_scorer_create(&images[0], NULL, 0, &run, &stack));
    CHECK_OK(ndreg_preeval_stack_scorer_add(stack, images, 3, &run));
    all.stop_at = all.asked + 2;
    CHECK(ndreg_preeval_stack_scorer_add(stack, images, COUNT, &run) == NDREG_PREEVAL_CANCELLED);
    all.stop_at = 0;
    CHECK_OK(ndreg_preeval_stack_scorer_add(stack, images, 2, &run));
    CHECK_OK(ndreg_preeval_stack_scorer_result(stack, &result));
    CHECK_OK(ndreg_preeval_stack_score_summary(result, &summary, sizeof summary));
    CHECK(summary.count == 5);
    ndreg_preeval_stack_score_destroy(result);
    ndreg_preeval_stack_scorer_destroy(stack);

    given.count = 5;
    all.done = all.backwards = 0;
    CHECK_OK(ndreg_preeval_rank_stacks(&given, 1, NULL, 0, 0, &run, &ranking));
    CHECK(all.backwards == 0 && all.done == 4 && all.total == 4);
    ndreg_preeval_ranking_destroy(ranking);
    given.count = COUNT;
    all.stop_at = all.asked + 1;
    CHECK(ndreg_preeval_rank_stacks(&given, 1, NULL, 0, 0, &run, &ranking) ==
          NDREG_PREEVAL_CANCELLED);
    CHECK(ranking == NULL);
    ndreg_preeval_scorer_destroy(scorer);
  }
  free(scores);
  free(images);
  free(large);
}

int main(void) {
  uint32_t state = 5;
  int n;
  for (n = 0; n < 2 * PIXELS; ++n) pixels[n / PIXELS][n % PIXELS] = random_number(&state);
  structs_that_grew();
  places_of_members();
  callbacks();
  return check_result();
}
