# SPDX-License-Identifier: MIT
"""Blosc."""

from __future__ import annotations

from typing import Any, Final

from .base import Bytes, Damaged, Decoder, Filter, imagecodec

HEAD_BYTES: Final = 16


class Blosc(Filter):
    """Blosc, by imagecodecs; the header of a chunk has its decoded and stored sizes."""

    number = 32001
    provided_by = "hdf5plugin (blosc)"
    examined = HEAD_BYTES

    def _find_decoder(self) -> Decoder | None:
        fast = imagecodec("blosc_decode", numthreads=1)
        if fast is None:
            return None

        def decode(data: Bytes, out: Bytes) -> Any:
            # The decoder is not told how long its input is: it believes what that says.
            if not self._fits(data[:HEAD_BYTES].tobytes(), len(out), len(data)):
                raise Damaged("is cut off")
            return fast(data, out)

        return decode

    def _fits(self, data: bytes, size: int, stored: int) -> bool:  # noqa: ARG002
        return len(data) >= HEAD_BYTES and int.from_bytes(data[12:16], "little") <= stored

    def _declared_size(self, data: bytes, size: int) -> int:  # noqa: ARG002
        return int.from_bytes(data[4:8], "little")
