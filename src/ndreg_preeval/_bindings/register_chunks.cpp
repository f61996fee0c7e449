// SPDX-License-Identifier: MIT
#include "register.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <pybind11/numpy.h>

#include "chunk_lengths.hpp"
#include "without_gil.hpp"

namespace py = pybind11;

namespace ndreg_preeval::bindings {
namespace {

// Below, giving the GIL away and waiting for it takes longer than the walk.
constexpr std::size_t few_bytes = std::size_t{1} << 15;

// The bytes of an object that has them in one piece; it cannot change their number meanwhile.
class Borrowed {
 public:
  explicit Borrowed(const py::object& owner) {
    if (PyObject_GetBuffer(owner.ptr(), &view_, PyBUF_SIMPLE) != 0) throw py::error_already_set();
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() { PyBuffer_Release(&view_); }

  Bytes bytes() const {
    return {static_cast<const unsigned char*>(view_.buf), static_cast<std::size_t>(view_.len)};
  }

 private:
  Py_buffer view_{};
};

// Runs walk(bytes, stop), without the GIL where there is much to do; signals end it.
template <class Walk>
auto walked(const py::object& owner, Walk walk) {
  const Borrowed borrowed(owner);
  const Bytes bytes = borrowed.bytes();
  if (bytes.size <= few_bytes) return walk(bytes, Stop());
  return without_gil(1, [&](const RunOptions& run) { return walk(bytes, run.should_stop); });
}

std::int64_t length_of_lzf(const py::object& chunk) { return walked(chunk, lzf_length); }

bool frame_fits(const py::object& frame) { return walked(frame, zstd_fits); }

py::array_t<std::int64_t> starts_of_blocks(const py::object& chunk, std::uint64_t count) {
  const auto starts = walked(
      chunk, [count](Bytes bytes, const Stop& stop) { return block_starts(bytes, count, stop); });
  py::array_t<std::int64_t> found(static_cast<py::ssize_t>(starts.size()));
  std::copy(starts.begin(), starts.end(), found.mutable_data());
  return found;
}

}  // namespace

void register_chunks(py::module_& m) {
  using namespace pybind11::literals;
  m.def("lzf_length", &length_of_lzf, "chunk"_a);
  m.def("block_starts", &starts_of_blocks, "chunk"_a, "count"_a);
  m.def("zstd_fits", &frame_fits, "frame"_a);
}

}  // namespace ndreg_preeval::bindings
