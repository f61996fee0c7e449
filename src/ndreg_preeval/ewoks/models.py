# SPDX-License-Identifier: MIT
"""Inputs and outputs of the task, as forms and documentation show them.

Types say what may be linked in Orange and what forms ask for; values are taken as they come. Pydantic would
walk through the images of every stack, and the options are checked once, by `ndreg_preeval.options`, whose
messages name the argument, the rule and what came.
"""

from __future__ import annotations

from typing import Any, Final

from ..installation import how_to_get

try:
    from ewokscore.model import BaseInputModel, BaseOutputModel
    from pydantic import Field, SkipValidation, create_model
except ImportError as error:
    raise ImportError(f"the Ewoks task needs ewokscore: {how_to_get('ewoks')} ({error})") from error

from ..options import DECLARED_OPTIONS, DeclaredOption

STACKS_EXAMPLES = [
    {
        "Ca-K": "/path/to/file.h5::/entry/fit/results/Ca-K",
        "Fe-K": "/path/to/file.h5::/entry/fit/results/Fe-K",
    },
    ["/path/to/file.h5::/entry/fit/results/Ca-K", "/path/to/file.h5::/entry/fit/results/Fe-K"],
    "/path/to/file.h5::/entry/fit/results",
]

CONFIGURATION_EXAMPLES = [{"param1": 0, "param2": 1}]


def _option_field(option: DeclaredOption) -> tuple[Any, Any]:
    """Type and field of an option, as pydantic takes them."""
    accepted: Any = option.type
    if option.may_be_none and option.type is not object:
        accepted = option.type | None
    description = f"{option.help[0].upper()}{option.help[1:]}."
    examples = list(option.examples) or None
    unchecked: Any = SkipValidation
    return unchecked[accepted], Field(default=option.default, description=description, examples=examples)


OPTION_FIELDS: Final[dict[str, Any]] = {option.name: _option_field(option) for option in DECLARED_OPTIONS}
"""Inputs that are options of `rank_stacks`: type and field by name."""


class _Given(BaseInputModel):
    """Inputs that are no options of a ranking, as those of the original."""

    image_stacks: SkipValidation[object] = Field(
        description="Stacks of images that need the same alignment: arrays of shape (n, h, w), sequences of "
        "images or URIs by name; a list of URIs; or the URI of an NXdata group.",
        examples=STACKS_EXAMPLES,
    )
    reference_stack: SkipValidation[str | None] = Field(
        default=None,
        description="Force this stack: it must be one of `image_stacks`, and nothing is ranked.",
        examples=["Ca-K"],
    )
    output_configuration: SkipValidation[dict[str, Any] | None] = Field(
        default=None,
        description="Configuration to pass on to the tasks that save it. It is copied.",
        examples=CONFIGURATION_EXAMPLES,
    )
    skip: bool = Field(default=False, description="Rank nothing: pass everything on as it came.")


_WithOptions: Any = create_model("_WithOptions", __base__=_Given, **OPTION_FIELDS)


class Inputs(_WithOptions):
    """Inputs of the task; only `image_stacks` is required."""

    output_url: SkipValidation[object] = Field(
        default=None,
        description="Write the ranking there as NeXus: a file, or a file and the path of a new group.",
        examples=["/path/to/ranking.h5", "/path/to/file.h5::/entry/ranking"],
    )
    overwrite: SkipValidation[bool] = Field(
        default=False, description="Replace a ranking that is at `output_url` already."
    )


class Outputs(BaseOutputModel):
    """Outputs that the original has too."""

    image_stacks: SkipValidation[dict[str, Any]] = Field(
        description="The stacks as they came; a dictionary of URIs where names or a group were resolved."
    )
    reference_stack: SkipValidation[str | None] = Field(
        description="Name of the stack to align all stacks by.", examples=["Ca-K", "Fe-K"]
    )
    ranked_stack_names: SkipValidation[list[Any] | None] = Field(
        description="Names of the stacks from best to worst; None when nothing was ranked."
    )
    output_configuration: SkipValidation[dict[str, Any] | None] = Field(
        description="The configuration that came, with the `reference_stack` that was asked for.",
        examples=CONFIGURATION_EXAMPLES,
    )


class ReportOutputs(Outputs):
    """And why the stacks are ranked as they are; None where `skip` was asked for."""

    scores: SkipValidation[dict[str, float | None] | None] = Field(
        description="Score of every stack from best to worst; larger is better."
    )
    trust: SkipValidation[str | None] = Field(description="Which stacks will align and how likely, in words.")
    report: SkipValidation[dict[str, Any] | None] = Field(
        description="Everything that is known of every stack and image, as `Ranking.to_dict()`."
    )
