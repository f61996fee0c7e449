// SPDX-License-Identifier: MIT
// Calls with any handles, sizes, numbers and text, as long as the memory is there that they claim:
// a documented status each, and no handle without success.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "bytes.hpp"

#include <ndreg_preeval/ndreg_preeval.h>

namespace {

using fuzz::Bytes;

constexpr std::size_t longest = 4096;  // what a struct_size may be at most

ndreg_preeval_status checked(ndreg_preeval_status status) {
  REQUIRE(status >= NDREG_PREEVAL_OK && status <= NDREG_PREEVAL_CANCELLED);
  REQUIRE(status == NDREG_PREEVAL_OK || ndreg_preeval_last_error()[0] != '\0');
  REQUIRE(std::strlen(ndreg_preeval_last_error()) < 1024);
  return status;
}

class Caller {
 public:
  explicit Caller(Bytes& in)
      : in_(in), images_(3 * longest), stacks_(3 * longest), out_(3 * longest) {
    for (float& pixel : pixels_) pixel = static_cast<float>(in_.byte());
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() {
    ndreg_preeval_method_destroy(method_);
    ndreg_preeval_scorer_destroy(scorer_);
    ndreg_preeval_stack_scorer_destroy(stack_scorer_);
    ndreg_preeval_stack_score_destroy(score_);
    ndreg_preeval_ranking_destroy(ranking_);
  }

  void call() {
    switch (in_.below(18)) {
      case 0:
        remake(method_, ndreg_preeval_method_destroy,
               [&](ndreg_preeval_method** to) { return ndreg_preeval_method_create(text(), to); });
        return;
      case 1:
        checked(ndreg_preeval_method_set_text(or_null(method_), text(), text()));
        return;
      case 2:
        checked(ndreg_preeval_method_set_number(or_null(method_), text(), number()));
        return;
      case 3:
        remake(scorer_, ndreg_preeval_scorer_destroy, [&](ndreg_preeval_scorer** to) {
          return ndreg_preeval_scorer_create(images(), or_null(method_), run(), to);
        });
        return;
      case 4:
      case 5: {
        const auto call =
            in_.one_in(2) ? &ndreg_preeval_scorer_score : &ndreg_preeval_scorer_score_consecutive;
        checked(call(or_null(scorer_), images(), count(), run(),
                     or_null(reinterpret_cast<ndreg_preeval_pair_score*>(out_.data())), size(144)));
        return;
      }
      case 6:
        checked(ndreg_preeval_scorer_correlogram(or_null(scorer_), images(), flag(), run(),
                                                 or_null(reinterpret_cast<double*>(out_.data())),
                                                 in_.between(-1, 40)));
        return;
      case 7:
        remake(stack_scorer_, ndreg_preeval_stack_scorer_destroy,
               [&](ndreg_preeval_stack_scorer** to) {
                 return ndreg_preeval_stack_scorer_create(images(), or_null(method_), flag(), run(),
                                                          to);
               });
        return;
      case 8:
      case 9:
        checked(ndreg_preeval_stack_scorer_add(or_null(stack_scorer_), images(), count(), run()));
        return;
      case 10:
        remake(score_, ndreg_preeval_stack_score_destroy, [&](ndreg_preeval_stack_score** to) {
          return ndreg_preeval_stack_scorer_result(or_null(stack_scorer_), to);
        });
        return;
      case 11:
        checked(ndreg_preeval_stack_score_summary(
            or_null(score_), or_null(reinterpret_cast<ndreg_preeval_stack_summary*>(out_.data())),
            size(40)));
        return;
      case 12:
        read_score();
        return;
      case 13:
        remake(ranking_, ndreg_preeval_ranking_destroy, [&](ndreg_preeval_ranking** to) {
          return ndreg_preeval_rank_stacks(stacks(), count(), or_null(method_), flag(),
                                           in_.between(-4, 4), run(), to);
        });
        return;
      case 14: {
        const ndreg_preeval_stack_score* found = nullptr;
        checked(ndreg_preeval_ranking_order(
            or_null(ranking_), reinterpret_cast<std::int64_t*>(out_.data()), in_.between(-1, 4)));
        checked(ndreg_preeval_ranking_stack(or_null(ranking_), in_.between(-1, 4), &found));
        return;
      }
      case 15: {
        std::array<double, 3> values{number(), number(), number()};
        double result = 0;
        checked(ndreg_preeval_aggregate(or_null(values.data()), count(), text(), or_null(&result)));
        return;
      }
      case 16: {
        std::array<char, 16> answer{};
        checked(
            ndreg_preeval_build_info(text(), or_null(answer.data()), in_.between(-1, 16), nullptr));
        return;
      }
      default: {
        auto* image = reinterpret_cast<ndreg_preeval_image*>(out_.data());
        checked(ndreg_preeval_image_init(or_null(image), size(80), pixels_.data(),
                                         in_.bits<std::int32_t>() >> in_.below(31),
                                         in_.bits<std::int64_t>(), in_.between(-1, 4)));
      }
    }
  }

 private:
  template <class T>
  T* or_null(T* pointer) {
    return in_.one_in(12) ? nullptr : pointer;
  }

  // Make a handle; only success gives one.
  template <class Handle, class Make>
  void remake(Handle*& handle, void (*destroy)(Handle*), Make make) {
    auto* made = reinterpret_cast<Handle*>(out_.data());
    const ndreg_preeval_status status = checked(make(&made));
    REQUIRE((made != nullptr) == (status == NDREG_PREEVAL_OK));
    if (made == nullptr) return;
    destroy(handle);
    handle = made;
  }

  std::int64_t count() { return in_.between(-1, 3); }
  std::int32_t flag() {
    return in_.one_in(12) ? in_.bits<std::int32_t>() : static_cast<std::int32_t>(in_.below(2));
  }
  double number() {
    return in_.one_in(4) ? in_.bits<double>() : static_cast<double>(in_.between(-1, 12)) / 4;
  }

  // Mostly the right one.
  std::uint64_t size(std::uint64_t right) {
    if (!in_.one_in(6)) return right;
    return in_.one_in(4) ? right + 8 * in_.below(200) : in_.below(longest + 1);
  }

  const char* text() {
    constexpr std::array<const char*, 24> known{
        "evidence",         "plain",          "robust",
        "peak_to_mean",     "ewoksndreg",     "precision",
        "single",           "normalization",  "none",
        "window",           "hann",           "window_from",
        "cutoff",           "max_shift",      "keep_mean",
        "ignore_hot_pixel", "accept_invalid", "confirm",
        "opinion_cutoff",   "statistic",      "peak_minus_mean",
        "aggregation",      "median",         "active_isa"};
    if (in_.one_in(20)) return nullptr;
    if (!in_.one_in(8)) return in_.one_of(known);
    std::string& text = texts_[++text_ % texts_.size()];  // the one before may still be in use
    text.assign(in_.one_in(4) ? 3000 : in_.below(9), static_cast<char>(in_.byte()));
    return text.c_str();
  }

  const ndreg_preeval_run* run() {
    if (in_.one_in(3)) return nullptr;
    run_.assign(longest / 8 + 1, 0);
    auto* made = reinterpret_cast<ndreg_preeval_run*>(run_.data());
    made->struct_size = size(sizeof *made);
    made->num_threads =
        in_.one_in(8) ? in_.bits<std::int32_t>() : static_cast<std::int32_t>(in_.below(3));
    made->has_first_index = flag();
    made->first_index = in_.bits<std::int64_t>();
    if (in_.one_in(3)) made->should_stop = [](void*) -> std::int32_t { return 1; };
    if (in_.one_in(3)) made->progress = [](std::int64_t, std::int64_t, void*) {};
    if (in_.one_in(9)) run_[sizeof *made / 8 + in_.below(40)] = 1;
    return made;
  }

  // Three, as far apart as they say.
  const ndreg_preeval_image* images() {
    if (in_.one_in(20)) return nullptr;
    const std::uint64_t apart = size(sizeof(ndreg_preeval_image));
    std::fill(images_.begin(), images_.end(), 0);
    for (std::size_t i = 0; i < 3; ++i) {
      ndreg_preeval_image image{};
      image.struct_size = in_.one_in(30) ? size(80) : apart;
      image.data = or_null(pixels_.data());
      image.height = in_.one_in(16) ? in_.bits<std::int64_t>() : 4;
      image.width = image.height == 4 ? 4 : in_.one_in(2) ? 0 : -1;
      image.row_stride = 16 - static_cast<std::int64_t>(in_.below(17));
      image.column_stride = in_.one_in(9) ? 0 : 4;
      image.type =
          in_.one_in(16) ? -static_cast<std::int32_t>(in_.below(99)) - 1 : NDREG_PREEVAL_FLOAT32;
      image.swapped = flag();
      std::memcpy(images_.data() + i * apart, &image, sizeof image);
    }
    return reinterpret_cast<const ndreg_preeval_image*>(images_.data());
  }

  const ndreg_preeval_stack* stacks() {
    if (in_.one_in(20)) return nullptr;
    const std::uint64_t apart = size(sizeof(ndreg_preeval_stack));
    std::fill(stacks_.begin(), stacks_.end(), 0);
    const ndreg_preeval_image* some = images();
    for (std::size_t i = 0; i < 3; ++i) {
      ndreg_preeval_stack stack{};
      stack.struct_size = in_.one_in(30) ? size(32) : apart;
      stack.name = in_.one_in(2) ? "name" : nullptr;
      stack.images = some;
      stack.count = count();
      std::memcpy(stacks_.data() + i * apart, &stack, sizeof stack);
    }
    return reinterpret_cast<const ndreg_preeval_stack*>(stacks_.data());
  }

  void read_score() {
    const ndreg_preeval_stack_score* score = or_null(score_);
    checked(ndreg_preeval_stack_score_values(score, or_null(reinterpret_cast<double*>(out_.data())),
                                             in_.between(-1, 99)));
    ndreg_preeval_stack_summary summary{};
    if (ndreg_preeval_stack_score_summary(score, &summary, sizeof summary) != NDREG_PREEVAL_OK)
      return;
    std::vector<std::uint64_t> room(static_cast<std::size_t>(summary.count) * longest / 8);
    checked(ndreg_preeval_stack_score_images(
        score, reinterpret_cast<ndreg_preeval_pair_score*>(room.data()),
        in_.one_in(6) ? in_.between(-1, 9) : summary.count, size(144)));
    const std::array<const ndreg_preeval_stack_score*, 3> all{or_null(score_), score,
                                                              or_null(score_)};
    std::array<std::int64_t, 3> order{};
    checked(ndreg_preeval_rank(or_null(all.data()), count(), or_null(order.data())));
  }

  Bytes& in_;
  std::array<float, 16> pixels_{};
  std::vector<char> images_;
  std::vector<char> stacks_;
  std::vector<char> out_;
  std::vector<std::uint64_t> run_;
  std::array<std::string, 2> texts_;
  std::size_t text_ = 0;
  ndreg_preeval_method* method_ = nullptr;
  ndreg_preeval_scorer* scorer_ = nullptr;
  ndreg_preeval_stack_scorer* stack_scorer_ = nullptr;
  ndreg_preeval_stack_score* score_ = nullptr;
  ndreg_preeval_ranking* ranking_ = nullptr;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes in(data, size);
  Caller caller(in);
  for (std::size_t calls = 2 + in.below(60); calls > 0; --calls) caller.call();
  return 0;
}
