// SPDX-License-Identifier: MIT
#include <ndreg_preeval/stack_scorer.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include <ndreg_preeval/scorer.hpp>

#include "image/image_copy.hpp"
#include "scoring/kept_images.hpp"
#include "scoring/stack_score.hpp"

namespace ndreg_preeval {

class StackScorer::Impl {
 public:
  Impl(const ImageView& reference, const Method& method, Pairing pairing, const RunOptions& run)
      : method_(method), scorer_(reference, method.options, run) {
    if (method.statistic == Statistic::probability && !method.options.confirm) {
      throw std::invalid_argument(
          "the statistic is a probability, which needs a second opinion (Options::confirm)");
    }
    score_.reference_invalid_pixels = scorer_.reference_invalid_pixels();
    score_.reference_flags = scorer_.reference_flags();
    if (looks_again()) {
      threads_ = run.num_threads;
      kept_.start(reference, pairing, run.reference_stays);
    }
    if (pairing == Pairing::previous) {
      last_.emplace(reference);
    } else if (method.include_reference) {
      RunOptions alone = run;
      alone.progress = nullptr;
      itself_ = statistic_of(scorer_.score({reference}, alone)[0], method.statistic);
    }
  }

  void add(const std::vector<ImageView>& images, const RunOptions& run) {
    if (images.empty()) return;
    const std::size_t first = run.first_index.value_or(score_.images.size() + 1);
    RunOptions counted = run;
    std::vector<PairScore> scores;
    std::optional<detail::ImageCopy> last;
    if (last_) {
      std::vector<ImageView> pairs{last_->view()};
      pairs.insert(pairs.end(), images.begin(), images.end());
      counted.first_index = first - 1;
      scores = scorer_.score_consecutive(pairs, counted);
      last.emplace(images.back());
    } else {
      counted.first_index = first;
      scores = scorer_.score(images, counted);
    }
    std::vector<double> values;
    values.reserve(scores.size());
    for (const PairScore& score : scores) values.push_back(statistic_of(score, method_.statistic));
    detail::KeptImages::Candidates kept;
    if (looks_again()) {
      kept = kept_.candidates(images, scores, score_.images.size(),
                              last_ ? &last_->view() : nullptr, run.images_stay);
      kept_.reserve(kept);
    }
    // Memory for both first: then nothing can fail half way. Twice as much as there was, so that
    // images that come one by one are not copied again and again.
    const std::size_t needed = score_.images.size() + scores.size();
    if (needed > std::min(score_.images.capacity(), score_.values.capacity())) {
      score_.images.reserve(2 * needed);
      score_.values.reserve(2 * needed);
    }
    score_.images.insert(score_.images.end(), scores.begin(), scores.end());
    score_.values.insert(score_.values.end(), values.begin(), values.end());
    if (looks_again()) kept_.add(std::move(kept), score_.images.size(), images.front());
    threads_ = run.num_threads;
    pattern_.reset();
    if (last) last_ = std::move(last);
  }

  StackScore result() {
    StackScore found = score_;
    if (looks_again()) {
      if (!pattern_) {
        RunOptions run;
        run.num_threads = threads_;
        pattern_ = kept_.find(run);
      }
      if (pattern_->verdict != StaticVerdict::unknown) {
        apply_static_pattern(*pattern_, method_.options, found.images);
        for (std::size_t i = 0; i < found.images.size(); ++i) {
          found.values[i] = statistic_of(found.images[i], method_.statistic);
        }
      }
    }
    detail::add_score(found, itself_, method_);
    return found;
  }

 private:
  // Whether peaks at zero shift are judged by the other images, too.
  bool looks_again() const noexcept { return method_.options.confirm; }

  Method method_;
  Scorer scorer_;
  StackScore score_;  // without score and trust
  detail::ValueOfReference itself_;
  std::optional<detail::ImageCopy> last_;
  detail::KeptImages kept_;
  int threads_ = 0;
  std::optional<StaticPattern> pattern_;  // of the images so far, once somebody asked
};

bool has_evidence(const StackScore& stack) noexcept {
  return std::any_of(stack.images.begin(), stack.images.end(),
                     [](const PairScore& image) { return has_evidence(image); });
}

StackScorer::StackScorer(const ImageView& reference, const Method& method, Pairing pairing,
                         const RunOptions& run)
    : impl_(std::make_unique<Impl>(reference, method, pairing, run)) {}

StackScorer::StackScorer(StackScorer&&) noexcept = default;
StackScorer& StackScorer::operator=(StackScorer&&) noexcept = default;
StackScorer::~StackScorer() = default;

void StackScorer::add(const std::vector<ImageView>& images, const RunOptions& run) {
  impl_->add(images, run);
}

StackScore StackScorer::result() const { return impl_->result(); }

}  // namespace ndreg_preeval
