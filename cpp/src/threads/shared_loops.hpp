// SPDX-License-Identifier: MIT
// Loops of threads that have work of their own, open to those of the same call that have none left.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>

#include "base/cancellation.hpp"

namespace ndreg_preeval::detail {

class SharedLoops {
 public:
  // So many pieces of work may run loops; helpers go when all of them are done.
  SharedLoops(std::size_t pieces, Cancellation& cancellation) noexcept
      : cancellation_(cancellation), pieces_(pieces) {}
  SharedLoops(const SharedLoops&) = delete;
  SharedLoops& operator=(const SharedLoops&) = delete;
  ~SharedLoops() = default;

  // Calls task(index, scratch) for every index below count, each once, with the scratch memory of
  // the thread that calls it. After an exception no more is begun; that of the lowest index comes
  // out here, one that stops the call before all.
  template <class T, class Task>
  void for_each(std::size_t count, T* scratch, const Task& task) {
    Loop loop;
    loop.count = count;
    loop.task = &task;
    loop.call = [](const void* given, std::size_t index, void* memory) {
      (*static_cast<const Task*>(given))(index, static_cast<T*>(memory));
    };
    run(loop, scratch);
  }

  // Helps with loops until all pieces are done.
  void help(void* scratch);

  void piece_is_done() noexcept;

 private:
  struct Loop {
    std::size_t count = 0;
    const void* task = nullptr;
    void (*call)(const void* task, std::size_t index, void* scratch) = nullptr;
    std::atomic<std::size_t> next{0};
    std::size_t helpers = 0;  // at work on it
    std::exception_ptr error{};
    std::size_t error_index = 0;
    bool cancelled = false;
    Loop* before = nullptr;  // in the list of open loops
    Loop* after = nullptr;
  };

  void run(Loop& loop, void* scratch);
  void work(Loop& loop, void* scratch) noexcept;
  void keep(Loop& loop, std::size_t index) noexcept;  // the exception that is being handled
  Loop* most_in_need() const noexcept;

  Cancellation& cancellation_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t pieces_;
  std::size_t idle_ = 0;
  Loop* first_ = nullptr;
};

}  // namespace ndreg_preeval::detail
