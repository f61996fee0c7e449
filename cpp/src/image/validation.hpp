// SPDX-License-Identifier: MIT
// The rules that every user of the core shares.
#pragma once

#include <cstddef>
#include <string>

#include <ndreg_preeval/image_view.hpp>
#include <ndreg_preeval/options.hpp>

namespace ndreg_preeval::detail {

// All throw std::invalid_argument. `what` names the image in the message.
void check_options(const Options& options);
void check_view(const ImageView& view, const std::string& what);
void check_same_shape(const ImageView& view, std::size_t height, std::size_t width,
                      const std::string& what);

std::string image_name(std::size_t index);

}  // namespace ndreg_preeval::detail
