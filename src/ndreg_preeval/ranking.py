# SPDX-License-Identifier: MIT
"""Ranking of stacks by how suitable they are to align by: `rank_stacks`."""

from __future__ import annotations

import contextlib
import time
import warnings as python_warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .argument_checks import knows_its_keywords, type_name
from .errors import RankingWarning, names_stack, shorten, stack_label, without_label
from .methods import Method, Normalization, Window
from .options import (
    DeclaredInvalid,
    ImageKey,
    Invalid,
    Limits,
    OnError,
    Options,
    Pairing,
    Precision,
    make_options,
)
from .pipeline import Failed, choose_engine, score_stacks
from .progress import open_progress
from .reported_ranking import Ranking
from .results import (
    StackScore,
    build_failed_score,
    build_stack_score,
    check_rankable,
    rank_order,
    ranking_warnings,
)
from .stacks import StackSpec
from .text import did_you_mean, list_names

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from os import PathLike

    from silx.io.url import DataUrl

__all__ = ["Ranking", "rank_stacks"]

OTHERS_ALL_THE_SAME = 'on_error="rank_last" (--on-error rank_last) ranks the other stacks all the same'
"""Note of errors that one of several stacks raises."""


@knows_its_keywords
def rank_stacks(
    image_stacks: Any,
    *,
    reference_stack: Any = None,
    reference_image: int = 0,
    image_axis: int | None = None,
    stacks_axis: int | None = None,
    method: str | Method = "evidence",
    pairing: Pairing = "reference",
    precision: Precision = "auto",
    window: Window | None = None,
    cutoff: float | None = None,
    max_shift: float | None = None,
    normalization: Normalization | None = "phase",
    mask: ArrayLike | str | PathLike[str] | DataUrl | None = None,
    mask_valid: int | None = None,
    invalid: Invalid = "fill",
    declared_invalid: DeclaredInvalid = "fill",
    image_key: ImageKey = "projections",
    num_threads: int | None = None,
    memory_limit: int | None = None,
    limits: Limits | None = None,
    executor: Executor | None = None,
    isolate: bool = False,
    on_error: OnError = "raise",
    options: Options | None = None,
    progress: bool | Callable[[int, int], None] | None = None,
) -> Ranking:
    """Rank stacks of images by how likely phase cross-correlation will align them.

    Parameters
    ----------
    image_stacks : mapping, sequence of URIs, or URI
        Stacks by name, mixed freely: arrays of shape (n, h, w), sequences of n images of shape
        (h, w), objects with ``shape``, ``dtype`` and ``__getitem__``, or URIs as str, Path or
        DataUrl (``file.h5::/path``, ``file.tif``). A sequence of URIs names the stacks by their dataset
        paths; the URI of a group expands to the image stacks in it. Images in many files are one stack
        as a list of their URIs, by a pattern (``"Ca/im_*.tif"``) or by their folder; ``{stack}`` in a
        pattern stands for the names of several (``"scan_*.h5::/1.1/xrf/{stack}"``). Something with one axis
        more holds several stacks, see `stacks_axis`; it may also be the whole argument.
    reference_stack : object, optional
        Force this stack: it must exist, and no ranking is computed.
    reference_image : int
        Index of the image that all others are compared with; negative counts from the end.
    image_axis : int, optional
        Axis that counts the images, of the three of a stack (after its slice); negative counts from the end.
        By default as names of the axes say (xarray, NXdata, netCDF, EMD, ImageJ, OME), else the first. An axis
        that a URI says (``?axis=2``) goes first. Lists of images count them themselves.
    stacks_axis : int, optional
        Axis that counts stacks (elements, channels), of whatever has one axis more than a stack: each of them is
        ranked, by the name that is stored with it, or its number. Negative counts from the end. By default as
        names of the axes say; without, such an array is refused. A URI says it by ``?stacks=0``.
    method : str or Method
        "evidence" (how likely every image aligns, from its correlogram and a second, smoother one),
        "plain" (the same for aligners by plain cross-correlation),
        "robust" (how much the second one confirms the peaks), "peak_to_mean" (the documented ratio of
        ewoksndreg), "ewoksndreg" (the score that it computes), or a method of your own.
    pairing : {"reference", "previous"}
        What an image is compared with: the reference image, or the image before it.
    precision : {"auto", "single", "double"}
        Precision of the transforms. "auto": single, whatever the dtype; and again double for each image whose
        spectra do not make it certain that double would find the same (the same peak, and a probability that
        differs by less than 1e-5). `StackScore.in_double` tells which these are.
    window : {None, "hann"}
        Window the aligner applies to the images.
    cutoff : float, optional
        Gaussian low pass of the aligner, in cycles per pixel; at most sqrt(1/2), the highest frequency of an image.
    max_shift : float, optional
        Farthest shift that the aligner accepts, in pixels along each axis.
    normalization : {"phase", None}
        What the aligner makes of the cross-power spectrum: phases, or nothing (plain
        cross-correlation), whatever the method; means what it does in scikit-image.
    mask : (h, w) bool array, or URI of one, optional
        True = valid pixel; for every image of every stack. A URI names a dataset, a TIFF file or a .npy file.
    mask_valid : int, optional
        The value of valid pixels in a mask of integers, which is refused without: 1 means valid to some and bad
        to others. A dataset called ``pixel_mask`` needs none by URI: NeXus has 0 for valid pixels.
    invalid : {"fill", "raise"}
        NaN, infinite and masked pixels are replaced by the mean of the valid ones, or refused.
        Pixels taken out by `mask` are replaced either way.
    declared_invalid : {"fill", "ignore"}
        Pixels that metadata of an HDF5 file declare invalid (``_FillValue``, ``missing_value``, NXdetector's
        ``pixel_mask`` and ``underload_value``) are replaced as those of `mask`, or taken as they are.
    image_key : {"projections", "ignore"}
        Where an ``image_key`` of NXtomo is beside a dataset, its projections alone are taken, and counted from
        0 in all results; or all images.
    num_threads : int, optional
        By default OMP_NUM_THREADS, else the CPUs this process may use. On an executor: 1.
    memory_limit : int, optional
        Bytes of images held at a time, 1024 or more; by default 256 MiB, and up to 1 GiB where chunks that
        span many images would otherwise be decoded again and again. Where a row of chunks does
        not fit, chunks are decoded once for each part of it that does, and the stack says so.
    limits : Limits, optional
        What a file may declare before its pixels are read.
    executor : concurrent.futures.Executor, optional
        Runs the blocks: thread and process pools, dask's ``client.get_executor()`` and others.
        Files are opened in its workers.
    isolate : bool
        Read files in a child process with a memory limit, for files from unknown sources.
    on_error : {"raise", "rank_last"}
        What a stack that cannot be opened or read does: raise its error, or be ranked last with
        the message in its `StackScore.error`, while the others go on.
    options : Options, optional
        All options of another ranking (`Ranking.options`), instead of single ones: of the same stacks the
        result is the same bit for bit.
    progress : bool or callable(done, total), optional
        True shows a bar; a callable is told the numbers of images.

    Returns
    -------
    Ranking
        Results are the same bit for bit for any number of threads, block size and executor.

    Raises
    ------
    TypeError
        For what is no stack, and dtypes without an order (complex, text, objects).
    ValueError
        For shapes and options against the rules, and when no stack can be ranked.
    KeyError, OSError
        For datasets and files; the message names the stack and the URI.

    Warns
    -----
    RankingWarning
        For what makes the ranking doubtful.

    References
    ----------
    .. [1] C. D. Kuglin, D. C. Hines, "The phase correlation image alignment method",
           Proc. IEEE Int. Conf. on Cybernetics and Society, 163-165 (1975).

    Examples
    --------
    A scene that drifts by two pixels from image to image, under weak and under strong noise:

    >>> import numpy as np
    >>> from ndreg_preeval import rank_stacks
    >>> rng = np.random.default_rng(1)
    >>> scene = rng.normal(size=(64, 64))
    >>> drifting = np.stack([np.roll(scene, 2 * i, axis=1) for i in range(5)])
    >>> noise = rng.normal(size=drifting.shape)
    >>> ranking = rank_stacks({"noisy": drifting + 6 * noise, "clear": drifting + noise})
    >>> ranking.ranked_stack_names
    ['clear', 'noisy']
    >>> ranking.scores["clear"] > 0.9
    True
    >>> ranking.stacks["clear"].shifts[:, 1].round()
    array([-2., -4., -6., -8.])
    """
    options = make_options(
        options=options,
        method=method,
        reference_image=reference_image,
        image_axis=image_axis,
        stacks_axis=stacks_axis,
        pairing=pairing,
        precision=precision,
        window=window,
        cutoff=cutoff,
        max_shift=max_shift,
        normalization=normalization,
        mask=mask,
        mask_valid=mask_valid,
        invalid=invalid,
        declared_invalid=declared_invalid,
        image_key=image_key,
        num_threads=num_threads,
        memory_limit=memory_limit,
        limits=limits,
        on_error=on_error,
    )
    with open_progress(progress) as report_progress, choose_engine(executor, isolate, options) as engine:
        options = engine.with_mask(options)
        with _telling_of_on_error(image_stacks):
            stacks = engine.resolve(image_stacks)
        if not stacks:
            raise ValueError("image_stacks is empty: there is no stack to rank")
        if reference_stack is not None:
            forced = _find(stacks, reference_stack)
            return Ranking(forced, None, options.method, options, (), engine.threads, _made=time.time())
        with _telling_of_on_error(stacks):
            scored = score_stacks(engine, stacks, report_progress)
    to_issue: list[str] = []
    results = []
    specs = []
    for (name, spec), each in zip(stacks, scored, strict=True):
        if isinstance(each, Failed) and not options.goes_on_after(each.error):
            why = without_label(build_failed_score(name, each, spec.location, options).error or "", name)
            to_issue.append(f"{stack_label(name)} was found, could not be opened and is left out: {why}")
            continue
        specs.append(spec)
        if isinstance(each, Failed):
            result = build_failed_score(name, each, spec.location, options)
            why = without_label(result.error or "", name)
            to_issue.append(f"{stack_label(name)} could not be read and is ranked last: {why}")
        else:
            result, texts = build_stack_score(name, each, options)
            to_issue += [f"{stack_label(name)}: {text}" for text in texts]
        results.append(result)
    failure = next((each.error for each in scored if isinstance(each, Failed)), None)
    if failure is not None and not results:
        raise failure
    ranking, more = order_stacks(results, specs, options, engine.threads, failure)
    for text in [*to_issue, *more]:
        python_warnings.warn(text, RankingWarning, stacklevel=3)  # the caller of what checks the keywords
    return ranking


def order_stacks(
    results: Sequence[StackScore],
    specs: Sequence[StackSpec | None],
    options: Options,
    threads: int,
    failure: Exception | None = None,
) -> tuple[Ranking, list[str]]:
    """Make a ranking of stacks in the caller's order; `specs` is where their images are.

    Returns
    -------
    Ranking, list of str
        The ranking, and those of its warnings that are worth a Python warning.

    Raises
    ------
    ValueError
        When no stack can be ranked; from `failure`, if one could not be read.
    """
    check_rankable(results, failure)
    order = rank_order(results)
    ranked = tuple(results[i] for i in order)
    sentences, more = ranking_warnings(ranked, results, options)
    ranking = Ranking(
        reference_stack=ranked[0].name,
        ranked_stack_names=[stack.name for stack in ranked],
        method=options.method,
        options=options,
        warnings=tuple(sentences),
        num_threads=threads,
        stack_scores=ranked,
        _specs=tuple(specs[i] for i in order),
        _made=time.time(),
    )
    return ranking, more


@contextlib.contextmanager
def _telling_of_on_error(stacks: Any) -> Iterator[None]:
    """Add a way out to the errors that one of several stacks raises."""
    try:
        yield
    except Exception as error:
        several = isinstance(stacks, Mapping | list | tuple) and len(stacks) > 1
        if several and names_stack(error):
            error.add_note(OTHERS_ALL_THE_SAME)
        raise


def _find(stacks: Sequence[tuple[Any, StackSpec]], wanted: Any) -> Any:
    """Return the caller's key that equals the wanted one."""
    if isinstance(wanted, np.ndarray | list | dict):
        raise TypeError(f"reference_stack must be the name of a stack, not {type_name(wanted)}")
    names = [name for name, _ in stacks]
    if wanted not in names:
        raise ValueError(
            f"reference_stack={shorten(wanted)} must be one of the stacks {list_names(names, 20)}"
            f"{did_you_mean(wanted, names)}"
        )
    return names[names.index(wanted)]
