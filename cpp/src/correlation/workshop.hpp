// SPDX-License-Identifier: MIT
// What all calls for images of one size and with the same options share: a plan, and workers that
// wait for the next call.
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

  Workshop(std::size_t height, std::size_t width, const Options& options);
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  ~Workshop() = default;

  const Plan<T>& plan() const noexcept { return *plan_; }

  // A worker on loan: goes back to the idle ones when the loan ends.
  class Lease {
   public:
    explicit Lease(Workshop& owner) : owner_(&owner), worker_(owner.take()) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      if (worker_) owner_->give_back(std::move(worker_));
    }
    Worker& operator*() const noexcept { return *worker_; }
    Worker* operator->() const noexcept { return worker_.get(); }

   private:
    Workshop* owner_;
    std::unique_ptr<Worker> worker_;
  };

  Lease lease() { return Lease(*this); }

  // Calls score(worker, index) for each of so many images, each once. Threads take images; those
  // that find none left help with the last ones, if these are large.
  void for_each_image(std::size_t images, std::size_t threads, Cancellation& cancellation,
                      const std::function<void(Worker& worker, std::size_t index)>& score);

 private:
  // As many as there is memory for, one at least.
  std::vector<Lease> leases(std::size_t wanted);
  std::unique_ptr<Worker> take();
  void give_back(std::unique_ptr<Worker> worker) noexcept;

  std::shared_ptr<const Plan<T>> plan_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> idle_;
};

}  // namespace ndreg_preeval::detail
