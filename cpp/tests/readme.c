/* SPDX-License-Identifier: MIT */
/* The example of docs/c_api.md (tests/packaging/test_readme.py). */
#include <ndreg_preeval/ndreg_preeval.h>
#include <stdio.h>

static float first[64 * 64], second[64 * 64];

int main(void) {
  ndreg_preeval_image images[2];
  ndreg_preeval_scorer* scorer = NULL;
  ndreg_preeval_pair_score score;
  unsigned i, y, x;
  for (i = 0; i < 64 * 64; ++i) first[i] = (float)(i * 2654435761U >> 8);
  for (y = 0; y < 64; ++y)
    for (x = 0; x < 64; ++x) second[(y + 3) % 64 * 64 + (x + 62) % 64] = first[y * 64 + x];
  ndreg_preeval_image_init(&images[0], sizeof images[0], first, NDREG_PREEVAL_FLOAT32, 64, 64);
  ndreg_preeval_image_init(&images[1], sizeof images[1], second, NDREG_PREEVAL_FLOAT32, 64, 64);
  if (ndreg_preeval_scorer_create(&images[0], NULL, NULL, &scorer) != NDREG_PREEVAL_OK ||
      ndreg_preeval_scorer_score(scorer, &images[1], 1, NULL, &score, sizeof score) !=
          NDREG_PREEVAL_OK) {
    fprintf(stderr, "%s\n", ndreg_preeval_last_error());
    return 1;
  }
  printf("shift %.0f %.0f, P = %.2f\n", score.shift_y, score.shift_x, score.probability);
  ndreg_preeval_scorer_destroy(scorer);
  return 0;
}
