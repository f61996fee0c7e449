# SPDX-License-Identifier: MIT
"""The kernels for each instruction set that this build has, forced by NDREG_PREEVAL_ISA."""

from __future__ import annotations

from contextlib import ExitStack

from common.child_process import Worker
from common.report import NOT_MEASURED, Section, table
from common.settings import Settings, progress
from common.timing import require
from ndreg_preeval import build_config

from .cases import Case
from .rankings import EVIDENCE, PEAK_TO_MEAN
from .separate_processes import configuration, in_turn

BASELINE = "baseline"

NOTE = """\
Milliseconds per image of `rank_stacks` on a stack of 5 float64 images in one thread, in single and in double precision, and in
brackets how many times faster than the baseline kernels in the same run. Each set of kernels runs in a process of its own,
in turn."""


def instruction_sets(settings: Settings) -> Section:
    """A row per image and method, a column per instruction set."""
    rows = []
    missing = []
    names = list(build_config()["isas"])
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for name in names:
            worker = stack.enter_context(Worker({"NDREG_PREEVAL_ISA": name}))
            try:
                running = worker.call(configuration)["isa"]
            except RuntimeError as reason:  # this CPU lacks it
                missing.append(f"{name} ({str(reason).splitlines()[-1]})")
                continue
            require(running == name, f"kernels {running} run instead of {name}")
            workers[name] = worker
        for method in (PEAK_TO_MEAN, EVIDENCE):
            for precision in ("single", "double"):
                for size in (256,) if settings.quick else (256, 1024):
                    program = f"{method} in {precision}"
                    where = {name: (worker, program) for name, worker in workers.items()}
                    found = in_turn(where, Case(5, size, size, "float64"), settings.runs)
                    cells = [
                        f"{found.milliseconds(name)} ({found.factor(BASELINE, name, 2)})"
                        if name in found.times
                        else NOT_MEASURED
                        for name in names
                    ]
                    rows.append([f"`{method}` in {precision}, {size} x {size}", *cells])
                    progress(str(rows[-1]))
    note = NOTE + "".join(f" Not measured: {each}." for each in missing)
    return Section("Instruction sets", note, [table(["image", *names], rows)])
