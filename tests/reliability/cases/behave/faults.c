/* SPDX-License-Identifier: MIT
 * Preloaded by a test: makes the k-th large allocation fail, once. glibc only.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static const size_t LARGE = 16 * 1024;
static atomic_long countdown;

/* 0 = never fail; k = fail the k-th large allocation from now on. */
void faults_arm(long k) { atomic_store(&countdown, k); }

/* How many allocations are still to come before the failure; 0 once it has happened. */
long faults_left(void) { return atomic_load(&countdown); }

static int fails(size_t bytes) {
  long left = atomic_load(&countdown);
  if (bytes <= LARGE || left <= 0) return 0;
  if (atomic_fetch_sub(&countdown, 1) != 1) return 0;
  errno = ENOMEM;
  return 1;
}

void *malloc(size_t n) { return fails(n) ? NULL : __libc_malloc(n); }

void *calloc(size_t count, size_t n) {
  size_t bytes;
  if (__builtin_mul_overflow(count, n, &bytes)) return __libc_calloc(count, n);
  return fails(bytes) ? NULL : __libc_calloc(count, n);
}

void *realloc(void *p, size_t n) { return fails(n) ? NULL : __libc_realloc(p, n); }

void *memalign(size_t align, size_t n) { return fails(n) ? NULL : __libc_memalign(align, n); }

void *aligned_alloc(size_t align, size_t n) { return memalign(align, n); }

int posix_memalign(void **out, size_t align, size_t n) {
  if (fails(n)) return ENOMEM;
  void *p = __libc_memalign(align, n);
  if (p == NULL) return ENOMEM;
  *out = p;
  return 0;
}
