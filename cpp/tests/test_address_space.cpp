// SPDX-License-Identifier: MIT
// Address space that ends, for memory and for the stacks of threads.
#include <cstddef>
#include <cstdio>
#include <new>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "check.hpp"
#include "images.hpp"

namespace {

using images::Image;
using namespace ndreg_preeval;

// Bytes of address space in use now.
std::size_t address_space() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  if (file != nullptr) {
    if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// Memory and address space end: std::bad_alloc or the right result, and it goes on afterwards.
void little_address_space() {
  const std::size_t used = address_space();
  if (used == 0) {  // no /proc here
    CHECK(true);
    return;
  }
  const Image reference = images::noise(351, 350, 1);
  const Image moved = images::rolled(reference, 3, -5);
  const std::vector<ImageView> views(6, moved.view());
  rlimit before{};
  getrlimit(RLIMIT_AS, &before);
  for (const unsigned megabytes : {1U, 2U, 4U, 8U, 12U, 16U, 24U, 32U, 48U, 64U, 96U}) {
    for (const int threads : {4, 2, 1}) {
      rlimit limit = before;
      limit.rlim_cur = address_space() + (std::size_t{megabytes} << 20U);
      CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
      bool right = true;
      try {
        RunOptions run;
        run.num_threads = threads;
        for (const PairScore& score : Scorer(reference.view()).score(views, run)) {
          right = right && score.peak_dy == -3 && score.peak_dx == 5;
        }
      } catch (const std::bad_alloc&) {  // as it should
      }
      setrlimit(RLIMIT_AS, &before);
      CHECK(right);
    }
  }
  RunOptions run;
  run.num_threads = 4;
  CHECK(Scorer(reference.view()).score(views, run)[5].peak_dx == 5);  // and it goes on
}

}  // namespace

int main() { return check::run({{"little address space", little_address_space}}); }
