// SPDX-License-Identifier: MIT
// A machine of 4096 CPUs, as its system calls show it: sets for fewer are refused. The linker puts
// the functions here in the place of the C library's, for the library and for this program.
#include <atomic>
#include <bitset>
#include <cerrno>
#include <cstddef>
#include <initializer_list>
#include <thread>

#include <sched.h>

#include <ndreg_preeval/threads.hpp>

#include "check.hpp"
#include "threads/cpu_set.hpp"
#include "threads/helpers.hpp"

namespace {

using namespace ndreg_preeval;
using detail::CpuSet;

constexpr std::size_t machine = 4096;

std::bitset<machine> every_other() {
  std::bitset<machine> cpus;
  for (std::size_t cpu = 0; cpu < machine; cpu += 2) cpus.set(cpu);
  return cpus;
}

// What this thread may run on.
thread_local std::bitset<machine> mine = every_other();
std::atomic<int> refusal{0};  // errno of all calls, where it is not 0
std::atomic<int> refused{0};  // calls with a set that is too small
std::atomic<bool> no_size_will_do{false};

}  // namespace

extern "C" {

int __wrap_sched_getaffinity(pid_t /*thread*/, std::size_t bytes, cpu_set_t* cpus) {
  if (refusal != 0) {
    errno = refusal;
    return -1;
  }
  if (8 * bytes < machine || no_size_will_do) {
    ++refused;
    errno = EINVAL;
    return -1;
  }
  CPU_ZERO_S(bytes, cpus);
  for (std::size_t cpu = 0; cpu < machine; ++cpu) {
    if (mine.test(cpu)) CPU_SET_S(cpu, bytes, cpus);
  }
  return 0;
}

int __wrap_sched_setaffinity(pid_t /*thread*/, std::size_t bytes, const cpu_set_t* cpus) {
  std::bitset<machine> wanted;
  for (std::size_t cpu = 0; cpu < machine && cpu < 8 * bytes; ++cpu) {
    if (CPU_ISSET_S(cpu, bytes, cpus)) wanted.set(cpu);
  }
  if (refusal != 0 || wanted.none()) {
    errno = refusal != 0 ? refusal.load() : EINVAL;
    return -1;
  }
  mine = wanted;
  return 0;
}

}  // extern "C"

namespace {

CpuSet of(std::initializer_list<std::size_t> cpus) {
  CpuSet made;
  for (const std::size_t cpu : cpus) made.add(cpu);
  return made;
}

CpuSet of_this_thread() {
  CpuSet found;
  CHECK(found.look());
  return found;
}

// A set that is too small is refused once, not in every call.
void all_are_counted() {
  mine = every_other();
  CHECK(thread_limits().affinity_cpus == machine / 2);
  CHECK(refused > 0);
  refused = 0;
  CHECK(thread_limits().affinity_cpus == machine / 2);
  CHECK(refused == 0);
  mine.reset();
  mine.set(4095);
  CHECK(thread_limits().affinity_cpus == 1);
  CHECK(usable_cpus() == 1);
  mine = every_other();
}

void sets_of_any_size() {
  mine = every_other();
  const CpuSet all = of_this_thread();
  CHECK(all.count() == machine / 2);
  CHECK(all.has(0) && all.has(1024) && all.has(4094));
  CHECK(!all.has(1) && !all.has(4095) && !all.has(5000) && !all.has(std::size_t{1} << 40));
  const CpuSet few = of({2, 1000});
  const CpuSet far = of({2, 1000, 3000, 4001});
  CHECK(few.count() == 2 && far.count() == 4);
  CHECK(!(few == far) && !(far == few));
  CpuSet both = far;
  both.leave_only(all);
  CHECK(both == of({2, 1000, 3000}));
  both.leave_only(few);
  CHECK(both == few && few == both);
  CpuSet small = of({2});
  small.leave_only(all);
  CHECK(small == of({2}));
  small.add(far);
  CHECK(small == far);
  CpuSet taken = far;
  CHECK(taken.take(few));
  CHECK(taken == few && !taken.has(3000));
  CHECK(taken.take(far) && taken == far);
  CHECK(CpuSet{} == CpuSet{} && CpuSet{}.count() == 0 && !CpuSet{}.has(0));
  CpuSet beyond;
  beyond.add(std::size_t{1} << 40);  // nobody's
  CHECK(beyond == CpuSet{});
}

void threads_are_bound() {
  mine = every_other();
  CHECK(of({1, 3001}).bind());
  CHECK(mine.count() == 2 && mine.test(1) && mine.test(3001));
  CHECK(of_this_thread() == of({1, 3001}));
  CHECK(of({5}).bind());  // a set that is smaller than the machine
  CHECK(of_this_thread() == of({5}));
  CHECK(!CpuSet{}.bind());
  CHECK(of_this_thread() == of({5}));
  mine = every_other();
}

CpuSet cpus_of_helper() {
  struct Found {
    CpuSet cpus;
    std::atomic<bool> done{false};
  } found;
  const auto look = [](void* given, std::size_t) {
    auto& self = *static_cast<Found*>(given);
    static_cast<void>(self.cpus.look());
    self.done = true;
  };
  detail::Helpers helpers(1, look, &found);
  while (!found.done) std::this_thread::yield();
  helpers.close();
  return found.cpus;
}

// As threads that the caller starts would.
void helpers_run_where_the_caller_may() {
  mine = every_other();
  CHECK(cpus_of_helper() == of_this_thread());
  for (const CpuSet& cpus : {of({7, 3000}), of({7}), of({4095}), of({0, 1024, 2048})}) {
    CHECK(cpus.bind());
    CHECK(cpus_of_helper() == cpus);
  }
  mine = every_other();
  CHECK(cpus_of_helper() == of_this_thread());
}

// A sandbox, and a system that no size is right for: the call goes on, with a guess.
void refused_for_another_reason() {
  for (const int error : {EPERM, ENOSYS, EFAULT}) {
    refusal = error;
    CpuSet none;
    CHECK(!none.look());
    CHECK(!of({1}).bind());
    CHECK(thread_limits().affinity_cpus >= 1);
    CHECK(cpus_of_helper() == CpuSet{});
  }
  refusal = 0;
  no_size_will_do = true;
  CpuSet none;
  CHECK(!none.look());
  CHECK(thread_limits().affinity_cpus >= 1);
  no_size_will_do = false;
  CHECK(of_this_thread().count() == machine / 2);
}

}  // namespace

int main() {
  return check::run({
      {"all are counted", all_are_counted},
      {"sets of any size", sets_of_any_size},
      {"threads are bound", threads_are_bound},
      {"helpers run where the caller may", helpers_run_where_the_caller_may},
      {"refused for another reason", refused_for_another_reason},
  });
}
