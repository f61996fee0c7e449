// SPDX-License-Identifier: MIT
#include "correlation/workshop.hpp"

#include <new>

namespace ndreg_preeval::detail {

template <class T>
Workshop<T>::Workshop(std::size_t height, std::size_t width, const Options& options)
    : plan_(std::make_shared<const Plan<T>>(height, width, options)) {}

template <class T>
std::vector<typename Workshop<T>::Lease> Workshop<T>::leases(std::size_t wanted) {
  std::vector<Lease> leases;
  leases.reserve(wanted);
  leases.emplace_back(*this);
  try {
    while (leases.size() < wanted) leases.emplace_back(*this);
  } catch (const std::bad_alloc&) {
    return leases;
  }
  return leases;
}

template <class T>
std::unique_ptr<PairScorer<T>> Workshop<T>::take() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Worker> worker = std::move(idle_.back());
      idle_.pop_back();
      worker->use_threads(1);
      return worker;
    }
  }
  return std::make_unique<Worker>(*plan_);
}

template <class T>
void Workshop<T>::give_back(std::unique_ptr<Worker> worker) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(std::move(worker));
  } catch (...) {  // no memory for the list: the worker goes
  }
}

template class Workshop<float>;
template class Workshop<double>;

}  // namespace ndreg_preeval::detail
