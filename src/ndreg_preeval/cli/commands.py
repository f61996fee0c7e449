# SPDX-License-Identifier: MIT
"""Commands of the command line: rank, find, demo and info."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..progress import Bar
from .arguments import check_outputs, parse_stacks, ranking_options

if TYPE_CHECKING:
    from argparse import Namespace

    from ..ranking import Ranking

COMPANIONS: Final = ("numpy", "h5py", "silx", "hdf5plugin", "tqdm", "jinja2", "matplotlib", "ewokscore")


def rank(arguments: Namespace) -> int:
    """Rank the stacks; exit code."""
    from ..atomic_write import write_text
    from ..ranking import rank_stacks
    from ..report import table, to_csv
    from ..results import made_by_command
    from ..text import terminal_width
    from .why import WrongUsage, settle, show

    wanted = settle(arguments)
    written = (arguments.json, arguments.csv, arguments.plot, arguments.html)
    outputs = [path for path in written if path and path != "-"]
    if arguments.json == "-" and arguments.csv == "-":
        raise ValueError("--json - and --csv - cannot share the standard output: write one of them to a file")
    if arguments.plot == "-":
        raise ValueError("--plot needs a file name: a figure cannot be written to the standard output")
    if arguments.html == "-":
        raise ValueError("--html needs a file name: a report is for a browser, not for the standard output")
    if arguments.nexus == "-":
        raise ValueError("--nexus needs a file name: HDF5 cannot be written to the standard output")
    if arguments.overwrite and not arguments.nexus:
        raise ValueError("--overwrite goes with --nexus: other outputs are replaced without it")
    stacks = parse_stacks(arguments.uris)
    check_outputs(outputs, [*arguments.uris, *filter(None, [arguments.mask])])
    if arguments.nexus:
        from ..report import find_target

        target = find_target(arguments.nexus, overwrite=arguments.overwrite)
        # The stacks may lie in the same file: groups are added to it, and it is not replaced.
        check_outputs([*outputs, target.file], [])
    if arguments.plot:
        from ..report import check_format

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
    check_outputs(outputs, [stack.location for stack in ranking.stacks.values()])
    data_on_stdout = "-" in (arguments.json, arguments.csv)
    with_table = not arguments.quiet and not data_on_stdout
    if with_table:
        # Files may be pipes that wait for a reader: the table is there before.
        hint = "Reasons in full: --why, or --why STACK." if wanted is None else ""
        print(table(ranking, width=terminal_width() or 0, warnings=False, hint=hint), flush=True)
    unknown = None
    if wanted is not None:
        unknown = show(ranking, wanted, apart=data_on_stdout, below_table=with_table)
    for path, text in ((arguments.json, _json_text), (arguments.csv, to_csv)):
        if path == "-":
            sys.stdout.write(text(ranking))
        elif path:
            write_text(path, text(ranking))
    if arguments.nexus:
        ranking.save_nexus(arguments.nexus, overwrite=arguments.overwrite)
    if arguments.plot:
        ranking.plot(arguments.plot)
    if arguments.html:
        # Pictures would be read in this process.
        ranking.save_html(arguments.html, pictures=not arguments.isolate)
    if unknown:
        raise WrongUsage(unknown)
    return 0


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
    from ..report import check_format, require_matplotlib, table
    from .demo import check_demo, make_demo

    path = Path(arguments.output)
    if path.is_dir():
        path /= "ndreg_preeval_demo.h5"
    plot = arguments.plot
    if plot is None:
        plot = str(path.with_suffix(".png"))
        try:
            require_matplotlib()
        except ImportError as error:
            print(f"note: {error}", file=sys.stderr)
            plot = None
    if plot is not None:
        check_format(plot)
    check_outputs([str(path), *([plot] if plot else [])], [])
    truth = make_demo(path, seed=arguments.seed)
    with _warnings_as_lines(quiet=False), _progress(quiet=False) as progress:
        ranking = rank_stacks(truth.uri, progress=progress)
    check = check_demo(ranking, truth)
    print(table(ranking, warnings=False))
    print(f"\n{check}\nstacks: {truth.uri}")
    if plot is not None:
        ranking.plot(plot)
        print(f"figure: {plot}")
    return 0 if check.passed else 1


def info(arguments: Namespace) -> int:
    """Print versions, paths and the build; exit code."""
    facts = _facts()
    if arguments.json:
        import json

        print(json.dumps(facts, indent=1))
        return 0
    width = max(map(len, facts))
    for name, value in facts.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        print(f"{name:<{width}}  {shown}")
    return 0


def _facts() -> dict[str, Any]:
    from importlib.metadata import PackageNotFoundError, version

    from ..build_info import build_config, get_cmake_dir, get_include, get_pkgconfig_dir

    facts: dict[str, Any] = dict(build_config())
    for name in COMPANIONS:
        try:
            facts[name] = version(name)
        except PackageNotFoundError:
            facts[name] = "not installed"
    facts["package"] = str(Path(__file__).resolve().parents[1])
    folders = {"include": get_include, "cmake": get_cmake_dir, "pkgconfig": get_pkgconfig_dir}
    for name, folder in folders.items():
        try:
            facts[name] = folder()
        except FileNotFoundError:
            facts[name] = "not installed"
    return facts


def fact(name: str) -> str:
    """Text that `--version`, `--includes`, `--cmakedir` or `--pkgconfigdir` prints."""
    from ..build_info import build_config, get_cmake_dir, get_include, get_pkgconfig_dir

    match name:
        case "version":
            return str(build_config()["version"])
        case "includes":
            return f"-I{get_include()}"
        case "cmakedir":
            return get_cmake_dir()
        case _:
            return get_pkgconfig_dir()


@contextlib.contextmanager
def _warnings_as_lines(quiet: bool) -> Iterator[None]:
    """`RankingWarning`s as lines on stderr once the work is done; others as Python shows them."""
    from ..errors import RankingWarning

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
                print(_as_lines("warning: " + " ".join(str(one.message).split())), file=sys.stderr)


def _as_lines(text: str) -> str:
    """Text in lines that fit the terminal that standard error is; one line where it is none."""
    from ..text import printable, terminal_width, wrapped

    width = terminal_width(sys.stderr) if sys.stderr.isatty() else None
    return text if width is None else "\n".join(wrapped(printable(text, len(text)), max(width, 20)))


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr where that is a terminal, gone when the work is done."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    with contextlib.closing(Bar()) as bar:
        yield bar
