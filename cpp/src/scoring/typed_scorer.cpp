// SPDX-License-Identifier: MIT
#include "scoring/typed_scorer.hpp"

#include <algorithm>

#include <ndreg_preeval/threads.hpp>

namespace ndreg_preeval::detail {
namespace {

constexpr int most_threads = 1024;
constexpr std::size_t pixels_per_thread = std::size_t{1} << 16;

}  // namespace

template <class T>
TypedScorer<T>::TypedScorer(const ImageView& reference, const Options& options,
                            const RunOptions& run)
    : workshop_(std::make_unique<Workshop<T>>(reference.height, reference.width, options)),
      plan_(workshop_->plan()) {
  Cancellation cancellation(run);
  const Lease lease = workshop_->lease();
  lease->use_threads(threads_for(run, 1));
  lease->prepare({reference, 0, "the reference image"}, reference_, cancellation);
  doubtful_ = lease->is_doubtful(reference_);
  if (!plan_.looks_again() || run.reference_stays) return;
  pixels_.emplace(reference);
  reference_.view = pixels_->view();
}

template <class T>
void TypedScorer<T>::score(const Images& images, const std::vector<std::size_t>& which,
                           const RunOptions& run, Cancellation& cancellation,
                           std::vector<PairScore>& scores,
                           std::vector<unsigned char>* uncertain) const {
  const auto one = [&](Worker& scorer, std::size_t pair) {
    const std::size_t at = images.consecutive ? pair + 1 : pair;
    const Reference<T>* reference = &reference_;
    bool doubtful = doubtful_;
    if (images.consecutive) {
      const NamedImage before{images.views[pair], images.first_index + pair};
      scorer.prepare(before, scorer.own_reference(), cancellation);
      reference = &scorer.own_reference();
      doubtful = scorer.is_doubtful(*reference);
    }
    if (uncertain == nullptr || !doubtful) {
      const NamedImage image{images.views[at], images.first_index + at};
      scores[pair] = scorer.score(*reference, image, cancellation);
      doubtful = !scorer.is_certain();
    }
    if (uncertain != nullptr && doubtful) {
      (*uncertain)[pair] = 1;
    } else {
      cancellation.finished_one();
    }
  };
  workshop_->for_each_image(which.size(), threads_for(run, which.size()), cancellation,
                            [&](Worker& scorer, std::size_t index) { one(scorer, which[index]); });
}

template <class T>
bool TypedScorer<T>::is_certain(const ImageView& view, const RunOptions& run) const {
  if (doubtful_) return false;
  Cancellation cancellation(run);
  const Lease lease = workshop_->lease();
  lease->use_threads(threads_for(run, 1));
  lease->score(reference_, {view, 0, "the image"}, cancellation);
  return lease->is_certain();
}

template <class T>
std::vector<double> TypedScorer<T>::correlogram(const ImageView& view, bool second_opinion,
                                                const RunOptions& run) const {
  Cancellation cancellation(run);
  const Lease lease = workshop_->lease();
  lease->use_threads(threads_for(run, 1));
  return lease->correlogram(reference_, {view, 0, "the image"}, second_opinion, cancellation);
}

// Waking threads costs more than it saves where there is little to do: those that nobody asked for
// get some work each, or stay away. Threads that share an image need a large one.
template <class T>
std::size_t TypedScorer<T>::threads_for(const RunOptions& run, std::size_t images) const {
  const bool asked = run.num_threads > 0;
  const int possible = std::min(asked ? run.num_threads : default_threads(), most_threads);
  const std::size_t pixels = plan_.height * plan_.width;
  std::size_t useful = std::max(pixels / pixels_per_thread, asked ? images : 0);
  if (!asked) useful = std::max(useful, std::min(images, pixels * images / pixels_per_thread));
  return std::max<std::size_t>(1, std::min(static_cast<std::size_t>(possible), useful));
}

template class TypedScorer<float>;
template class TypedScorer<double>;

}  // namespace ndreg_preeval::detail
