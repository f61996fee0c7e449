# SPDX-License-Identifier: MIT
"""HTML of rankings: names and messages come from files that nobody vouches for, and all of it is escaped."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ...atomic_write import write_text
from ...errors import clip
from ...text import printable
from ..colours import TRUST
from ..export import configuration
from .facts import TEXT, ranking_facts, stack_facts
from .pictures import Picture, pictures_of

if TYPE_CHECKING:
    from ...results import RankingData, StackScore

TEMPLATES: Final = Path(__file__).with_name("templates")
PICTURED_FIRST: Final = 30
PICTURED_LAST: Final = 10
"""Numbers of stacks from the top and from the end whose images are shown: a page has to stay small."""


def ranking_html(ranking: RankingData) -> str:
    """A ranking for a notebook: verdict, table and warnings, without scripts and pictures."""
    return _render("ranking.html", ranking=ranking_facts(ranking, images=False), style=_file("parts.css"))


def stack_html(stack: StackScore) -> str:
    """A stack for a notebook: what it is, the values of its images, and why these are not trusted."""
    return _render("stack.html", stack=stack_facts(stack, stack.name), style=_file("parts.css"))


def save_html(
    ranking: RankingData, path: str | os.PathLike[str], *, pictures: bool = True, overwrite: bool = True
) -> None:
    """Write a ranking as one HTML file, which needs no other file and no network.

    Parameters
    ----------
    ranking : RankingData
        What to show. Images of the stacks are read again for their pictures; where these
        are gone, the page says so.
    path : str or path-like
        File to write.
    pictures : bool
        Read images again, and show them.
    overwrite : bool
        Replace a file that exists, when the new one is complete.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    text = report_html(ranking, pictures=pictures)
    write_text(path, text, overwrite=overwrite)


def report_html(ranking: RankingData, *, pictures: bool = True) -> str:
    """The page of `save_html`."""
    from datetime import datetime

    from ... import core

    style = _file("parts.css") + _file("report.css")
    script = _file("report.js")
    facts = ranking_facts(ranking)
    return _render(
        "report.html",
        ranking=facts,
        pictures=_pictures(ranking) if pictures else [([], "")] * len(facts.stacks),
        settings=_settings(ranking),
        style=style,
        script=script,
        policy="; ".join(
            [
                "default-src 'none'",
                "img-src data:",
                f"style-src '{_digest(style)}'",
                f"script-src '{_digest(script)}'",
                "base-uri 'none'",
                "form-action 'none'",
            ]
        ),
        version=core.build_config()["version"],
        date=datetime.now().astimezone().isoformat(sep=" ", timespec="minutes"),
    )


def _pictures(ranking: RankingData) -> list[tuple[list[Picture], str]]:
    """Pictures of each stack, and why there are none."""
    stacks = list(ranking.stacks.items())
    found: list[tuple[list[Picture], str]] = []
    for place, (key, stack) in enumerate(stacks):
        if PICTURED_FIRST <= place < len(stacks) - PICTURED_LAST:
            found.append(
                ([], f"Pictures are of the first {PICTURED_FIRST} and the last {PICTURED_LAST} stacks.")
            )
        else:
            found.append(pictures_of(ranking, key, stack))
    return found


def _settings(ranking: RankingData) -> list[tuple[str, str]]:
    """Method and options, each with its value as text."""
    told = configuration(ranking)
    pairs: list[tuple[str, Any]] = _circumstances(ranking)
    pairs += [(f"method: {name}", value) for name, value in told["method"].items()]
    pairs += [
        (name, value) for name, value in told["options"].items() if name not in ("method", "num_threads")
    ]
    pairs.append(("threads of each call", told["num_threads"]))
    return [(printable(name.replace("_", " "), 80), _setting(value)) for name, value in pairs]


def _circumstances(ranking: RankingData) -> list[tuple[str, Any]]:
    """When and by which command the ranking was made, as far as it knows."""
    known = ranking.provenance
    if known is None:
        return []
    pairs: list[tuple[str, Any]] = []
    if known.date is not None:
        pairs.append(("ranked", f"{known.date}, by version {known.version or 'unknown'}"))
    if known.command_line is not None:
        import shlex

        pairs.append(("command", shlex.join(known.command_line)))
    return pairs


def _setting(value: Any) -> str:
    if value is None:
        return "\u2013"
    if isinstance(value, dict):
        # Of a mask its size and number of valid pixels: its bits tell a person nothing.
        text = ", ".join(f"{name}: {of_it}" for name, of_it in value.items() if name != "bits")
    else:
        text = str(value)
    return printable(clip(text, TEXT), TEXT, keep_end=False)


def _digest(text: str) -> str:
    """What a policy allows instead of anything: the digest of the one style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@functools.cache
def _file(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@functools.cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["colours"] = {key: colour for key, (colour, _) in TRUST.items()}
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    return environment


def _render(template: str, **what: Any) -> str:
    text: str = _environment().get_template(template).render(**what)
    return text
