/* SPDX-License-Identifier: MIT */
/* What a test program in C needs: as check.hpp, for a language without exceptions. */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <ndreg_preeval/ndreg_preeval.h>

static int checks = 0;
static int failures = 0;

static void check_that(int holds, const char* text, const char* file, int line) {
  ++checks;
  if (holds) return;
  ++failures;
  fprintf(stderr, "%s:%d: %s does not hold\n", file, line, text);
}

/* The status, and a part of the message where it is an error. */
static void check_status(ndreg_preeval_status got, ndreg_preeval_status expected, const char* part,
                         const char* text, const char* file, int line) {
  const char* message = ndreg_preeval_last_error();
  ++checks;
  if (got == expected && (part == NULL || strstr(message, part) != NULL)) return;
  ++failures;
  fprintf(stderr, "%s:%d: %s: %s (\"%s\"), not %s with \"%s\"\n", file, line, text,
          ndreg_preeval_status_text(got), got == NDREG_PREEVAL_OK ? "" : message,
          ndreg_preeval_status_text(expected), part == NULL ? "" : part);
}

#define CHECK(holds) check_that((holds) != 0, #holds, __FILE__, __LINE__)
#define CHECK_OK(call) check_status((call), NDREG_PREEVAL_OK, NULL, #call, __FILE__, __LINE__)
#define CHECK_REFUSED(call, part) \
  check_status((call), NDREG_PREEVAL_INVALID_ARGUMENT, part, #call, __FILE__, __LINE__)

/* Numbers in [0, 1), the same on every platform. */
static double random_number(uint32_t* state) {
  *state = *state * 1664525U + 1013904223U;
  return (double)(*state >> 8) / 16777216.0;
}

/* Exit status: 0 only if something was checked and everything held. */
static int check_result(void) {
  printf("%d checks, %d failures\n", checks, failures);
  return checks > 0 && failures == 0 ? 0 : 1;
}

#endif
