/* SPDX-License-Identifier: MIT */
/* The C interface does what it says, from C99. Errors are in test_c_api_errors.c; callbacks and
 * structs of other versions in test_c_api_calls.c. */
#include <math.h>

#include "check.h"

enum { HEIGHT = 24, WIDTH = 20, PIXELS = HEIGHT * WIDTH, COUNT = 4 };

/* A texture that moves by (2, -3) pixels from image to image; whole numbers from 0 to 99, and noise
 * of that weight. */
static void make_stack(double stack[COUNT][PIXELS], double noise, uint32_t seed) {
  static double texture[PIXELS];
  uint32_t state = seed;
  int n, y, x;
  for (n = 0; n < PIXELS; ++n) texture[n] = floor(100 * random_number(&state));
  for (n = 0; n < COUNT; ++n)
    for (y = 0; y < HEIGHT; ++y)
      for (x = 0; x < WIDTH; ++x)
        stack[n][(y + 2 * n) % HEIGHT * WIDTH + (x + (WIDTH - 3) * n) % WIDTH] =
            texture[y * WIDTH + x] + floor(noise * random_number(&state));
}

static void describe(ndreg_preeval_image images[COUNT], double stack[COUNT][PIXELS]) {
  int n;
  for (n = 0; n < COUNT; ++n)
    CHECK_OK(ndreg_preeval_image_init(&images[n], sizeof images[n], stack[n], NDREG_PREEVAL_FLOAT64,
                                      HEIGHT, WIDTH));
}

static ndreg_preeval_run threads(int32_t count) {
  ndreg_preeval_run run;
  memset(&run, 0, sizeof run);
  run.struct_size = sizeof run;
  run.num_threads = count;
  return run;
}

static void versions(void) {
  char text[64];
  char cut[4];
  int64_t length = -1;
  ndreg_preeval_thread_limits limits;
  const char* facts[] = {"version",    "compiler", "build_type",  "threads",
                         "fft_source", "isas",     "usable_isas", "active_isa"};
  size_t i;
  CHECK(strcmp(ndreg_preeval_version(), NDREG_PREEVAL_VERSION) == 0);
  CHECK(ndreg_preeval_abi_version() == NDREG_PREEVAL_ABI_VERSION);
  for (i = 0; i < sizeof facts / sizeof *facts; ++i) {
    CHECK_OK(ndreg_preeval_build_info(facts[i], NULL, 0, &length));
    CHECK(length > 0);
    CHECK_OK(ndreg_preeval_build_info(facts[i], text, sizeof text, NULL));
    CHECK(strlen(text) == (size_t)(length < 63 ? length : 63));
  }
  CHECK_OK(ndreg_preeval_build_info("version", cut, sizeof cut, &length));
  CHECK(strncmp(cut, NDREG_PREEVAL_VERSION, 3) == 0 && cut[3] == '\0');
  CHECK_OK(ndreg_preeval_get_thread_limits(&limits, sizeof limits));
  CHECK(limits.affinity_cpus >= 1 && limits.cgroup_cpus >= 0 && limits.omp_num_threads >= 0);
  CHECK(ndreg_preeval_usable_cpus() >= 1 && ndreg_preeval_default_threads() >= 1);
  CHECK(ndreg_preeval_default_threads() <= ndreg_preeval_usable_cpus());
  CHECK(strcmp(ndreg_preeval_status_text(NDREG_PREEVAL_OK), "success") == 0);
  CHECK(strcmp(ndreg_preeval_status_text(NDREG_PREEVAL_CANCELLED), "cancelled") == 0);
  CHECK(strcmp(ndreg_preeval_status_text(-7), "unknown status") == 0);
}

static void methods(void) {
  int64_t n, texts = 0, numbers = 0;
  ndreg_preeval_method* method = NULL;
  const char* text = NULL;
  double number = 0;
  CHECK(strcmp(ndreg_preeval_method_name(0), "evidence") == 0);
  for (n = 0; ndreg_preeval_method_name(n) != NULL; ++n) {
    CHECK_OK(ndreg_preeval_method_create(ndreg_preeval_method_name(n), &method));
    ndreg_preeval_method_destroy(method);
  }
  CHECK(n == 5 && ndreg_preeval_method_name(-1) == NULL);
  CHECK_OK(ndreg_preeval_method_create(NULL, &method));
  CHECK_OK(ndreg_preeval_method_get_number(method, "ignore_hot_pixel", &number));
  CHECK(number == 1);
  CHECK_OK(ndreg_preeval_method_get_number(method, "opinion_cutoff", &number));
  CHECK(number == 0.25);
  CHECK_OK(ndreg_preeval_method_get_number(method, "max_shift", &number));
  CHECK(number > 1e308);
  /* Each option takes back what it gives, as text or as a number. */
  for (n = 0; ndreg_preeval_option_name(n) != NULL; ++n) {
    const char* name = ndreg_preeval_option_name(n);
    if (ndreg_preeval_method_get_text(method, name, &text) == NDREG_PREEVAL_OK) {
      ++texts;
      CHECK_OK(ndreg_preeval_method_set_text(method, name, text));
      CHECK_REFUSED(ndreg_preeval_method_get_number(method, name, &number), "is text");
    } else {
      ++numbers;
      CHECK_OK(ndreg_preeval_method_get_number(method, name, &number));
      CHECK_OK(ndreg_preeval_method_set_number(method, name, number));
    }
  }
  CHECK(texts == 7 && numbers == 10 && ndreg_preeval_option_name(-1) == NULL);
  CHECK_OK(ndreg_preeval_method_set_text(method, "window", "hann"));
  CHECK_OK(ndreg_preeval_method_get_text(method, "window", &text));
  CHECK(strcmp(text, "hann") == 0);
  CHECK_OK(ndreg_preeval_method_get_text(method, "opinion_window", &text));
  CHECK(strcmp(text, "none") == 0);
  CHECK_OK(ndreg_preeval_method_set_number(method, "window_from", 9));
  CHECK_OK(ndreg_preeval_method_get_number(method, "window_from", &number));
  CHECK(number == 9);
  ndreg_preeval_method_destroy(method);
}

static void scores(void) {
  static double stack[COUNT][PIXELS];
  ndreg_preeval_image images[COUNT];
  ndreg_preeval_pair_score found[COUNT], again[COUNT];
  ndreg_preeval_scorer* scorer = NULL;
  static double r[PIXELS];
  int64_t height = 0, width = 0, invalid = -1;
  uint32_t flags = 77;
  double highest = 0;
  ndreg_preeval_run two = threads(2);
  int n;
  make_stack(stack, 0, 1);
  describe(images, stack);
  CHECK_OK(ndreg_preeval_scorer_create(&images[0], NULL, NULL, &scorer));
  CHECK_OK(ndreg_preeval_scorer_shape(scorer, &height, &width));
  CHECK(height == HEIGHT && width == WIDTH);
  CHECK_OK(ndreg_preeval_scorer_reference(scorer, &invalid, &flags));
  CHECK(invalid == 0 && flags == 0);
  CHECK_OK(ndreg_preeval_scorer_score(scorer, images, COUNT, NULL, found, sizeof *found));
  CHECK_OK(ndreg_preeval_scorer_score(scorer, images, COUNT, &two, again, sizeof *again));
  CHECK(memcmp(found, again, sizeof found) == 0);
  CHECK(found[0].flags == NDREG_PREEVAL_IDENTICAL);
  for (n = 0; n < COUNT; ++n) {
    CHECK(found[n].peak_dy == -2 * n && found[n].peak_dx == 3 * n);
    CHECK(fabs(found[n].peak - (1 - 1.0 / PIXELS)) < 1e-9);
    CHECK(found[n].p_value < 1e-9 && (n == 0 || found[n].probability > 0.9));
  }
  CHECK_OK(
      ndreg_preeval_scorer_score_consecutive(scorer, images, COUNT, NULL, found, sizeof *found));
  for (n = 0; n < COUNT - 1; ++n) CHECK(found[n].peak_dy == -2 && found[n].peak_dx == 3);
  CHECK_OK(ndreg_preeval_scorer_correlogram(scorer, &images[1], 0, NULL, r, PIXELS));
  for (n = 0; n < PIXELS; ++n) highest = r[n] > highest ? r[n] : highest;
  CHECK(r[(HEIGHT - 2) * WIDTH + 3] == highest && highest == again[1].peak);
  CHECK_OK(ndreg_preeval_scorer_correlogram(scorer, &images[1], 1, NULL, r, PIXELS));
  CHECK(r[(HEIGHT - 2) * WIDTH + 3] == again[1].opinion);
  CHECK_OK(ndreg_preeval_scorer_score(scorer, NULL, 0, NULL, NULL, sizeof *found));
  CHECK_OK(ndreg_preeval_scorer_score_consecutive(scorer, images, 1, NULL, NULL, sizeof *found));
  CHECK_OK(ndreg_preeval_scorer_shape(scorer, NULL, NULL));
  CHECK_OK(ndreg_preeval_scorer_reference(scorer, NULL, NULL));
  ndreg_preeval_scorer_destroy(scorer);
  ndreg_preeval_scorer_destroy(NULL);
}

/* The pixels of the second image in that type. */
#define STORED_AS(constant, T)                                \
  case constant:                                              \
    for (n = 0; n < PIXELS; ++n) {                            \
      const T pixel = (T)stack[1][n];                         \
      memcpy(bytes + n * sizeof pixel, &pixel, sizeof pixel); \
    }                                                         \
    break

/* The same pixels in another type, upside down, transposed, unaligned, in the other byte order, and
 * with a mask. */
static void odd_views(void) {
  static double stack[COUNT][PIXELS];
  static char bytes[16 * PIXELS + 1];
  static unsigned char mask[PIXELS];
  ndreg_preeval_image images[COUNT], odd;
  ndreg_preeval_pair_score expected, found;
  ndreg_preeval_scorer* scorer = NULL;
  int type, n, k;
  make_stack(stack, 0, 2);
  describe(images, stack);
  CHECK_OK(ndreg_preeval_scorer_create(&images[0], NULL, NULL, &scorer));
  CHECK_OK(ndreg_preeval_scorer_score(scorer, &images[1], 1, NULL, &expected, sizeof expected));
  for (type = NDREG_PREEVAL_INT8; type <= NDREG_PREEVAL_LONG_DOUBLE; ++type) {
    switch (type) {
      STORED_AS(NDREG_PREEVAL_INT8, int8_t);
      STORED_AS(NDREG_PREEVAL_INT16, int16_t);
      STORED_AS(NDREG_PREEVAL_INT32, int32_t);
      STORED_AS(NDREG_PREEVAL_INT64, int64_t);
      STORED_AS(NDREG_PREEVAL_UINT8, uint8_t);
      STORED_AS(NDREG_PREEVAL_UINT16, uint16_t);
      STORED_AS(NDREG_PREEVAL_UINT32, uint32_t);
      STORED_AS(NDREG_PREEVAL_UINT64, uint64_t);
      STORED_AS(NDREG_PREEVAL_FLOAT32, float);
      STORED_AS(NDREG_PREEVAL_FLOAT64, double);
      STORED_AS(NDREG_PREEVAL_LONG_DOUBLE, long double);
      default:
        continue; /* float16 is no type of C */
    }
    CHECK_OK(ndreg_preeval_image_init(&odd, sizeof odd, bytes, type, HEIGHT, WIDTH));
    CHECK_OK(ndreg_preeval_scorer_score(scorer, &odd, 1, NULL, &found, sizeof found));
    CHECK(found.peak_dy == -2 && found.peak_dx == 3);
    CHECK(fabs(found.peak - expected.peak) < 1e-12);
  }
  /* Column after column, from the last row and column on, at an odd address, bytes reversed. */
  for (n = 0; n < PIXELS; ++n) {
    const int y = HEIGHT - 1 - n % HEIGHT;
    const int x = WIDTH - 1 - n / HEIGHT;
    const unsigned char* from = (const unsigned char*)&stack[1][y * WIDTH + x];
    for (k = 0; k < 8; ++k) memcpy(bytes + 1 + 8 * n + k, from + 7 - k, 1);
  }
  odd.data = bytes + 1 + 8 * (PIXELS - 1);
  odd.type = NDREG_PREEVAL_FLOAT64;
  odd.row_stride = -8;
  odd.column_stride = -8 * HEIGHT;
  odd.swapped = 1;
  CHECK_OK(ndreg_preeval_scorer_score(scorer, &odd, 1, NULL, &found, sizeof found));
  CHECK(memcmp(&found, &expected, sizeof found) == 0);
  /* Broken pixels are left out, by themselves or by the mask. */
  memset(mask, 1, sizeof mask);
  mask[5] = 0;
  images[1].mask = mask;
  images[1].mask_row_stride = WIDTH;
  images[1].mask_column_stride = 1;
  CHECK_OK(ndreg_preeval_scorer_score(scorer, &images[1], 1, NULL, &expected, sizeof expected));
  images[1].mask = NULL;
  stack[1][5] = HUGE_VAL;
  CHECK_OK(ndreg_preeval_scorer_score(scorer, &images[1], 1, NULL, &found, sizeof found));
  CHECK(found.invalid_pixels == 1 && memcmp(&found, &expected, sizeof found) == 0);
  ndreg_preeval_scorer_destroy(scorer);
}

static void stacks(void) {
  static double pixels[3][COUNT][PIXELS];
  ndreg_preeval_image images[3][COUNT];
  ndreg_preeval_stack given[3];
  ndreg_preeval_ranking* ranking = NULL;
  ndreg_preeval_stack_score* one_by_one[3];
  int64_t order[3], again[3];
  int n, i;
  const double noise[3] = {600, 20, 100};
  for (n = 0; n < 3; ++n) {
    ndreg_preeval_stack_scorer* scorer = NULL;
    make_stack(pixels[n], noise[n], (uint32_t)n + 3);
    describe(images[n], pixels[n]);
    given[n].struct_size = sizeof given[n];
    given[n].name = NULL;
    given[n].images = images[n];
    given[n].count = COUNT;
    CHECK_OK(ndreg_preeval_stack_scorer_create(&images[n][0], NULL, NDREG_PREEVAL_REFERENCE, NULL,
                                               &scorer));
    for (i = 1; i < COUNT; ++i)
      CHECK_OK(ndreg_preeval_stack_scorer_add(scorer, &images[n][i], 1, NULL));
    CHECK_OK(ndreg_preeval_stack_scorer_add(scorer, NULL, 0, NULL));
    CHECK_OK(ndreg_preeval_stack_scorer_result(scorer, &one_by_one[n]));
    ndreg_preeval_stack_scorer_destroy(scorer);
  }
  CHECK_OK(ndreg_preeval_rank_stacks(given, 3, NULL, NDREG_PREEVAL_REFERENCE, 0, NULL, &ranking));
  CHECK_OK(ndreg_preeval_ranking_order(ranking, order, 3));
  CHECK(order[0] == 1 && order[1] == 2 && order[2] == 0);
  CHECK_OK(ndreg_preeval_rank((const ndreg_preeval_stack_score* const*)one_by_one, 3, again));
  CHECK(memcmp(order, again, sizeof order) == 0);
  for (n = 0; n < 3; ++n) {
    const ndreg_preeval_stack_score* stack = NULL;
    ndreg_preeval_stack_summary all, blocks;
    ndreg_preeval_pair_score a[COUNT], b[COUNT];
    double values[COUNT];
    double score = -1, chance = -1;
    CHECK_OK(ndreg_preeval_ranking_stack(ranking, n, &stack));
    CHECK_OK(ndreg_preeval_stack_score_summary(stack, &all, sizeof all));
    CHECK_OK(ndreg_preeval_stack_score_summary(one_by_one[n], &blocks, sizeof blocks));
    CHECK(all.count == COUNT - 1 && all.has_evidence == 1);
    CHECK(memcmp(&all, &blocks, sizeof all) == 0);
    CHECK_OK(ndreg_preeval_stack_score_images(stack, a, COUNT, sizeof *a));
    CHECK_OK(ndreg_preeval_stack_score_images(one_by_one[n], b, COUNT - 1, sizeof *b));
    CHECK(memcmp(a, b, (COUNT - 1) * sizeof *a) == 0);
    CHECK_OK(ndreg_preeval_stack_score_values(stack, values, COUNT));
    for (i = 0; i < COUNT - 1; ++i) CHECK(values[i] == a[i].probability);
    CHECK_OK(ndreg_preeval_aggregate(values, COUNT - 1, "every_image", &chance));
    CHECK_OK(ndreg_preeval_aggregate(values, COUNT - 1, "minimum", &score));
    CHECK(all.trust == (chance < score ? chance : score));
    for (i = 0; i < COUNT - 1; ++i) values[i] = a[i].peak / a[i].mean;
    CHECK_OK(ndreg_preeval_score_from_chance(chance, values, COUNT - 1, &score));
    CHECK(score == all.score && (chance < 0.05 || score == chance));
    ndreg_preeval_stack_score_destroy(one_by_one[n]);
  }
  ndreg_preeval_ranking_destroy(ranking);
  /* Each with the one before it: any reference image will do. */
  CHECK_OK(ndreg_preeval_rank_stacks(given, 1, NULL, NDREG_PREEVAL_PREVIOUS, 77, NULL, &ranking));
  ndreg_preeval_ranking_destroy(ranking);
  CHECK_OK(ndreg_preeval_rank(NULL, 0, NULL));
}

static void every_method(void) {
  static double pixels[COUNT][PIXELS];
  ndreg_preeval_image images[COUNT];
  ndreg_preeval_stack stack;
  int n;
  make_stack(pixels, 20, 4);
  describe(images, pixels);
  stack.struct_size = sizeof stack;
  stack.name = "stack";
  stack.images = images;
  stack.count = COUNT;
  for (n = 0; n < 5; ++n) {
    ndreg_preeval_method* method = NULL;
    ndreg_preeval_ranking* ranking = NULL;
    const ndreg_preeval_stack_score* found = NULL;
    ndreg_preeval_stack_summary summary;
    double confirm = -1;
    CHECK_OK(ndreg_preeval_method_create(ndreg_preeval_method_name(n), &method));
    CHECK_OK(ndreg_preeval_method_get_number(method, "confirm", &confirm));
    CHECK_OK(
        ndreg_preeval_rank_stacks(&stack, 1, method, NDREG_PREEVAL_REFERENCE, -1, NULL, &ranking));
    CHECK_OK(ndreg_preeval_ranking_stack(ranking, 0, &found));
    CHECK_OK(ndreg_preeval_stack_score_summary(found, &summary, sizeof summary));
    CHECK(summary.score > 0 && (summary.trust == summary.trust) == (confirm == 1));
    ndreg_preeval_ranking_destroy(ranking);
    ndreg_preeval_method_destroy(method);
  }
}

int main(void) {
  versions();
  methods();
  scores();
  odd_views();
  stacks();
  every_method();
  return check_result();
}
