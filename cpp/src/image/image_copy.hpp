// SPDX-License-Identifier: MIT
// An image whose pixels are its own.
#pragma once

#include <cstddef>
#include <cstring>

#include <ndreg_preeval/image_view.hpp>

#include "base/aligned_buffer.hpp"

namespace ndreg_preeval::detail {

// Pixels and mask as they are, row after row without gaps. The view that is copied must be sound.
class ImageCopy {
 public:
  explicit ImageCopy(const ImageView& view)
      : pixels_(gather(view.data, view.height, view.width, pixel_size(view.type), view.row_stride,
                       view.column_stride)),
        view_(view) {
    view_.data = pixels_.data();
    view_.column_stride = static_cast<std::ptrdiff_t>(pixel_size(view.type));
    view_.row_stride = static_cast<std::ptrdiff_t>(view.width) * view_.column_stride;
    if (view.mask == nullptr) return;
    mask_ = gather(view.mask, view.height, view.width, 1, view.mask_row_stride,
                   view.mask_column_stride);
    view_.mask = mask_.data();
    view_.mask_row_stride = static_cast<std::ptrdiff_t>(view.width);
    view_.mask_column_stride = 1;
  }

  // Holds as long as the copy, and where that is moved.
  const ImageView& view() const noexcept { return view_; }

  ImageCopy(ImageCopy&&) = default;  // the memory stays where it is
  ImageCopy& operator=(ImageCopy&&) = default;
  ImageCopy(const ImageCopy&) = delete;
  ImageCopy& operator=(const ImageCopy&) = delete;
  ~ImageCopy() = default;

 private:
  using Bytes = AlignedBuffer<unsigned char>;

  static Bytes gather(const void* data, std::size_t height, std::size_t width, std::size_t size,
                      std::ptrdiff_t row_stride, std::ptrdiff_t column_stride) {
    Bytes bytes(height * width * size);
    unsigned char* to = bytes.data();
    const auto* row = static_cast<const unsigned char*>(data);
    for (std::size_t y = 0; y < height; ++y, row += row_stride) {
      if (column_stride == static_cast<std::ptrdiff_t>(size)) {
        std::memcpy(to, row, width * size);
        to += width * size;
        continue;
      }
      const unsigned char* from = row;
      for (std::size_t x = 0; x < width; ++x, from += column_stride, to += size) {
        std::memcpy(to, from, size);
      }
    }
    return bytes;
  }

  Bytes pixels_;
  Bytes mask_;
  ImageView view_;
};

}  // namespace ndreg_preeval::detail
