# SPDX-License-Identifier: MIT
"""Choices of what is taken of a stack: the axis of its images, declared pixels, and projections."""

from __future__ import annotations

from typing import Final, NamedTuple


class Choices(NamedTuple):
    """What the caller, or a URI, says of how a stack is to be read."""

    image_axis: int | None = None
    """The axis that counts the images, of the three that a slice leaves; None where names and shape decide."""
    declared_invalid: bool = True
    """Whether pixels that metadata declare invalid are left out."""
    projections: bool = True
    """Whether an ``image_key`` of NXtomo selects the projections."""
    of_series: bool = False
    """Whether it is a part of a series, which may hold no image."""
    stacks_axis: int | None = None
    """The axis that counts stacks, of whatever has one axis more than a stack; None where names decide."""

    def of_uri(self, image_axis: int | None) -> Choices:
        """Return the same with the axis that a URI says, if it says one: it knows its stack best."""
        return self if image_axis is None else self._replace(image_axis=image_axis)

    def of_part(self) -> Choices:
        """Return the choices for a part of a series, whose parts are joined along their first axis.

        Raises
        ------
        ValueError
            When another axis is asked for.
        """
        if self.image_axis not in (None, 0, -3):
            raise ValueError(
                f"image_axis={self.image_axis}: the parts of a series are joined along their first axis, "
                "which counts its images; name the parts one by one to count along another one"
            )
        return self._replace(image_axis=0, of_series=True)


AS_FOUND: Final = Choices()
"""Nothing chosen: names, shapes and metadata decide."""
