# SPDX-License-Identifier: MIT
"""Inputs and outputs of the task, as forms and documentation show them.

Types say what may be linked in Orange and what forms ask for; values are taken as they come. Pydantic would
walk through the images of every stack, and the options are checked once, by `ndreg_preeval.options`, whose
messages name the argument, the rule and what came.
"""

from __future__ import annotations

from typing import Any

try:
    from ewokscore.model import BaseInputModel, BaseOutputModel
    from pydantic import Field, SkipValidation
except ImportError as error:
    raise ImportError(
        f'the Ewoks task needs ewokscore: pip install ewoks, or the extra "ewoks" ({error})'
    ) from error

STACKS_EXAMPLES = [
    {
        "Ca-K": "/path/to/file.h5::/entry/fit/results/Ca-K",
        "Fe-K": "/path/to/file.h5::/entry/fit/results/Fe-K",
    },
    ["/path/to/file.h5::/entry/fit/results/Ca-K", "/path/to/file.h5::/entry/fit/results/Fe-K"],
    "/path/to/file.h5::/entry/fit/results",
]

CONFIGURATION_EXAMPLES = [{"param1": 0, "param2": 1}]


class Inputs(BaseInputModel):
    """What the task can be given; only `image_stacks` has to be."""

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
    method: SkipValidation[str] = Field(
        default="evidence",
        description="How stacks are judged.",
        examples=["evidence", "plain", "robust", "peak_to_mean", "ewoksndreg"],
    )
    reference_image: SkipValidation[int] = Field(
        default=0,
        description="Index of the image that all others are compared with; negative counts from the end.",
        examples=[0, -1],
    )
    pairing: SkipValidation[str] = Field(
        default="reference",
        description="What an image is compared with: the reference image, or the image before it.",
        examples=["reference", "previous"],
    )
    precision: SkipValidation[str] = Field(
        default="auto", description="Of the transforms.", examples=["auto", "single", "double"]
    )
    window: SkipValidation[str | None] = Field(
        default=None, description="Window that the aligner applies to the images.", examples=["hann"]
    )
    cutoff: SkipValidation[float | None] = Field(
        default=None,
        description="Gaussian low pass of the aligner, in cycles per pixel.",
        examples=[0.15],
    )
    max_shift: SkipValidation[float | None] = Field(
        default=None,
        description="Farthest shift that the aligner accepts, in pixels along each axis.",
        examples=[20],
    )
    normalization: SkipValidation[str | None] = Field(
        default="phase",
        description="What the aligner makes of the cross-power spectrum: phases, or (None) nothing.",
        examples=["phase"],
    )
    mask: SkipValidation[object] = Field(
        default=None, description="Boolean array of the shape of the images, True where a pixel is valid."
    )
    invalid: SkipValidation[str] = Field(
        default="fill",
        description="NaN and infinite pixels are filled with the mean of the valid ones, or refused.",
        examples=["fill", "raise"],
    )
    num_threads: SkipValidation[int | None] = Field(
        default=None,
        description="By default OMP_NUM_THREADS, else the CPUs that the process may use.",
        examples=[4],
    )
    memory_limit: SkipValidation[int | None] = Field(
        default=None, description="Bytes of images that are held at a time.", examples=[268435456]
    )
    limits: SkipValidation[object] = Field(
        default=None,
        description="What a file may declare before its pixels are read; see `ndreg_preeval.Limits`.",
        examples=[{"image_bytes": 2147483648}],
    )
    on_error: SkipValidation[str] = Field(
        default="raise",
        description="What a stack that cannot be read does: stop the task, or be ranked last.",
        examples=["raise", "rank_last"],
    )
    output_url: SkipValidation[object] = Field(
        default=None,
        description="Write the ranking there as NeXus: a file, or a file and the path of a new group.",
        examples=["/path/to/ranking.h5", "/path/to/file.h5::/entry/ranking"],
    )
    overwrite: SkipValidation[bool] = Field(
        default=False, description="Replace a ranking that is at `output_url` already."
    )


class Outputs(BaseOutputModel):
    """Those of the original."""

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
