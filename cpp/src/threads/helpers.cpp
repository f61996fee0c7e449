// SPDX-License-Identifier: MIT
#include "threads/helpers.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <iterator>
#include <list>
#include <mutex>
#include <new>

#include <ndreg_preeval/threads.hpp>

#include "threads/omp_places.hpp"
#include "threads/system_thread.hpp"

#if defined(NDREG_PREEVAL_POSIX_THREADS)
#include <unistd.h>
#endif

namespace ndreg_preeval::detail {
namespace {

long this_process() noexcept {
#if defined(NDREG_PREEVAL_POSIX_THREADS)
  return static_cast<long>(getpid());
#else
  return 1;  // no fork
#endif
}

// Threads that sleep at a time; those beyond end when they have nothing to do.
std::size_t most_asleep() noexcept { return static_cast<std::size_t>(std::max(usable_cpus(), 16)); }

}  // namespace

// All threads of this process. Never destroyed: at its exit some may still be at work, for a
// caller that goes on, too.
class SleepingThreads {
 public:
  // Those of this process, made where there are none; nullptr without memory for them. Those of
  // the process that this one was forked from did not come along, and their locks may be taken.
  static SleepingThreads* of_this_process() noexcept;
  // The same, or nullptr where there are none.
  static SleepingThreads* if_any() noexcept {
    SleepingThreads* const known = known_.load(std::memory_order_acquire);
    return known != nullptr && known->process_ == this_process() ? known : nullptr;
  }

  void call(Helpers& call) noexcept;
  std::size_t close(Helpers& call) noexcept;
  bool wait_for(Helpers& call, std::chrono::milliseconds most) noexcept;
  void end() noexcept;

 private:
  struct Thread {
    SleepingThreads* owner = nullptr;
    SystemThread handle{};
    std::list<Thread>::iterator place{};
    bool looks = true;     // for a call: sleeps, or is on its way to
    bool retires = false;  // when there is no call
#if defined(__linux__)
    CpuSet cpus{};  // that it was told to run on
#endif
  };

  SleepingThreads(long process, SleepingThreads* of_parent) noexcept
      : process_(process), of_parent_(of_parent) {}

  static void run(void* thread) {
    static_cast<Thread*>(thread)->owner->serve(*static_cast<Thread*>(thread));
  }
  void list(Helpers& call) noexcept;
  void unlist(Helpers& call) noexcept;
  void serve(Thread& thread) noexcept;
  static void help(Thread& thread, Helpers& call, std::size_t number) noexcept;
  bool start_one() noexcept;  // with the lock
  void join_ended(std::unique_lock<std::mutex>& lock) noexcept;

  static std::atomic<SleepingThreads*> known_;

  const long process_;
  [[maybe_unused]] SleepingThreads* const of_parent_;  // left alone; kept, as no leak
  std::mutex mutex_;
  std::condition_variable called_;   // a call came, or threads are to retire
  std::condition_variable changed_;  // one that retires has ended or found a call
  Helpers* first_ = nullptr;         // of the calls that want more threads
  Helpers* last_ = nullptr;
  std::size_t wanted_ = 0;   // by all of these
  std::size_t looking_ = 0;  // threads that look for a call and do not retire
  std::list<Thread> threads_;
  std::list<Thread> ended_;  // to be joined
};

std::atomic<SleepingThreads*> SleepingThreads::known_{nullptr};

SleepingThreads* SleepingThreads::of_this_process() noexcept {
  const long process = this_process();
  SleepingThreads* known = known_.load(std::memory_order_acquire);
  while (known == nullptr || known->process_ != process) {
    auto* const made = new (std::nothrow) SleepingThreads(process, known);
    if (made == nullptr) return nullptr;
    if (known_.compare_exchange_strong(known, made, std::memory_order_acq_rel)) return made;
    delete made;
  }
  return known;
}

void SleepingThreads::list(Helpers& call) noexcept {
  call.listed_ = true;
  call.before_ = last_;
  (last_ != nullptr ? last_->after_ : first_) = &call;
  last_ = &call;
}

void SleepingThreads::unlist(Helpers& call) noexcept {
  if (!call.listed_) return;
  call.listed_ = false;
  wanted_ -= call.wanted_ - call.came_;
  (call.before_ != nullptr ? call.before_->after_ : first_) = call.after_;
  (call.after_ != nullptr ? call.after_->before_ : last_) = call.before_;
}

void SleepingThreads::call(Helpers& call) noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  list(call);
  wanted_ += call.wanted_;
  while (looking_ < wanted_ && start_one()) {
  }
  const std::size_t woken = std::min(call.wanted_, looking_);
  join_ended(lock);
  lock.unlock();
  for (std::size_t i = 0; i < woken; ++i) called_.notify_one();
}

std::size_t SleepingThreads::close(Helpers& call) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  unlist(call);
  return call.came_;
}

bool SleepingThreads::wait_for(Helpers& call, std::chrono::milliseconds most) noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  return call.all_left_.wait_for(lock, most, [&call] { return call.left_ == call.came_; });
}

bool SleepingThreads::start_one() noexcept {
  try {
    threads_.emplace_back();
  } catch (...) {
    return false;
  }
  Thread& thread = threads_.back();
  thread.owner = this;
  thread.place = std::prev(threads_.end());
  if (!thread.handle.start(&SleepingThreads::run, &thread)) {
    threads_.pop_back();
    return false;
  }
  ++looking_;
  return true;
}

void SleepingThreads::serve(Thread& thread) noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    if (first_ != nullptr) {
      Helpers& call = *first_;
      const std::size_t number = ++call.came_;
      --wanted_;
      if (call.came_ == call.wanted_) unlist(call);
      thread.looks = false;
      if (thread.retires) {
        changed_.notify_all();
      } else {
        --looking_;
      }
      lock.unlock();
      help(thread, call, number);
      lock.lock();
      thread.looks = true;
      if (!thread.retires) ++looking_;
      unlist(call);  // there is nothing left to do
      // The caller, who may let go of the call then, goes on when this thread sleeps or has ended.
      if (++call.left_ == call.came_) call.all_left_.notify_all();
      continue;
    }
    if (!thread.retires && looking_ > most_asleep()) {
      thread.retires = true;
      --looking_;
    }
    if (thread.retires) break;
    called_.wait(lock);
  }
  ended_.splice(ended_.end(), threads_, thread.place);
  changed_.notify_all();
}

void SleepingThreads::help([[maybe_unused]] Thread& thread, Helpers& call,
                           std::size_t number) noexcept {
#if defined(__linux__)
  // Where the calling thread may run, as a thread that it starts would.
  if (!(thread.cpus == call.cpus_)) {
    static_cast<void>(thread.cpus.take(call.cpus_));  // without memory it asks again next time
    static_cast<void>(call.cpus_.bind());
    leave_place();
  }
#endif
  call.work_(call.context_, number);
}

// Threads that have ended let go of the lock, and then only of their stacks.
void SleepingThreads::join_ended(std::unique_lock<std::mutex>& lock) noexcept {
  if (ended_.empty()) return;
  std::list<Thread> gone;
  gone.swap(ended_);
  lock.unlock();
  for (Thread& thread : gone) thread.handle.join();
  lock.lock();
}

void SleepingThreads::end() noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  for (Thread& thread : threads_) thread.retires = true;
  looking_ = 0;
  called_.notify_all();
  changed_.wait(lock, [this] {
    return std::none_of(threads_.begin(), threads_.end(),
                        [](const Thread& thread) { return thread.retires && thread.looks; });
  });
  join_ended(lock);
}

Helpers::Helpers(std::size_t wanted, Work work, void* context) noexcept
    : work_(work), context_(context), wanted_(wanted) {
  if (wanted == 0) return;
#if defined(__linux__)
  static_cast<void>(cpus_.look());
#endif
  threads_ = SleepingThreads::of_this_process();
  if (threads_ != nullptr) threads_->call(*this);
}

Helpers::~Helpers() {
  close();
  while (!wait_for(std::chrono::hours(1))) {
  }
}

std::size_t Helpers::close() noexcept { return threads_ == nullptr ? 0 : threads_->close(*this); }

bool Helpers::wait_for(std::chrono::milliseconds most) noexcept {
  return threads_ == nullptr || threads_->wait_for(*this, most);
}

void end_threads() noexcept {
  SleepingThreads* const threads = SleepingThreads::if_any();
  if (threads != nullptr) threads->end();
}

namespace {

// Threads that sleep end with the library: at exit, or where it is unloaded.
struct EndAtExit {
  EndAtExit() = default;
  EndAtExit(const EndAtExit&) = delete;
  EndAtExit& operator=(const EndAtExit&) = delete;
  ~EndAtExit() {
#if defined(NDREG_PREEVAL_POSIX_THREADS)  // elsewhere the system has ended them before
    end_threads();
#endif
  }
};

const EndAtExit end_at_exit;

}  // namespace

}  // namespace ndreg_preeval::detail
