# SPDX-License-Identifier: MIT
"""An argument parser that says what was probably meant, the same in every version of Python."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from ..errors import clip
from ..text import did_you_mean
from .help_layout import HelpLayout

DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
"""Dashes that word processors and web pages make of a hyphen."""


class Parser(argparse.ArgumentParser):
    """The parser of a command. Words between options may stand anywhere; wrong ones are told with the usage of the command."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"allow_abbrev": False, "formatter_class": HelpLayout, **given})
        # Python has suggestions since 3.14, for choices alone, in words of its own.
        self.suggest_on_error = False
        self._within = False

    @property
    def flags(self) -> list[str]:
        """All options of this command."""
        return [flag for action in self._actions for flag in action.option_strings]

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse the words of this command; none is left."""
        if self._within:
            return super().parse_known_args(args, namespace)
        words = list(args or ())
        for word in options_among(words):
            if not self._knows(word):
                self.error(self.unknown_option(word))
        self._within = True
        try:
            # Behind "--" all are words: the two runs of the other way would take it away in the first.
            parse = super().parse_known_args if "--" in words else self.parse_known_intermixed_args
            found, rest = parse(words, namespace)
        finally:
            self._within = False
        if rest:
            self.error(f"too many arguments: {' '.join(map(shown, rest))}")
        return found, []

    def unknown_option(self, word: str) -> str:
        """Message about a word that is no option of this command."""
        name = word.partition("=")[0]
        hyphens = "--" + name.lstrip(DASHES + "-") if name[0] in DASHES else name
        return f"unrecognized option {shown(name)}{did_you_mean(hyphens, self.flags, str)}"

    def error(self, message: str) -> Any:
        """Print the usage of this command and one line, and end with exit code 2."""
        super().error(message if len(message) < 3800 else clip(message, 3800))

    def _knows(self, word: str) -> bool:
        flags = self.flags
        if word.partition("=")[0] in flags:
            return True
        return not word.startswith("--") and word[:2] in flags


class MainParser(argparse.ArgumentParser):
    """The parser of the program: its first word is a command."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"allow_abbrev": False, "formatter_class": HelpLayout, **given})
        self.suggest_on_error = False
        self.commands: dict[str, Parser] = {}

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse all words; the first one that is no option must be a command."""
        words = sys.argv[1:] if args is None else list(args)
        for word in words:
            if not word.startswith("-"):
                if word not in self.commands:
                    self.error(self._no_command(word))
                break
            self._check_option(word)
        return super().parse_known_args(words, namespace)

    def _check_option(self, word: str) -> None:
        mine = [flag for action in self._actions for flag in action.option_strings]
        name = word.partition("=")[0]
        if name in mine or name == "--":
            return
        homes = [command for command, parser in self.commands.items() if name in parser.flags]
        if homes:
            self.error(f"{name} is an option of {' and '.join(homes)}: write it after the command")
        self.error(f"unrecognized option {shown(name)}{did_you_mean(name, mine, str)}")

    def _no_command(self, word: str) -> str:
        listed = ", ".join(self.commands)
        if os.path.exists(word) or re.search(r"::|[./*]", word):  # noqa: PTH110 - Path raises where this says no
            return (
                f"say what to do with {shown(word)}: {listed}; did you mean: {self.prog} rank {shown(word)}"
            )
        meant = did_you_mean(word, self.commands, str)
        return f"{shown(word)} is no command; there are {listed}{meant}"


class OneOf:
    """Reader of one of some words."""

    def __init__(self, choices: Iterable[str]) -> None:
        self.choices: list[str] = list(choices)

    def __call__(self, text: str) -> str:
        """Return the text, if it is one of the choices."""
        if text in self.choices:
            return text
        listed = ", ".join(self.choices)
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is none of {listed}{did_you_mean(text, self.choices, str)}"
        )


def options_among(words: Sequence[str]) -> Iterator[str]:
    """Words that are meant as options: as argparse decides it, numbers and what holds a blank are none.

    And those with a dash that is no hyphen, unless a file is called so.
    """
    for word in words:
        if word == "--":
            return
        if len(word) < 2 or " " in word:
            continue
        hyphen, dash = word[0] == "-", word[0] in DASHES
        if (hyphen and not re.fullmatch(r"-[\d.].*", word)) or (dash and not os.path.exists(word)):  # noqa: PTH110
            yield word


def shown(word: str) -> str:
    """A word of the command line in a message."""
    return repr(clip(word, 200))
