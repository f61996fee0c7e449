# SPDX-License-Identifier: MIT
"""`main`: what ends the command line, and with which exit code."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Sequence
from typing import Final

from .parser import make_parser
from .records import records_as_lines
from .why import WrongUsage

EXIT_OK: Final = 0
EXIT_BAD_INPUT: Final = 1
EXIT_USAGE: Final = 2
EXIT_INTERRUPTED: Final = 130
EXIT_BROKEN_PIPE: Final = 141

MAX_MESSAGE: Final = 3800

HOMES: Final = {"info": "info", "completion": "completion", "man": "completion"}
"""Modules of commands; those that are not named are in `commands`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `ndreg-preeval` with these arguments; gives the exit code.

    0: done. 1: bad input, with one line on stderr. 2: wrong usage. 130: interrupted.
    """
    _open_closed_streams()
    _print_anything()
    try:
        try:
            code = _run(argv)
        except SystemExit as stop:  # argparse: help, or usage
            code = stop.code if isinstance(stop.code, int) else EXIT_USAGE
        sys.stdout.flush()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader has enough. Nothing may be flushed into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_BROKEN_PIPE
    except WrongUsage as error:
        print(f"ndreg-preeval rank: error: {one_line(error)}", file=sys.stderr)
        return EXIT_USAGE
    except MemoryError as error:
        return _fail(f"not enough memory. {one_line(error)}")
    except (ValueError, TypeError, LookupError, OSError, ImportError, RuntimeError) as error:
        return _fail(one_line(error))
    return code


def _run(argv: Sequence[str] | None) -> int:
    parser = make_parser()
    arguments = parser.parse_args(argv)
    if "command" not in arguments:
        parser.print_usage(sys.stderr)
        print(f"{parser.prog}: error: say what to do: {', '.join(parser.commands)}", file=sys.stderr)
        return EXIT_USAGE
    arguments.command_line = (parser.prog, *(sys.argv[1:] if argv is None else argv))
    module = importlib.import_module(f".{HOMES.get(arguments.command, 'commands')}", __package__)
    command = getattr(module, arguments.command)
    with records_as_lines(getattr(arguments, "verbose", 0)):
        code: int = command(arguments)
    return code


def _fail(message: str) -> int:
    print(f"ndreg-preeval: error: {message}", file=sys.stderr)
    return EXIT_BAD_INPUT


def one_line(error: BaseException) -> str:
    """The message of an error and its notes as one line of bounded length."""
    # str() of a KeyError is the repr of its key; of a message we want the text.
    if isinstance(error, KeyError) and len(error.args) == 1 and isinstance(error.args[0], str):
        text = error.args[0]
    else:
        text = str(error)
    parts = [text or type(error).__name__, *getattr(error, "__notes__", [])]
    line = "; ".join(re.sub(r"\s*\n\s*", " ", str(part)).strip() for part in parts)
    return line if len(line) <= MAX_MESSAGE else line[:MAX_MESSAGE] + "..."


def _open_closed_streams() -> None:
    """What is said to a stream that was closed before the program began (`>&-`) goes nowhere, and no file takes its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - open to the end


def _print_anything() -> None:
    """Names that the terminal cannot show are shown escaped, instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
