// SPDX-License-Identifier: MIT
// Threads that sleep between calls: how many there are, what they cost, where they end.
#include "threads/helpers.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ndreg_preeval/threads.hpp>

#include "check.hpp"
#include "processes.hpp"
#include "threads/system_thread.hpp"

#if defined(__linux__)
#include "affinity.hpp"
#endif

namespace {

using namespace ndreg_preeval;
using detail::end_threads;
using detail::Helpers;
using processes::eventually;
using processes::in_child;
using processes::threads_named;

constexpr const char* name = detail::thread_name;

std::size_t asleep() { return threads_named(name).size(); }

// Waits until so many threads have come; nobody works before that.
class Meeting {
 public:
  explicit Meeting(std::size_t expected) : expected_(expected) {}

  static void come(void* self, std::size_t thread) { static_cast<Meeting*>(self)->wait(thread); }
  void wait_for_all() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return left_ == expected_; });
  }
  const std::set<std::size_t>& numbers() const { return numbers_; }
  const std::set<std::thread::id>& ids() const { return ids_; }

 private:
  void wait(std::size_t thread) {
    std::unique_lock<std::mutex> lock(mutex_);
    numbers_.insert(thread);
    ids_.insert(std::this_thread::get_id());
    ++came_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return came_ == expected_; });
    ++left_;
    changed_.notify_all();
  }

  const std::size_t expected_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t came_ = 0;
  std::size_t left_ = 0;
  std::set<std::size_t> numbers_;
  std::set<std::thread::id> ids_;
};

// All helpers at once; their threads.
std::set<std::thread::id> meet(std::size_t count) {
  Meeting meeting(count);
  Helpers helpers(count, &Meeting::come, &meeting);
  meeting.wait_for_all();
  CHECK(helpers.close() == count);
  while (!helpers.wait_for(std::chrono::milliseconds(20))) {
  }
  CHECK(meeting.numbers().size() == count);
  CHECK(*meeting.numbers().begin() == 1 && *meeting.numbers().rbegin() == count);
  return meeting.ids();
}

void the_same_threads_come_again() {
  const std::set<std::thread::id> first = meet(3);
  CHECK(first.size() == 3);
  CHECK(first.count(std::this_thread::get_id()) == 0);
  for (int again = 0; again < 300; ++again) CHECK(meet(3) == first);
  if (processes::can_count_threads) CHECK(asleep() == 3);
  end_threads();
}

// As many calls as are made; those that nobody helps with end all the same.
void nobody_waits_for_those_who_have_not_come() {
  for (int again = 0; again < 300; ++again) {
    std::atomic<std::size_t> left{0};
    const auto count = [](void* given, std::size_t) {
      ++*static_cast<std::atomic<std::size_t>*>(given);
    };
    Helpers helpers(4, count, &left);
    const std::size_t came = helpers.close();
    CHECK(came <= 4);
    CHECK(helpers.close() == came);
    while (left.load() < came) std::this_thread::yield();
  }
  Helpers none(0, nullptr, nullptr);
  CHECK(none.close() == 0);
}

void several_callers_at_once() {
  std::vector<std::thread> callers;
  callers.reserve(6);
  for (int i = 0; i < 6; ++i) {
    callers.emplace_back([i] {
      for (int again = 0; again < 40; ++again) {
        CHECK(meet(1 + static_cast<std::size_t>(i % 3)).size() ==
              1U + static_cast<unsigned>(i % 3));
        if (again % 16 == 15) end_threads();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

void a_helper_has_helpers() {
  Meeting outer(2);
  struct Both {
    Meeting& outer;
    std::atomic<int> met{0};
  } both{outer};
  const auto work = [](void* given, std::size_t thread) {
    auto& self = *static_cast<Both*>(given);
    if (meet(2).size() == 2) ++self.met;
    Meeting::come(&self.outer, thread);
  };
  Helpers helpers(2, work, &both);
  outer.wait_for_all();
  CHECK(helpers.close() == 2);
  CHECK(both.met == 2);
}

void those_that_sleep_are_bounded() {
  const auto most = static_cast<std::size_t>(std::max(usable_cpus(), 16));
  CHECK(meet(3 * most).size() == 3 * most);
  if (processes::can_count_threads) CHECK(eventually([&] { return asleep() <= most; }));
  CHECK(meet(2).size() == 2);
}

void sleeping_takes_no_time() {
  if (!processes::can_count_threads) return;
  meet(3);
  // A thread that looked for work now and then would be switched to each time.
  CHECK(eventually([] {
    const auto before = threads_named(name);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return before.size() >= 3 && threads_named(name) == before;
  }));
}

void they_end_and_come_again() {
  meet(3);
  end_threads();
  if (processes::can_count_threads) CHECK(eventually([] { return asleep() == 0; }));
  end_threads();
  CHECK(meet(2).size() == 2);
  if (processes::can_count_threads) CHECK(asleep() == 2);
}

// One that is at work ends when it is done, and nobody waits for it.
void those_at_work_end_later() {
  end_threads();
  struct Work {
    std::atomic<bool> begun{false};
    std::atomic<bool> enough{false};
    std::atomic<bool> done{false};
  } work;
  const auto last = [](void* given, std::size_t) {
    auto& self = *static_cast<Work*>(given);
    self.begun = true;
    while (!self.enough) std::this_thread::yield();
    self.done = true;
  };
  Helpers helpers(1, last, &work);
  while (!work.begun) std::this_thread::yield();
  end_threads();
  CHECK(!work.done);
  work.enough = true;
  CHECK(helpers.close() == 1);
  while (!work.done) std::this_thread::yield();
  if (processes::can_count_threads) CHECK(eventually([] { return asleep() == 0; }));
}

void a_fork_makes_its_own() {
  meet(3);
  CHECK(in_child([] {
    if (processes::can_count_threads && asleep() != 0) return false;
    const bool met = meet(2).size() == 2;
    return met && (!processes::can_count_threads || asleep() == 2) &&
           in_child([] { return meet(3).size() == 3; });
  }));
  CHECK(in_child([] {
    end_threads();
    return true;
  }));
  CHECK(meet(3).size() == 3);
}

void signals_are_for_others() {
  struct Found {
    sigset_t blocked{};
    std::atomic<bool> done{false};
  } found;
  const auto look = [](void* given, std::size_t) {
    auto& self = *static_cast<Found*>(given);
    pthread_sigmask(SIG_BLOCK, nullptr, &self.blocked);
    self.done = true;
  };
  Helpers helpers(1, look, &found);
  while (!found.done) std::this_thread::yield();
  CHECK(helpers.close() == 1);
  for (const int signal : {SIGINT, SIGTERM, SIGALRM, SIGUSR1, SIGCHLD}) {
    CHECK(sigismember(&found.blocked, signal) == 1);
  }
  CHECK(sigismember(&found.blocked, SIGSEGV) == 0);
  sigset_t own;
  pthread_sigmask(SIG_BLOCK, nullptr, &own);
  CHECK(sigismember(&own, SIGINT) == 0);
}

#if defined(__linux__)

std::vector<cpu_set_t> cpus_of_helper() {
  struct Found {
    std::vector<cpu_set_t> cpus;
    std::atomic<bool> done{false};
  } found;
  const auto look = [](void* given, std::size_t) {
    auto& self = *static_cast<Found*>(given);
    self.cpus = affinity::look();
    self.done = true;
  };
  Helpers helpers(1, look, &found);
  while (!found.done) std::this_thread::yield();
  helpers.close();
  return found.cpus;
}

// As threads that the caller starts would.
void they_run_where_the_caller_may() {
  const auto all = affinity::look();
  if (all.empty()) return;
  CHECK(affinity::same(cpus_of_helper(), all));
  for (std::size_t cpu = 0; cpu < affinity::room(all); ++cpu) {
    if (!affinity::has(all, cpu)) continue;
    const auto one = affinity::only(cpu, all);
    if (!affinity::bind(one)) break;
    CHECK(affinity::same(cpus_of_helper(), one));
  }
  affinity::bind(all);
  CHECK(affinity::same(cpus_of_helper(), all));
}

#endif

// At exit, while a thread of the program waits for its helper.
void exit_waits_for_nobody_at_work() {
  CHECK(in_child([] {
    std::atomic<bool> at_work{false};
    const auto forever = [](void* given, std::size_t) {
      *static_cast<std::atomic<bool>*>(given) = true;
      for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    };
    std::thread([&] {
      Helpers helpers(1, forever, &at_work);
      forever(&at_work, 0);
    }).detach();
    while (!at_work) std::this_thread::yield();
    std::exit(0);
    return false;
  }));
}

#if !defined(SANITIZED)  // whose shadow memory is larger than any limit

void fewer_come_where_the_system_refuses() {
  CHECK(in_child([] {
    meet(1);
    const rlimit little{processes::virtual_memory() + (std::size_t{6} << 20), RLIM_INFINITY};
    if (setrlimit(RLIMIT_AS, &little) != 0) return false;
    struct Work {
      std::atomic<std::size_t> begun{0};
      std::atomic<bool> enough{false};
    } work;
    const auto stay = [](void* given, std::size_t) {
      auto& self = *static_cast<Work*>(given);
      ++self.begun;
      while (!self.enough) std::this_thread::yield();
    };
    Helpers helpers(10000, stay, &work);
    while (work.begun == 0) std::this_thread::yield();
    const std::size_t came = helpers.close();
    work.enough = true;
    return came >= 1 && came < 10000;
  }));
}

#endif

}  // namespace

int main() {
  return check::run({{"the same threads come again", the_same_threads_come_again},
                     {"nobody waits in vain", nobody_waits_for_those_who_have_not_come},
                     {"several callers at once", several_callers_at_once},
                     {"a helper has helpers", a_helper_has_helpers},
                     {"those that sleep are bounded", those_that_sleep_are_bounded},
                     {"sleeping takes no time", sleeping_takes_no_time},
                     {"they end and come again", they_end_and_come_again},
                     {"those at work end later", those_at_work_end_later},
                     {"a fork makes its own", a_fork_makes_its_own},
                     {"signals are for others", signals_are_for_others},
#if defined(__linux__)
                     {"they run where the caller may", they_run_where_the_caller_may},
#endif
#if !defined(SANITIZED)
                     {"fewer come where the system refuses", fewer_come_where_the_system_refuses},
#endif
                     {"exit waits for nobody at work", exit_waits_for_nobody_at_work}});
}
