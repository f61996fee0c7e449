/* SPDX-License-Identifier: MIT */
/* Two small stacks of images, the one that aligns better first. */
#include <stdio.h>

#include <ndreg_preeval/ndreg_preeval.h>

enum { IMAGES = 4, SIZE = 64 };

static float pixels[2][IMAGES][SIZE * SIZE];

static float grain(uint32_t seed) { return (float)((seed * 2654435761U >> 8) % 1000) / 1000.0F; }

static int failed(ndreg_preeval_status status) {
  if (status == NDREG_PREEVAL_OK) return 0;
  fprintf(stderr, "%s: %s\n", ndreg_preeval_status_text(status), ndreg_preeval_last_error());
  return 1;
}

int main(void) {
  const char* names[2] = {"grainy", "clear"};
  const float noise[2] = {5.0F, 0.5F};
  ndreg_preeval_image images[2][IMAGES];
  ndreg_preeval_stack stacks[2];
  ndreg_preeval_ranking* ranking = NULL;
  int64_t order[2];
  int s, i;
  /* A texture that moves by (2, -3) pixels from image to image, and a grain that is new in each. */
  for (s = 0; s < 2; ++s) {
    uint32_t n, y, x;
    for (n = 0; n < IMAGES; ++n) {
      for (y = 0; y < SIZE; ++y)
        for (x = 0; x < SIZE; ++x)
          pixels[s][n][(y + 2 * n) % SIZE * SIZE + (x + 61 * n) % SIZE] =
              grain(SIZE * y + x) + noise[s] * grain(SIZE * SIZE * (n + 1) + SIZE * y + x);
      if (failed(ndreg_preeval_image_init(&images[s][n], sizeof images[s][n], pixels[s][n],
                                          NDREG_PREEVAL_FLOAT32, SIZE, SIZE)))
        return 1;
    }
    stacks[s].struct_size = sizeof stacks[s];
    stacks[s].name = names[s];
    stacks[s].images = images[s];
    stacks[s].count = IMAGES;
  }
  if (failed(
          ndreg_preeval_rank_stacks(stacks, 2, NULL, NDREG_PREEVAL_REFERENCE, 0, NULL, &ranking)) ||
      failed(ndreg_preeval_ranking_order(ranking, order, 2)))
    return 1;
  for (i = 0; i < 2; ++i) {
    const ndreg_preeval_stack_score* stack = NULL;
    ndreg_preeval_stack_summary summary;
    if (failed(ndreg_preeval_ranking_stack(ranking, order[i], &stack)) ||
        failed(ndreg_preeval_stack_score_summary(stack, &summary, sizeof summary)))
      return 1;
    printf("%s %.2f\n", names[order[i]], summary.score);
  }
  ndreg_preeval_ranking_destroy(ranking);
  return 0;
}
