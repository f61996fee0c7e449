// SPDX-License-Identifier: MIT
#include "scoring/workshop.hpp"

#include <algorithm>
#include <iterator>
#include <new>

#include "base/kept_memory.hpp"
#include "correlation/plans.hpp"
#include "threads/parallel.hpp"
#include "threads/shared_loops.hpp"

namespace ndreg_preeval::detail {
namespace {

// Threads that share an image need some of it each.
constexpr std::size_t pixels_per_helper = std::size_t{1} << 16;

// One image, open to helpers as long as it lives.
template <class T>
class OpenImage {
 public:
  OpenImage(PairScorer<T>& worker, SharedLoops& loops, std::size_t threads)
      : worker_(worker), loops_(loops) {
    if (threads > 1) worker_.open_to(loops, threads);
  }
  ~OpenImage() {
    worker_.use_threads(1);
    loops_.piece_is_done();
  }
  OpenImage(const OpenImage&) = delete;
  OpenImage& operator=(const OpenImage&) = delete;

 private:
  PairScorer<T>& worker_;
  SharedLoops& loops_;
};

}  // namespace

template <class T>
Workshop<T>::Workshop(std::size_t height, std::size_t width, const Options& options)
    : plan_(shared_plan<T>(height, width, options)) {}

// The last one that was made goes first: then each is made again of the memory that it had.
template <class T>
Workshop<T>::~Workshop() {
  while (!idle_.empty()) idle_.pop_back();
}

template <class T>
void Workshop<T>::for_each_image(std::size_t images, std::size_t threads,
                                 Cancellation& cancellation,
                                 const std::function<void(Worker&, std::size_t)>& score) {
  if (images == 0) return;
  // Each thread has a worker of its own; where images are fewer, each image has one.
  std::vector<Lease> workers = leases(std::min(threads, images));
  const bool one_each = images < threads && workers.size() == images;
  std::size_t helpers = std::min(threads, plan_->height * plan_->width / pixels_per_helper);
  if (!one_each) {
    threads = workers.size();
  } else if (helpers > 1 && workers[0]->reserve_scratch(threads + 1) <= threads) {
    helpers = 1;  // the first place is for the thread that takes the first image
  }
  helpers = std::min(helpers, threads);
  if (helpers <= 1) {
    for_each_index(images, threads, cancellation, [&](std::size_t index, std::size_t thread) {
      score(*workers[one_each ? index : thread], index);
    });
    return;
  }
  SharedLoops loops(images, cancellation);
  const auto work = [&](std::size_t index, std::size_t thread) {
    if (index >= images) {
      loops.help(one_each ? workers[0]->scratch(thread + 1) : workers[thread]->scratch(0));
      return;
    }
    // Threads can only run out of images while the last ones are at work.
    const bool open = index + threads >= images;
    Worker& worker = *workers[one_each ? index : thread];
    const OpenImage<T> image(worker, loops, open ? helpers : 1);
    score(worker, index);
  };
  // All images, and then a piece of help for each thread that finds none.
  for_each_index(images + threads - 1, threads, cancellation, work);
}

template <class T>
std::vector<typename Workshop<T>::Lease> Workshop<T>::leases(std::size_t wanted) {
  std::vector<Lease> leases;
  leases.reserve(wanted);
  leases.emplace_back(*this, 0);
  try {
    while (leases.size() < wanted) leases.emplace_back(*this, leases.size());
  } catch (const std::bad_alloc&) {
    return leases;
  }
  return leases;
}

template <class T>
std::unique_ptr<PairScorer<T>> Workshop<T>::take(std::size_t wanted) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!idle_.empty()) {
      const auto has_seat = [wanted](const Idle& idle) { return idle.seat == wanted; };
      auto idle = std::find_if(idle_.begin(), idle_.end(), has_seat);
      if (idle == idle_.end()) idle = std::prev(idle_.end());
      std::unique_ptr<Worker> worker = std::move(idle->worker);
      idle_.erase(idle);
      worker->use_threads(1);
      return worker;
    }
  }
  const Seat seat(wanted);
  return std::make_unique<Worker>(*plan_);
}

template <class T>
void Workshop<T>::give_back(std::size_t seat, std::unique_ptr<Worker> worker) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto sits_after = [](std::size_t one, const Idle& idle) { return one < idle.seat; };
    const auto place = std::upper_bound(idle_.begin(), idle_.end(), seat, sits_after);
    idle_.insert(place, Idle{seat, std::move(worker)});
  } catch (...) {  // no memory for the list: the worker goes
  }
}

template class Workshop<float>;
template class Workshop<double>;

}  // namespace ndreg_preeval::detail
