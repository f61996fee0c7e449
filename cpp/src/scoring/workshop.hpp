// SPDX-License-Identifier: MIT
// What the calls of a scorer share: a plan, and workers that wait for the next call.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <ndreg_preeval/options.hpp>

#include "base/cancellation.hpp"
#include "correlation/pair_scorer.hpp"
#include "correlation/plan.hpp"

namespace ndreg_preeval::detail {

template <class T>
class Workshop {
 public:
  using Worker = PairScorer<T>;

  // Takes its plan and its memory from what is kept of earlier ones.
  Workshop(std::size_t height, std::size_t width, const Options& options);
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  ~Workshop();

  const Plan<T>& plan() const noexcept { return *plan_; }

  // A worker on loan: goes back to the idle ones when the loan ends.
  class Lease {
   public:
    Lease(Workshop& owner, std::size_t seat)
        : owner_(&owner), seat_(seat), worker_(owner.take(seat)) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      if (worker_) owner_->give_back(seat_, std::move(worker_));
    }
    Worker& operator*() const noexcept { return *worker_; }
    Worker* operator->() const noexcept { return worker_.get(); }

   private:
    Workshop* owner_;
    std::size_t seat_;
    std::unique_ptr<Worker> worker_;
  };

  Lease lease() { return Lease(*this, 0); }

  // Calls score(worker, index) for each of so many images, each once. Threads take images; those
  // that find none left help with the last ones, if these are large.
  void for_each_image(std::size_t images, std::size_t threads, Cancellation& cancellation,
                      const std::function<void(Worker& worker, std::size_t index)>& score);

 private:
  struct Idle {
    std::size_t seat;
    std::unique_ptr<Worker> worker;
  };

  // One for each thread, in the order of the threads, who had it before where there is one; as many
  // as there is memory for, one at least.
  std::vector<Lease> leases(std::size_t wanted);
  std::unique_ptr<Worker> take(std::size_t wanted);
  void give_back(std::size_t seat, std::unique_ptr<Worker> worker) noexcept;

  std::shared_ptr<const Plan<T>> plan_;
  std::mutex mutex_;
  std::vector<Idle> idle_;  // in the order of their seats
};

}  // namespace ndreg_preeval::detail
