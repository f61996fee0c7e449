# SPDX-License-Identifier: MIT
"""The cases of a record: stacks in memory, in files of every layout, in lists; errors; all reports."""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from ndreg_preeval import StackRanker, StackScorer, find_stacks, rank_stacks, reg2d_preeval, score_stack

from ..fuzz.layouts import BUILDERS, FILE, PATH, stack
from ..support.scenes import SHAPE, drifting, three
from . import tell
from .files import TIFFS, make_errors, make_group, make_interleaved, make_tiffs, python

Work = Callable[[], tell.Lines]
Cases = Iterator[tuple[str, Work]]

METHODS = ("evidence", "plain", "robust", "peak_to_mean", "ewoksndreg")
PAIRINGS = ("reference", "previous")
THREADS = (1, 2)


def scenes() -> dict[str, dict[str, Any]]:
    """Stacks in memory by scene."""
    clear = drifting(0.05)
    invalid = clear.copy()
    invalid[1, :3] = np.nan
    invalid[3, 5, 5] = np.inf
    flat = drifting(0.3, seed=2)
    flat[2] = 7.0
    hot = drifting(0.8, seed=3)
    hot[:, 4, 9] = 1e4
    two = (drifting(0.2, seed=4) > 0).astype(np.uint8)
    return {
        "three": dict(three()),
        "single": {name: value.astype(np.float32) for name, value in three().items()},
        "odd": dict(three(shape=(31, 27), n=7)),
        "troubles": {
            "invalid": invalid,
            "masked": np.ma.masked_less(clear, -2),  # type: ignore[no-untyped-call]
            "flat": flat,
            "hot": hot,
            "two values": two,
            "same": np.repeat(clear[:1], 4, axis=0),
            "nothing": np.full((3, *SHAPE), np.nan),
            "one image": clear[:1],
        },
        "dtypes": {
            name: (1000 * drifting(0.3, seed=number)).astype(name)
            for number, name in enumerate(("int64", "uint16", "float16", "longdouble", ">f8", "int8"))
        },
        "kinds": {
            "list": list(drifting(0.2, seed=5)),
            "nested": drifting(0.4, seed=6, n=3).tolist(),
            "strided": drifting(0.1, seed=7, n=8)[::-2, :, ::-1],
            "lazy": _Lazy(drifting(0.3, seed=8)),
            "mixed": [image.astype("f4" if i % 2 else "i2") for i, image in enumerate(100 * drifting(0.3))],
            ("a", 1): drifting(0.6, seed=9),
        },
    }


class _Lazy:
    """An array that numpy does not know."""

    def __init__(self, value: Any) -> None:
        self._value, self.shape, self.dtype = value, value.shape, value.dtype

    def __getitem__(self, index: Any) -> Any:
        return self._value[index]


def ranked(stacks: Any, **options: Any) -> Work:
    return lambda: tell.ranking(rank_stacks(stacks, **options))


def in_memory() -> Cases:
    mask = np.random.default_rng(1).random(SHAPE) > 0.1
    more: dict[str, dict[str, Any]] = {
        "last image": {"reference_image": -1},
        "middle image": {"reference_image": 2},
        "double": {"precision": "double"},
        "single": {"precision": "single"},
        "window": {"window": "hann"},
        "cutoff": {"cutoff": 0.2},
        "max shift": {"max_shift": 4},
        "no normalization": {"normalization": None},
        "mask": {"mask": mask},
        "invalid": {"invalid": "raise"},
        "memory": {"memory_limit": 3 * SHAPE[0] * SHAPE[1] * 8},
        "forced": {"reference_stack": "fair"},
    }
    for name, stacks in scenes().items():
        for pairing in PAIRINGS:
            for threads in THREADS:
                for method in METHODS:
                    options = {"method": method, "pairing": pairing, "num_threads": threads}
                    yield f"scene {name}, {method}, {pairing}, {threads}", ranked(stacks, **options)
                if name not in ("three", "troubles"):
                    continue
                for key, each in more.items():
                    options = {**each, "pairing": pairing, "num_threads": threads}
                    yield f"scene {name}, {key}, {pairing}, {threads}", ranked(stacks, **options)


def in_files() -> Cases:
    good = stack(7)
    for layout, make in BUILDERS.items():
        for pairing in PAIRINGS:
            for threads in THREADS:

                def work(make: Any = make, pairing: Any = pairing, threads: int = threads) -> tell.Lines:
                    uri = make() or f"{FILE}::{PATH}"
                    options = {"pairing": pairing, "num_threads": threads}
                    few = {"memory_limit": 4 * good[0].nbytes, "reference_image": 2}
                    lines = tell.ranking(rank_stacks({"good": good, "bad": uri}, **options))
                    return lines + tell.ranking(rank_stacks({"good": good, "bad": uri}, **options, **few))

                yield f"HDF5 {layout}, {pairing}, {threads}", work
    for layout in TIFFS:
        for pairing in PAIRINGS:
            for threads in THREADS:

                def work(layout: str = layout, pairing: Any = pairing, threads: int = threads) -> tell.Lines:
                    make_tiffs(layout)
                    stacks = ["one.tif", Path("two.tif")]
                    lines = tell.ranking(rank_stacks(stacks, pairing=pairing, num_threads=threads))
                    cut = "one.tif?slice=1:5"
                    return lines + tell.score(score_stack(cut, pairing=pairing, num_threads=threads))

                yield f"TIFF {layout}, {pairing}, {threads}", work


def in_groups() -> Cases:
    def of_group(**options: Any) -> Work:
        def work() -> tell.Lines:
            make_group()
            lines = tell.json_lines({repr(key): uri for key, uri in find_stacks("maps.h5").items()})
            for stacks in (
                "maps.h5::/entry/fit",
                {"x": "maps.h5::/entry/fit", "y": stack(3)},
                ["maps.h5::/entry/fit/results/A", Path("maps.h5::/entry/fit/results/B")],
                {"part": "maps.h5::/entry/fit/results/A?slice=1:4", "all": "maps.h5::/entry/fit/results/B"},
            ):
                lines += tell.ranking(rank_stacks(stacks, **options))
            make_interleaved()
            some = {f"{i}": f"wise.h5::/data?slice=:,:,:,{i}" for i in range(3)}
            lines += tell.ranking(rank_stacks(some, **options))
            return lines + tell.ranking(rank_stacks(some, memory_limit=2000, **options))

        return work

    for pairing in PAIRINGS:
        for threads in THREADS:
            yield f"group, {pairing}, {threads}", of_group(pairing=pairing, num_threads=threads)
        yield f"group, isolated, {pairing}", of_group(pairing=pairing, isolate=True, num_threads=2)
        yield f"group, threads, {pairing}", on_executor(ThreadPoolExecutor, of_group, pairing=pairing)
        yield f"group, processes, {pairing}", on_executor(ProcessPoolExecutor, of_group, pairing=pairing)
    memory = {"stacks": three(n=9), "memory_limit": 4 * 8 * SHAPE[0] * SHAPE[1]}
    yield "memory on threads", on_executor(ThreadPoolExecutor, lambda **o: ranked(memory["stacks"], **o))


def on_executor(kind: Any, make: Callable[..., Work], **options: Any) -> Work:
    def work() -> tell.Lines:
        with kind(2) as executor:
            return make(executor=executor, **options)()

    return work


def failing() -> Cases:
    """What cannot be ranked: raised, then ranked last, also isolated and on an executor."""
    for name, (make, stacks, options) in make_errors().items():

        def work(make: Any = make, stacks: Any = stacks, options: Any = options, **more: Any) -> tell.Lines:
            make()
            return tell.ranking(rank_stacks(stacks, **{**more, **options}))

        yield f"error {name}", work
        yield f"error {name}, 2", lambda work=work: work(num_threads=2)  # type: ignore[misc]
        yield f"error {name}, last", lambda work=work: work(on_error="rank_last", num_threads=1)  # type: ignore[misc]
        if not name.startswith("option"):
            yield f"error {name}, isolated", lambda work=work: work(isolate=True, num_threads=1)  # type: ignore[misc]
            yield (
                f"error {name}, executor",
                on_executor(ThreadPoolExecutor, lambda w=work, **o: lambda: w(**o)),
            )


def live() -> Cases:
    for pairing in PAIRINGS:
        for method in METHODS:
            for threads in THREADS:

                def work(**options: Any) -> tell.Lines:
                    stacks = three(n=6)
                    ranker = StackRanker({name: each[0] for name, each in stacks.items()}, **options)
                    ranker.add({name: each[1] for name, each in stacks.items()})
                    ranker.add({name: each[2:5] for name, each in stacks.items()}).add(
                        {"fair": stacks["fair"][5]}
                    )
                    scorer = StackScorer(stacks["poor"][0].tolist(), name="p", **options)
                    scorer.add(list(stacks["poor"][1:4])).add(np.ma.masked_less(stacks["poor"][4], -1))  # type: ignore[no-untyped-call]
                    return tell.ranking(ranker.result()) + tell.score(scorer.result())

                options = {"pairing": pairing, "method": method, "num_threads": threads}
                yield f"live {method}, {pairing}, {threads}", lambda w=work, o=options: w(**o)  # type: ignore[misc]


def reports() -> Cases:
    def nexus() -> tell.Lines:
        make_group()
        lines = []
        for number, (stacks, options) in enumerate(
            [
                ("maps.h5::/entry", {}),
                (scenes()["troubles"], {"pairing": "previous"}),
                (three(), {"method": "ewoksndreg"}),
            ]
        ):
            found = rank_stacks(stacks, num_threads=1, on_error="rank_last", **options)  # type: ignore[arg-type]
            uri = found.save_nexus(f"out{number}.h5::/entry/one/ranking")
            lines += [uri, *tell.nexus(uri.replace(uri.partition("::")[2], "/")), *tell.figure(found)]
        found.save_nexus("maps.h5")
        return lines + tell.nexus("maps.h5::/")

    def correlograms() -> tell.Lines:
        make_group()
        lines = []
        for pairing in PAIRINGS:
            found = rank_stacks("maps.h5::/entry", pairing=pairing, num_threads=1)
            again = pickle.loads(pickle.dumps(found))
            for each in (found, again):
                lines += [tell.array(each.correlogram("A", i, second_opinion=i > 1)) for i in range(4)]
            lines += tell.ranking(again)
        return lines

    def task() -> tell.Lines:
        make_group()
        outputs = reg2d_preeval("maps.h5::/entry", output_configuration={"a": 1}, num_threads=1)
        lines = tell.json_lines(outputs)
        with contextlib.suppress(ImportError):
            from ndreg_preeval.ewoks.reg2d_preeval import Reg2DPreEvaluationReport

            made = Reg2DPreEvaluationReport(inputs={"image_stacks": "maps.h5::/entry", "num_threads": 1})
            made.execute()
            lines += tell.json_lines({key: made.get_output_value(key) for key in sorted(made.output_names())})
        return lines

    yield "NeXus and figures", nexus
    yield "correlograms", correlograms
    yield "task", task


def commands() -> Cases:
    """The command line, the demo first: later commands read its file."""
    file = "demo.h5::/entry/fit/results"
    calls: list[list[str]] = [
        ["rank", file, "--threads", "1", "--json", "-"],
        ["rank", file, "--threads", "2", "--json", "-"],
        ["rank", file, "--csv", "-", "--pairing", "previous"],
        ["rank", "demo.h5", "--method", "robust", "--nexus", "demo.h5::/entry/ranking"],
        ["rank", "b=" + file + "/Fe-K", "a=" + file + "/Ca-K", "-q", "--json", "-", "--isolate"],
        ["rank", "missing.h5"],
        ["rank", file + "/Fe-K"],
        ["rank", file, "--json", "-", "--csv", "-"],
        ["rank", file, "--memory-limit", "no"],
        ["rank", "--help"],
        ["rank", file, "--json", "demo.h5"],
        ["find", "demo.h5"],
        ["find", "demo.h5", "--json"],
        ["find", "demo.h5::/nothing"],
        ["--help"],
        ["demo", "--help"],
        ["--version"],
        [],
    ]

    def work() -> tell.Lines:
        lines: tell.Lines = []
        for call in [["demo", "--output", "demo.h5", "--plot", "demo.png"], *calls]:
            lines += python(*call)
        return [*lines, *tell.nexus("demo.h5::/")]

    yield "commands", work


PARTS: dict[str, Callable[[], Cases]] = {
    "memory": in_memory,
    "files": in_files,
    "groups": in_groups,
    "failing": failing,
    "live": live,
    "reports": reports,
    "commands": commands,
}
