# SPDX-License-Identifier: MIT
"""Commands of the command line: rank, find and demo."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..progress import Bar
from .arguments import parse_stacks, ranking_options
from .outputs import Output, check_no_input, check_outputs

if TYPE_CHECKING:
    from argparse import Namespace

    from ..ranking import Ranking


NO_TEXT: Final = {
    "plot": "a figure cannot be written to the standard output",
    "html": "a report is for a browser, not for the standard output",
    "nexus": "HDF5 cannot be written to the standard output",
}
"""Outputs that go to files only, and why."""


def rank(arguments: Namespace) -> int:
    """Rank the stacks; exit code."""
    from ..ranking import rank_stacks
    from ..report import check_format, table
    from ..results import made_by_command
    from ..text import terminal_width
    from .why import WrongUsage, settle, show

    wanted = settle(arguments)
    stacks = parse_stacks(arguments.uris)
    outputs = _outputs_of(arguments)
    if arguments.plot:
        check_format(arguments.plot)
    with _warnings_as_lines(arguments.quiet), _progress(arguments.quiet) as progress:
        ranking = rank_stacks(
            stacks,
            reference_stack=arguments.reference_stack,
            isolate=arguments.isolate,
            progress=progress,
            **ranking_options(arguments),
        )
    ranking = replace(ranking, _made=made_by_command(ranking.provenance, arguments.command_line))
    # Groups and links lead to files that the arguments do not name.
    check_no_input(list(outputs.values()), [stack.location for stack in ranking.stacks.values()])
    data_on_stdout = any(output.is_standard_output for output in _named_outputs(arguments).values())
    with_table = not arguments.quiet and not data_on_stdout
    if with_table:
        # Files may be pipes that wait for a reader: the table is there before.
        hint = "Reasons in full: --why, or --why STACK." if wanted is None else ""
        print(table(ranking, width=terminal_width() or 0, warnings=False, hint=hint), flush=True)
    unknown = None
    if wanted is not None:
        unknown = show(ranking, wanted, apart=data_on_stdout, below_table=with_table)
    _write(ranking, arguments)
    if unknown:
        raise WrongUsage(unknown)
    return 0


def _named_outputs(arguments: Namespace) -> dict[str, Output]:
    """Outputs that the command line names, by option."""
    names = ("json", "csv", "plot", "html", "nexus")
    return {
        name: Output(f"--{name}", path) for name in names if (path := getattr(arguments, name)) is not None
    }


def _outputs_of(arguments: Namespace) -> dict[str, Output]:
    """Check the outputs before the work; those that are files, each by its option."""
    named = _named_outputs(arguments)
    to_pipe = [name for name, output in named.items() if output.is_standard_output]
    if to_pipe == ["json", "csv"]:
        raise ValueError("--json - and --csv - cannot share the standard output: write one of them to a file")
    for name, why in NO_TEXT.items():
        if name in to_pipe:
            raise ValueError(f"--{name} needs a file name: {why}")
    files = {name: output for name, output in named.items() if name not in (*to_pipe, "nexus")}
    inputs = [*arguments.uris, *filter(None, [arguments.mask])]
    check_outputs(list(files.values()), inputs, overwrite=arguments.overwrite)
    if "nexus" in named:
        from ..report import find_target

        target = find_target(arguments.nexus, overwrite=arguments.overwrite)
        # The stacks may lie in the same file: groups are added to it, and it is not replaced.
        nexus = Output("--nexus", target.file)
        check_outputs([*files.values(), nexus], [], overwrite=arguments.overwrite, replaceable=[nexus])
    return files


def _write(ranking: Ranking, arguments: Namespace) -> None:
    """Write all outputs. One that fails does not take the others along."""
    from ..report import to_csv

    overwrite, named = arguments.overwrite, _named_outputs(arguments)
    failures: list[OSError] = []
    writers: dict[str, Callable[[str], object]] = {
        "json": lambda path: ranking.save_json(path, overwrite=overwrite),
        "csv": lambda path: ranking.to_csv(path, overwrite=overwrite),
        "nexus": lambda path: ranking.save_nexus(path, overwrite=overwrite),
        "plot": lambda path: ranking.plot(path, overwrite=overwrite),
        # Pictures would be read in this process.
        "html": lambda path: ranking.save_html(path, pictures=not arguments.isolate, overwrite=overwrite),
    }
    for name, writer in writers.items():
        if name not in named:
            continue
        if named[name].is_standard_output:
            sys.stdout.write(_json_text(ranking) if name == "json" else to_csv(ranking))
            continue
        try:
            writer(named[name].path)
        except BrokenPipeError:
            raise
        except OSError as error:
            failures.append(error)
    if failures:
        for other in failures[1:]:
            failures[0].add_note(str(other))
        raise failures[0]


def _json_text(ranking: Ranking) -> str:
    from ..report import to_json

    return to_json(ranking, indent=1) + "\n"


def find(arguments: Namespace) -> int:
    """List the stacks of a file; exit code."""
    from ..stacks import find_stacks
    from ..text import terminal_width, text_of
    from .listing import long_lines, look_at, one_line, short_lines

    to_person = sys.stdout.isatty() and not arguments.json
    with _warnings_as_lines(quiet=False):
        found = find_stacks(arguments.uri)
        stacks = look_at(found) if to_person or arguments.long else {}
    width = terminal_width() or 0
    if arguments.json:
        import json

        data: dict[str, Any] = {text_of(name): text_of(uri) for name, uri in found.items()}
        data |= {text_of(name): details.as_data() for name, details in stacks.items()}
        print(json.dumps(data, indent=1))
    elif arguments.long:
        print("\n".join(long_lines(stacks, width)))
    elif to_person:
        print("\n".join(short_lines(stacks, width)))
    else:
        for name, uri in found.items():
            print(f"{one_line(name)}\t{one_line(uri)}")
    return 0


def demo(arguments: Namespace) -> int:
    """Make demo stacks, rank them, check the answer; exit code 1 when the answer is wrong."""
    from ..ranking import rank_stacks
    from ..report import check_format, require_matplotlib, save_figure, table
    from ..text import TEXT_WIDTH, terminal_width, wrapped
    from .demo import check_demo, make_demo
    from .demo_files import FIGURE_TITLE, is_demo_data, is_demo_figure

    path = Path(arguments.output)
    if not arguments.output or Output("--output", arguments.output).is_standard_output:
        raise ValueError(
            "--output needs the name of a file, or of a folder for it: HDF5 is written to files only"
        )
    if path.is_dir():
        path /= "ndreg_preeval_demo.h5"
    elif arguments.output.endswith((os.sep, "/")):
        raise FileNotFoundError(errno.ENOENT, "--output: there is no such folder", arguments.output)
    if path.exists() and not path.is_file():
        raise ValueError(f"--output {str(path)!r} is no regular file, which HDF5 needs")
    plot = arguments.plot
    if plot is None:
        plot = str(path.with_suffix(".png"))
        try:
            require_matplotlib()
        except ImportError as error:
            print(f"note: {error}", file=sys.stderr)
            plot = None
    data = Output("--output", str(path))
    figures = [] if plot is None else [Output("--plot", plot)]
    if plot is not None:
        check_format(plot)
    own = [
        output
        for output, is_own in ((data, is_demo_data), *((one, is_demo_figure) for one in figures))
        if is_own(output.path)
    ]
    check_outputs([data, *figures], [], overwrite=arguments.overwrite, replaceable=own)
    truth = make_demo(path, seed=arguments.seed, overwrite=arguments.overwrite or data in own)
    with _warnings_as_lines(quiet=False), _progress(quiet=False) as progress:
        ranking = rank_stacks(truth.uri, progress=progress)
    check = check_demo(ranking, truth)
    width = terminal_width() or 0
    print(table(ranking, width=width, warnings=False))
    print("\n".join(["", *wrapped(str(check), width or TEXT_WIDTH), f"stacks: {truth.uri}"]))
    if plot is not None:
        save_figure(
            ranking.plot(), plot, overwrite=arguments.overwrite or figures[0] in own, title=FIGURE_TITLE
        )
        print(f"figure: {plot}")
    return 0 if check.passed else 1


@contextlib.contextmanager
def _warnings_as_lines(quiet: bool) -> Iterator[None]:
    """`RankingWarning`s as lines on stderr once the work is done; others as Python shows them."""
    from ..errors import RankingWarning
    from ..text import fitting

    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", RankingWarning)
            yield
    finally:
        for one in caught:
            if not issubclass(one.category, RankingWarning):
                warnings.showwarning(one.message, one.category, one.filename, one.lineno)
            elif not quiet:
                print(fitting("warning: " + " ".join(str(one.message).split()), sys.stderr), file=sys.stderr)


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr where that is a terminal, gone when the work is done."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    with contextlib.closing(Bar()) as bar:
        yield bar
