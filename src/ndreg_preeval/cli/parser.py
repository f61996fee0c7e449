# SPDX-License-Identifier: MIT
"""Commands and options of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, Final

from ..options import DECLARED_OPTIONS, NONE, DeclaredOption
from .completion import SHELLS, WHERE
from .parsing import MainParser, OneOf, Parser
from .readers import byte_size, not_negative, number, positive, whole
from .why import ALL

GROUPS: Final = {
    "score": "what is compared, and how",
    "aligner": "what the aligner will do",
    "input": "how stacks are read",
    "machine": "machine",
}
"""Headings of the options of a ranking."""

RANK_HELP: Final = """\
A URI is FILE::/path/in/file (or silx:///FILE?path=/path&slice=0:10). One URI may name a group or a whole
file: all image stacks in it are ranked. Several URIs are one stack each; NAME=URI gives it a name.

Stacks whose images are in many files are named by patterns, in quotes, with * ? [...] in the names of files
and datasets, ** for any folders, and {stack} for the name of the stack; a folder is the stack of its images.

  ndreg-preeval rank "scan_*.h5::/1.1/xrf/{stack}"     a file per image, with a map of each element
  ndreg-preeval rank "scan_*.h5"                       the same, where the files hold no other images
  ndreg-preeval rank "{stack}/im_*.tif"                a folder per stack; or their folder: rank FOLDER
  ndreg-preeval rank Ca/ Fe/
  ndreg-preeval rank "Ca=run1/Ca_*.tif" "Fe=run1/Fe_*.tif"
  ndreg-preeval find "scan_*.h5::/1.1/xrf/{stack}"     what it would rank
"""


def make_parser() -> MainParser:
    """All commands and options."""
    parser = MainParser(
        prog="ndreg-preeval",
        usage="%(prog)s [options] COMMAND ...",
        description="Which of several image stacks is the best one to align with? "
        "Ranks stacks of images by the correlogram of every image with the reference image.",
        epilog="ndreg-preeval COMMAND --help tells the options of a command.",
    )
    parser.add_argument("--version", action=_Show, help="print the version and exit")
    parser.add_argument("--cmakedir", action=_Show, help="print the folder of the CMake package and exit")
    parser.add_argument(
        "--pkgconfigdir", action=_Show, help="print the folder of the pkg-config file and exit"
    )
    parser.add_argument(
        "--includes", action=_Show, help="print the compiler option for the C++ headers and exit"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    parser.commands = {}
    for name, help, fill in (
        ("rank", "rank image stacks, best first", _add_rank),
        ("find", "list the image stacks of a file, pattern or folder", _add_find),
        ("demo", "make demo stacks, rank them, check the answer", _add_demo),
        ("info", "show versions, paths, the build, and optional libraries", _add_info),
        ("completion", "print a script that completes these commands in a shell", _add_completion),
        ("man", "print the manual page", _add_man),
    ):
        parser.commands[name] = command = commands.add_parser(name, help=help, prog=f"{parser.prog} {name}")
        command.set_defaults(command=name)
        fill(command)
    return parser


class _Show(argparse.Action):
    """Print one fact and stop."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from .info import fact

        print(fact(self.dest))
        parser.exit()


class _One(argparse.Action):
    """Take one URI. Where there are several, a shell has most likely put names in the place of a pattern."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: object, values: Any, *_: object) -> None:
        if len(values) > 1:
            parser.error(
                f"find takes one URI, not {len(values)}: {', '.join(map(repr, values[:2]))}"
                f"{', ...' if len(values) > 2 else ''}; put a pattern in quotes, so that "
                "the shell leaves it as it is"
            )
        setattr(namespace, self.dest, values[0])


def _add_rank(parser: Parser) -> None:
    parser.set_defaults(wrong_usage=parser.error)
    parser.description = "Rank image stacks, best first."
    parser.usage = "%(prog)s [options] URI [URI ...]"
    parser.epilog = RANK_HELP
    uris = parser.add_argument(
        "uris",
        nargs="+",
        metavar="URI",
        help="[NAME=]FILE[::/path]: a group, or one or more stacks; a pattern or a folder of images",
    )
    uris.required = False  # `settle` says what is missing: --why may have taken it
    output = parser.add_argument_group("output")
    output.add_argument("--json", metavar="FILE", help="write everything as JSON; - is standard output")
    output.add_argument("--csv", metavar="FILE", help="write one row per image as CSV; - is standard output")
    output.add_argument("--plot", metavar="FILE", help="write a figure (png, pdf, svg); needs matplotlib")
    output.add_argument(
        "--html", metavar="FILE", help="write a report for any browser: one file, which needs no network"
    )
    output.add_argument(
        "--nexus",
        metavar="URI",
        help="write everything to FILE[::/entry/ranking] as NeXus; what the file holds stays as it is",
    )
    output.add_argument(
        "--overwrite",
        action="store_true",
        help="replace output files that exist, and with --nexus a ranking that was written before; never an input",
    )
    output.add_argument(
        "--why",
        nargs="?",
        const=ALL,
        action="append",
        metavar="STACK",
        help="print reasons, warnings and numbers in full, of all stacks or of STACK (may be repeated), below the table; "
        "behind the URIs, or as --why=STACK",
    )
    output.add_argument("-q", "--quiet", action="store_true", help="no table, no progress, no warnings")
    _add_verbose(output)
    groups = {name: parser.add_argument_group(title) for name, title in GROUPS.items()}
    for option in DECLARED_OPTIONS:
        if option.flag:
            _add_option(groups[option.group], option)
        if option.name == "method":
            groups["score"].add_argument(
                "--reference-stack", metavar="NAME", help="take this stack: no ranking is computed"
            )
    groups["machine"].add_argument(
        "--isolate", action="store_true", help="read in a child process: for files from unknown sources"
    )


def _add_verbose(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="say on standard error how each stack is read, by what, and where it is scored; -vv: libraries, too",
    )


def _add_option(group: argparse._ArgumentGroup, option: DeclaredOption) -> None:
    """Add an option of the ranking as it is declared."""
    arguments: dict[str, Any] = {"dest": option.name, "default": option.default, "help": option.help}
    if option.choices:
        # None has no text of its own: its word becomes None again in `ranking_options`.
        words = [NONE if choice is None else choice for choice in option.choices]
        arguments |= {"choices": words, "type": OneOf(words)}
        if option.default is None:
            arguments["default"] = NONE
    else:
        arguments["type"], hint = READERS.get(option.name, (NUMBERS.get(option.type, option.type), ""))
        arguments["help"] += hint
        arguments["metavar"] = option.unit
    if "default" not in option.help:
        arguments["help"] += " (default: none)" if arguments["default"] is None else " (default: %(default)s)"
    if option.purposes:
        arguments["metavar"] = option.name.upper()
        arguments["help"] += "".join(f"\n  {choice}  {what}" for choice, what in option.purposes.items())
    group.add_argument(option.flag, *ALIASES.get(option.name, ()), **arguments)


def _add_find(parser: Parser) -> None:
    parser.usage = "%(prog)s [-h] [-l] [--json] URI"
    parser.description = (
        "List the image stacks of a file, group, pattern or folder: name, a tab, what rank takes."
    )
    parser.add_argument(
        "uri",
        metavar="URI",
        nargs="+",
        action=_One,
        help="FILE, FILE::/group, a folder, or a pattern in quotes: '{stack}/im_*.tif'",
    )
    parser.add_argument(
        "-l",
        "--long",
        action="store_true",
        help="a table of images, shape, dtype, chunks, compression and sizes; no pixel is read",
    )
    parser.add_argument(
        "--json", action="store_true", help="as a JSON object, name: URI; with -l, name: all of it"
    )


def _add_demo(parser: Parser) -> None:
    parser.description = (
        "Write a NeXus file with element maps of one drifting scene, rank them, and compare the answer "
        "with the drift that was put in."
    )
    parser.add_argument(
        "--output",
        metavar="PATH",
        default="ndreg_preeval_demo.h5",
        help="file to write, or a folder for it (default: %(default)s)",
    )
    parser.add_argument("--plot", metavar="FILE", help="figure to write (default: beside the data, .png)")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace files that are not of an earlier demo, too"
    )
    _add_verbose(parser)
    parser.add_argument(
        "--seed", type=not_negative, default=0, metavar="N", help="another seed, another scene"
    )


def _add_info(parser: Parser) -> None:
    parser.description = "Show versions, paths and how this was built, for bug reports; and which other libraries are here, what each brings, and how to get it."
    parser.add_argument("--json", action="store_true", help="as a JSON object")


def _add_completion(parser: Parser) -> None:
    parser.description = "Print a script by which the shell completes commands, options, methods, choices and names of files; needs shtab."
    parser.epilog = WHERE
    parser.add_argument("shell", type=OneOf(SHELLS), choices=SHELLS, help="the shell that is to complete")


def _add_man(parser: Parser) -> None:
    parser.description = "Print the manual page, in the form that man reads."
    parser.epilog = """\
  ndreg-preeval man | man -l -  to read it
  ndreg-preeval man > ~/.local/share/man/man1/ndreg-preeval.1  for man ndreg-preeval
"""


ALIASES: Final[dict[str, tuple[str, ...]]] = {"image_axis": ("--image-axis",)}
"""Other names of options."""

READERS: Final[dict[str, tuple[Callable[[str], object], str]]] = {
    "mask": (str, ""),
    "num_threads": (positive, ""),
    "memory_limit": (byte_size, "; SIZE is a number of bytes, or such as 512M or 2G"),
}
"""Readers of texts that the option's type does not read as it should, each with what the help adds."""

NUMBERS: Final[dict[type, Callable[[str], object]]] = {int: whole, float: number}
"""Readers of the types of options that are numbers, which say in words what is wrong."""
