# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from ndreg_preeval import reg2d_preeval
from tests.support.scenes import three


def test_four_outputs() -> None:
    stacks = three()
    configuration = {"a": 1}
    outputs = reg2d_preeval(stacks, output_configuration=configuration)
    assert outputs["image_stacks"] is stacks
    assert outputs["reference_stack"] == "clear"
    assert outputs["ranked_stack_names"] == ["clear", "fair", "poor"]
    # The requested stack, not the chosen one: that is what the saved configuration repeats.
    assert outputs["output_configuration"] == {"a": 1, "reference_stack": None}
    assert configuration == {"a": 1}


def test_forced() -> None:
    outputs = reg2d_preeval(three(), "poor")
    assert outputs["reference_stack"] == "poor"
    assert outputs["ranked_stack_names"] is None
    assert outputs["output_configuration"] == {"reference_stack": "poor"}
    with pytest.raises(ValueError, match="reference_stack='nope' must be one of"):
        reg2d_preeval(three(), "nope")


def test_an_empty_name_forces_nothing() -> None:
    assert reg2d_preeval(three(), "")["reference_stack"] == "clear"


def test_skip_ignores_what_it_is_given() -> None:
    stacks = {"a": "no_such_file.h5::/a"}
    outputs = reg2d_preeval(stacks, "unknown", {"reference_stack": 3}, skip=True)
    assert outputs == {
        "image_stacks": stacks,
        "reference_stack": "unknown",
        "ranked_stack_names": None,
        "output_configuration": {"reference_stack": "unknown"},
    }


def test_options_are_handed_on() -> None:
    with pytest.raises(ValueError, match="reference_image=9"):
        reg2d_preeval(three(), reference_image=9)
    with pytest.raises(TypeError, match="output_configuration must be a mapping"):
        reg2d_preeval(three(), output_configuration=[("a", 1)])  # type: ignore[arg-type]
