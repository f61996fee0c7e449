// SPDX-License-Identifier: MIT
#include "scoring/kept_images.hpp"

#include <algorithm>
#include <iterator>

namespace ndreg_preeval::detail {
namespace {

constexpr std::size_t longest_kept_axis = 2048;

std::size_t stride_of(std::size_t compared, const ImageView& view) noexcept {
  return static_pattern_stride(compared, view.height, view.width);
}

}  // namespace

ImageView middle_of(const ImageView& view) noexcept {
  ImageView middle = view;
  middle.height = std::min(view.height, longest_kept_axis);
  middle.width = std::min(view.width, longest_kept_axis);
  const auto rows = static_cast<std::ptrdiff_t>((view.height - middle.height) / 2);
  const auto columns = static_cast<std::ptrdiff_t>((view.width - middle.width) / 2);
  const auto moved = [rows, columns](const void* data, std::ptrdiff_t row, std::ptrdiff_t column) {
    return static_cast<const unsigned char*>(data) + rows * row + columns * column;
  };
  middle.data = moved(view.data, view.row_stride, view.column_stride);
  if (view.mask != nullptr) {
    middle.mask = moved(view.mask, view.mask_row_stride, view.mask_column_stride);
  }
  return middle;
}

KeptImages::Candidates KeptImages::candidates(const std::vector<ImageView>& images,
                                              const std::vector<PairScore>& scores,
                                              std::size_t before, const ImageView* last,
                                              bool stay) const {
  Candidates found;
  if (images.empty()) return found;
  const std::size_t stride = stride_of(before + images.size(), images.front());
  // The block has images `before` + 1 and so on.
  const auto keep = [&](std::size_t number) {
    if (kept_.images.count(number) != 0) return;
    const bool of_block = number > before;
    const ImageView& view = of_block ? images[number - before - 1] : *last;
    found.images.try_emplace(number, view, of_block && stay);
  };
  for (std::size_t i = stride - 1 - before % stride; i < images.size(); i += stride) {
    if (!lies_at_zero_shift(scores[i])) continue;
    const std::size_t number = before + i + 1;
    keep(reference_of(number));
    keep(number);
    found.at_zero.push_back(number);
  }
  return found;
}

void KeptImages::reserve(const Candidates& some) {
  kept_.at_zero.reserve(kept_.at_zero.size() + some.at_zero.size());
}

void KeptImages::add(Candidates some, std::size_t compared, const ImageView& shape) noexcept {
  std::vector<std::size_t>& numbers = kept_.at_zero;
  numbers.insert(numbers.end(), some.at_zero.begin(), some.at_zero.end());
  kept_.images.merge(some.images);
  const std::size_t stride = stride_of(compared, shape);
  const auto too_many = [stride](std::size_t number) { return number % stride != 0; };
  numbers.erase(std::remove_if(numbers.begin(), numbers.end(), too_many), numbers.end());
  const auto needed = [&](std::size_t image) {
    const auto has = [&](std::size_t number) {
      return std::binary_search(numbers.begin(), numbers.end(), number);
    };
    return has(image) || (consecutive_ ? has(image + 1) : image == 0);
  };
  for (auto each = kept_.images.begin(); each != kept_.images.end();) {
    each = needed(each->first) ? std::next(each) : kept_.images.erase(each);
  }
}

StaticPattern KeptImages::find(const RunOptions& run) const {
  if (kept_.at_zero.empty()) return {};
  std::vector<ImageView> images;
  std::map<std::size_t, std::size_t> places;
  for (const auto& [number, image] : kept_.images) {
    places[number] = images.size();
    images.push_back(image.view());
  }
  std::vector<ComparedPair> pairs;
  pairs.reserve(kept_.at_zero.size());
  for (const std::size_t number : kept_.at_zero) {
    pairs.push_back({places.at(reference_of(number)), places.at(number)});
  }
  return find_static_pattern(images, pairs, run);
}

}  // namespace ndreg_preeval::detail
