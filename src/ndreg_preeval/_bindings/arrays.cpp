// SPDX-License-Identifier: MIT
#include "arrays.hpp"

#include <string>

namespace py = pybind11;

namespace ndreg_preeval::bindings {
namespace {

bool other_byte_order(char order) {
  const std::uint16_t one = 1;
  const bool little = *reinterpret_cast<const unsigned char*>(&one) == 1;
  return order == (little ? '>' : '<');
}

PixelType pixel_type(const py::dtype& dtype, const std::string& what) {
  const auto size = static_cast<std::size_t>(dtype.itemsize());
  const auto by_size = [&](PixelType one, PixelType two, PixelType four, PixelType eight) {
    return size == 1 ? one : size == 2 ? two : size == 4 ? four : eight;
  };
  switch (dtype.kind()) {
    case 'b':
      return PixelType::boolean;
    case 'i':
      if (size <= 8) {
        return by_size(PixelType::int8, PixelType::int16, PixelType::int32, PixelType::int64);
      }
      break;
    case 'u':
      if (size <= 8) {
        return by_size(PixelType::uint8, PixelType::uint16, PixelType::uint32, PixelType::uint64);
      }
      break;
    case 'f':
      if (size == 2 || size == 4 || size == 8) {
        return by_size(PixelType::float16, PixelType::float16, PixelType::float32,
                       PixelType::float64);
      }
      if (size == sizeof(long double)) return PixelType::long_double;
      break;
    default:
      break;
  }
  throw py::type_error(what + " must hold real numbers, not dtype " +
                       std::string(py::str(dtype)).substr(0, 200));
}

py::array as_array(const py::handle& object, const std::string& what) {
  if (!py::isinstance<py::array>(object)) {
    throw py::type_error(what + " must be a numpy array, not " +
                         std::string(py::str(py::type::handle_of(object).attr("__name__"))));
  }
  return py::reinterpret_borrow<py::array>(object);
}

std::string shape_text(const py::array& array) {
  return std::string(py::str(array.attr("shape"))).substr(0, 200);
}

// The last two axes of an array, at some index of the one before.
ImageView view_of(const py::array& array, py::ssize_t index, PixelType type) {
  const py::ssize_t axes = array.ndim();
  ImageView view;
  view.type = type;
  view.height = static_cast<std::size_t>(array.shape(axes - 2));
  view.width = static_cast<std::size_t>(array.shape(axes - 1));
  view.row_stride = array.strides(axes - 2);
  view.column_stride = array.strides(axes - 1);
  view.swapped = other_byte_order(array.dtype().byteorder());
  view.data = static_cast<const char*>(array.data()) + (axes == 3 ? index * array.strides(0) : 0);
  return view;
}

// Give every view its part of the mask.
void add_mask(Images& images, const py::object& object) {
  if (object.is_none()) return;
  const py::array mask = as_array(object, "mask");
  if (mask.dtype().kind() != 'b') {
    throw py::type_error("mask must hold booleans (True = valid pixel), not dtype " +
                         std::string(py::str(mask.dtype())).substr(0, 200));
  }
  const auto count = static_cast<py::ssize_t>(images.views.size());
  const bool per_image = mask.ndim() == 3 && mask.shape(0) == count;
  if (mask.ndim() != 2 && !per_image) {
    throw py::value_error("mask must have the shape of one image, or one mask for each of the " +
                          std::to_string(count) + " images, not " + shape_text(mask));
  }
  for (py::ssize_t i = 0; i < count; ++i) {
    ImageView& view = images.views[static_cast<std::size_t>(i)];
    const ImageView part = view_of(mask, i, PixelType::boolean);
    if (part.height != view.height || part.width != view.width) {
      throw py::value_error("mask must have the shape of the images, (" +
                            std::to_string(view.height) + ", " + std::to_string(view.width) +
                            "), not " + shape_text(mask));
    }
    view.mask = part.data;
    view.mask_row_stride = part.row_stride;
    view.mask_column_stride = part.column_stride;
  }
  images.owners.push_back(mask);
}

}  // namespace

Images one_image(const py::object& object, const py::object& mask, const char* what) {
  const py::array array = as_array(object, what);
  const PixelType type = pixel_type(array.dtype(), what);
  if (array.ndim() != 2) {
    throw py::value_error(std::string(what) + " must be 2-D (h, w), not of shape " +
                          shape_text(array));
  }
  Images images;
  images.views.push_back(view_of(array, 0, type));
  images.owners.push_back(array);
  add_mask(images, mask);
  return images;
}

Images many_images(const py::object& object, const py::object& mask) {
  Images images;
  if (py::isinstance<py::array>(object)) {
    const auto array = py::reinterpret_borrow<py::array>(object);
    const PixelType type = pixel_type(array.dtype(), "images");
    if (array.ndim() != 3) {
      throw py::value_error("images must be 3-D (n, h, w), not of shape " + shape_text(array));
    }
    images.views.reserve(static_cast<std::size_t>(array.shape(0)));
    for (py::ssize_t i = 0; i < array.shape(0); ++i) {
      images.views.push_back(view_of(array, i, type));
    }
    images.owners.push_back(array);
  } else if (py::isinstance<py::list>(object) || py::isinstance<py::tuple>(object)) {
    const auto sequence = py::reinterpret_borrow<py::sequence>(object);
    for (std::size_t i = 0; i < sequence.size(); ++i) {
      const std::string what = "image " + std::to_string(i);
      Images one = one_image(sequence[i], py::none(), what.c_str());
      images.views.push_back(one.views[0]);
      images.owners.push_back(std::move(one.owners[0]));
    }
  } else {
    throw py::type_error("images must be a numpy array (n, h, w) or a list of arrays (h, w), not " +
                         std::string(py::str(py::type::handle_of(object).attr("__name__"))));
  }
  add_mask(images, mask);
  return images;
}

Records records_of(const py::object& object) {
  // numpy would compare the types field by field, which takes as long as scoring a small image.
  if (py::isinstance<py::array>(object)) {
    const auto array = py::reinterpret_borrow<py::array>(object);
    const bool as_it_is = array.dtype().is(py::dtype::of<PairScore>());
    if (as_it_is && (array.flags() & py::array::c_style) != 0) {
      return py::reinterpret_borrow<Records>(object);
    }
  }
  Records records = Records::ensure(object);
  if (!records) throw py::type_error("records must be an array of PAIR_SCORE");
  return records;
}

}  // namespace ndreg_preeval::bindings
