# SPDX-License-Identifier: MIT
"""Fields for the inputs of the task: what each shows, and which value its text means."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from ndreg_preeval.options import DECLARED_OPTIONS, NONE, DeclaredOption


def _as_text(stacks: Any) -> str:
    return stacks if isinstance(stacks, str) else json.dumps(stacks)


def _filled(text: str) -> str:
    """The text of a field; an empty field is an input that was not given."""
    if not text.strip():
        raise ValueError("the field is empty")
    return text.strip()


def _from_text(text: str) -> Any:
    """JSON of a mapping or list, else the URI of a group."""
    text = _filled(text)
    return json.loads(text) if text[0] in "[{" else text


def _choice(value: Any) -> Any:
    """What a list of choices shows, and the task takes: None is to Orange an input that was not given."""
    return NONE if value is None else value


def _line_shown(value: Any) -> str:
    """Text of a value; an array of pixels has none."""
    if value is None:
        return ""
    if not isinstance(value, str | int | float):
        raise TypeError("no line of text can say it")
    return str(value)


def _line_meant(option: DeclaredOption) -> Callable[[str], Any]:
    """Reader of the text of an option; text that means nothing stays, for the ranking to say what it asks for."""

    def read(text: str) -> Any:
        text = _filled(text)
        if text.lower() == NONE:
            raise ValueError("as an empty field")
        if option.type is object:
            return text
        readers: list[Callable[[str], Any]] = [option.type]
        if option.unit == "SIZE":
            from ndreg_preeval.cli.readers import byte_size

            readers.insert(0, byte_size)
        for reader in readers:
            with contextlib.suppress(Exception):  # readers of the command line raise what argparse shows
                return reader(text)
        return text

    return read


def _field(option: DeclaredOption) -> dict[str, Any]:
    if option.choices:
        return {"value_for_type": tuple(map(_choice, option.choices)), "serialize": _choice}
    if option.default is None:
        return {"value_for_type": "", "serialize": _line_shown, "deserialize": _line_meant(option)}
    return {"value_for_type": option.default}


def options_of(form: str) -> dict[str, dict[str, Any]]:
    """Return the fields of the options that a part of the form has, by name: arguments of `ParameterForm`."""
    return {option.name: _field(option) for option in DECLARED_OPTIONS if option.form == form}


FIELDS: Final[dict[str, dict[str, Any]]] = {
    "image_stacks": {"value_for_type": "", "serialize": _as_text, "deserialize": _from_text},
    "reference_stack": {"value_for_type": "", "deserialize": _filled},
    **options_of("ranking"),
    "output_url": {"value_for_type": "", "deserialize": _filled},
    "overwrite": {"value_for_type": False},
    "skip": {"value_for_type": False},
}
"""Inputs of the task that always have a field."""

BOXES: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "Aligner and mask": options_of("aligner"),
    "Reading and threads": options_of("reading"),
}
"""Inputs whose fields are in a box that can be opened, by the title of the box."""

DEFAULTS: Final[Mapping[str, Any]] = {
    option.name: _choice(option.default) if option.choices else option.default for option in DECLARED_OPTIONS
}
"""Meaning of the fields of options as long as nobody sets them."""

HELP: Final[Mapping[str, str]] = {
    option.name: f"{option.help[0].upper()}{option.help[1:]}."
    + (f" For instance {option.examples[0]}." if option.default is None and not option.choices else "")
    for option in DECLARED_OPTIONS
}
"""Purposes of fields, as their tooltips say."""


def label(name: str) -> str:
    """Return what stands before the field of an input."""
    return {"num_threads": "Threads"}.get(name) or name.replace("_", " ").capitalize().replace("url", "URL")
