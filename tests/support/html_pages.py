# SPDX-License-Identifier: MIT
"""HTML taken apart: elements with their attributes, and the text that is to be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "hr", "input"}
HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
HOSTILE_TEXTS = (
    HOSTILE,
    "</script><script>document.title='owned'</script>",
    "</style><style>body{display:none}</style>",
    "\"' onmouseover='document.title=1' x=\"",
    "{{ 7 * 7 }}{% raw %}&lt;b&gt;",
    "--><!-- <svg/onload=alert(1)>",
    "\u202egnp.exe \x00\x1b[31m \ud800",
    "javascript:alert(1)",
)
"""Names and messages of files that want to be markup."""


@dataclass
class Page(HTMLParser):
    """A page that was read: (tag, attributes) of its elements, texts by the elements that they are in."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open[-1] == tag, f"{self.open} is closed by {tag}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1], data))

    @classmethod
    def of(cls, text: str) -> Page:
        """Read a page, all of whose elements have to be closed in order."""
        page = cls()
        page.feed(text)
        page.close()
        assert not page.open, page.open
        return page

    @property
    def readable(self) -> str:
        """What a person reads."""
        told = " ".join(text for tag, text in self.texts if tag not in {"style", "script"})
        return " ".join(told.split())

    def inside(self, tag: str) -> list[str]:
        """Texts directly in elements of a kind."""
        return [text for there, text in self.texts if there == tag]
