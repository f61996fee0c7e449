# SPDX-License-Identifier: MIT
"""Rankings as HTML, without a browser: what is said, that all of it is escaped, and that nothing is asked of a network."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ndreg_preeval
from ndreg_preeval.methods import METHODS
from ndreg_preeval.report import ranking_html, save_html, stack_html
from ndreg_preeval.report.page.chart import chart_of
from ndreg_preeval.results import InputRead, Provenance
from tests.support.html_pages import HOSTILE_TEXTS, Page
from tests.support.made_up_rankings import names_in, ranking, stack

TAGS = [
    "a",
    "body",
    "caption",
    "circle",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "g",
    "h1",
    "h2",
    "h3",
    "head",
    "html",
    "image",
    "li",
    "link",
    "main",
    "meta",
    "p",
    "path",
    "polyline",
    "rect",
    "script",
    "section",
    "span",
    "strong",
    "style",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
]
ADDRESSES = (
    "src",
    "href",
    "xlink:href",
    "action",
    "formaction",
    "data",
    "poster",
    "srcset",
    "background",
    "ping",
)


def report(made: Any, folder: Path) -> Page:
    save_html(made, folder / "report.html")
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>\n")
    return Page.of(text.removeprefix("<!doctype html>\n"))


def three() -> Any:
    return ranking(
        stack("Ca-K", [0.9, 0.8, 0.95]),
        stack("K-K", [0.9, 0.4, 0.8], reasons=("two places as good as each other in image 2",)),
        stack("Fe-K", [0.1, 0.001, 0.6], warnings=("It is dark.",)),
        warnings=("A static pattern is suspected.",),
    )


def test_report_says_what_there_is_to_say(tmp_path: Path) -> None:
    said = report(three(), tmp_path).readable
    for words in (
        "Stack to align with: Ca-K",
        "Best of 3 stacks, by the method robust.",
        "Rank 2; score 0.700; perhaps, 40 %; some images P < 0.5.",
        "it aligns (97 %).",
        "A static pattern is suspected.",
        "two places as good as each other in image 2",
        "It is dark.",
        "Reference image 0",
        "Worst image 2",
        "Correlogram, peak at (2.0, -1.0) px",
        "Second opinion",
        "scan.h5::/entry/Fe-K",
        "method: statistic",
        "pairing reference",
        ndreg_preeval.__version__,
    ):
        assert words in said


def test_notebook_shows_verdict_table_and_reasons() -> None:
    page = Page.of(ranking_html(three()))
    for words in (
        "Stack to align with: Ca-K",
        "it aligns (97 %).",
        "two places as good",
        "It is dark.",
        "0.883",
    ):
        assert words in page.readable
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "html", "body", "link", "meta", "image"}
    # Styles of a notebook are not ours to change.
    (style,) = page.inside("style")
    rules = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    selectors = [each.strip() for rule in re.findall(r"([^{}]+)\{", rules) for each in rule.split(",")]
    assert selectors
    assert all(each.startswith(".ndreg-preeval.ndreg-preeval") for each in selectors)


def test_notebook_that_is_not_trusted_loses_pictures_and_styles_only() -> None:
    """JupyterLab takes these out of what it does not trust."""
    view = ranking_html(three())
    bare = re.sub(r"<(style|svg)\b.*?</\1>", "", view, flags=re.DOTALL)
    assert "<svg" not in bare
    assert Page.of(bare).readable == Page.of(view).readable
    assert {tag for tag, _ in Page.of(bare).elements} <= {
        "div",
        "li",
        "p",
        "span",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    }


def test_a_stack_shows_itself() -> None:
    one = stack("K-K", [0.9, 0.4, 0.8], reasons=("two places as good as each other in image 2",))
    page = Page.of(stack_html(one))
    assert "K-K" in page.readable
    assert "two places as good as each other in image 2" in page.readable
    assert "Lowest images Image P dy, px dx, px 2 0.40 2.0 -1.0" in page.readable


def hostile() -> Any:
    stacks = [
        stack(
            text,
            [0.9 - i / 20, 0.8 - i / 20],
            location=f"{text}::/{text}",
            dtype=text,
            reasons=(text, text),
            warnings=(text,),
        )
        for i, text in enumerate(HOSTILE_TEXTS)
    ]
    stacks.append(stack("broken", [], error=HOSTILE_TEXTS[0], rankable=False))
    return ranking(*stacks, warnings=HOSTILE_TEXTS, trust=HOSTILE_TEXTS[0])


def check_harmless(page: Page, scripts: int) -> None:
    tags = [tag for tag, _ in page.elements]
    assert set(tags) <= set(TAGS)
    assert tags.count("style") == 1
    assert (
        sum(attributes.get("type") is None for tag, attributes in page.elements if tag == "script") == scripts
    )
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        for name in ADDRESSES:
            address = attributes.get(name)
            assert address is None or re.match(r"#stack-\d+$|data:(,|image/png;base64,)", address), address
    assert not re.search(r"[\u0000-\u0008\u001b\u202e\ud800-\udfff]", page.readable)
    for text in HOSTILE_TEXTS[:5]:
        assert page.readable.count(" ".join(text.split())) >= 3


def test_names_and_messages_are_no_markup(tmp_path: Path) -> None:
    made = hostile()
    check_harmless(report(made, tmp_path), scripts=1)
    check_harmless(Page.of(ranking_html(made)), scripts=0)
    for one in made.stacks.values():
        page = Page.of(stack_html(one))
        assert {tag for tag, _ in page.elements} <= set(TAGS) - {"script"}


def test_policy_allows_this_style_and_this_script_and_nothing_else(tmp_path: Path) -> None:
    page = report(three(), tmp_path)
    (policy,) = (a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    directives = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    (style,) = page.inside("style")
    script = page.inside("script")[-1]

    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    assert directives == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": digest(style),
        "script-src": digest(script),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    kinds = [
        attributes.get("http-equiv") or attributes.get("charset")
        for tag, attributes in page.elements
        if tag == "meta"
    ]
    assert kinds[:2] == ["utf-8", "Content-Security-Policy"]  # before anything that it is about
    assert "@import" not in style
    assert "url(" not in style


def test_many_stacks_of_many_images_stay_below_5_mb(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    stacks = []
    for i in range(30):
        one = stack(f"element {i} of a detector", list(rng.uniform(0, 1, 1000)), shape=(512, 640))
        one.shifts = rng.normal(scale=90, size=(1000, 2))
        one.peak_shifts = one.shifts.round().astype(int)
        stacks.append(one)
    made = ranking(*stacks)
    pictures = {seed: np.random.default_rng(seed).normal(size=(512, 640)) for seed in range(2)}
    made.image = lambda name, image: pictures[image % 2]
    made.correlogram = lambda name, image, second_opinion=False: np.abs(pictures[int(second_opinion)])
    save_html(made, tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 5_000_000


def test_what_pointing_tells_is_what_there_is() -> None:
    one = stack(
        "a",
        [0.9, 0.25, 1.0],
        flags=np.array([0, 4, 0], dtype=np.uint32),
        jumps=np.array([False, True, False]),
    )
    chart = chart_of(one)
    assert chart is not None
    assert chart.line == "0.0,10.0 500.0,75.0 1000.0,0.0"
    assert chart.doubted == "M500.0 75.0h0"
    assert chart.data == {
        "x": [0.0, 500.0, 1000.0],
        "image": [1, 2, 3],
        "dy": [1.0, 2.0, 3.0],
        "dx": [-0.5, -1.0, -1.5],
        "p": [0.9, 0.25, 1.0],
        "value": [],
        "told": {"1": "few levels, jump"},
    }
    assert [text for _, text in chart.x_ticks] == ["1", "2", "3"]


def test_of_very_many_images_the_lowest_are_shown() -> None:
    values = np.full(20_000, 0.9)
    values[[3, 12_345]] = 0.1
    one = stack("a", list(values))
    chart = chart_of(one)
    assert chart is not None
    assert chart.together == 7
    assert len(chart.data["image"]) == -(-20_000 // 7)
    assert [image for image, p in zip(chart.data["image"], chart.data["p"], strict=True) if p == 0.1] == [
        4,
        12_346,
    ]
    assert [chart.data["dy"][chart.data["image"].index(image)] for image in (4, 12_346)] == [4.0, 12_346.0]
    assert chart.words == "P of 20000 images: lowest 0.1 in image 4, median 0.9"
    assert "image (the lowest of each 7 neighbours)" in Page.of(stack_html(one)).readable


@pytest.mark.parametrize("m", [1, 2, 5, 40, 999, 1000, 4096])
def test_images_along_the_axis_are_in_order_and_have_room(m: int) -> None:
    chart = chart_of(stack("a", [0.5] * m))
    assert chart is not None
    places = [place for place, _ in chart.x_ticks]
    assert [text for _, text in chart.x_ticks][-1] == str(m)
    assert all(b - a > 7 for a, b in itertools.pairwise(places))
    assert len(places) <= 9


def test_values_of_other_methods_have_their_own_scale(tmp_path: Path) -> None:
    method = METHODS["peak_to_mean"]
    one = stack(
        "a",
        [0.9, 0.8],
        values=np.array([5.0, 130.0]),
        method=method,
        trust=np.nan,
    )
    one.probability = np.full(2, np.nan)
    chart = chart_of(one)
    assert chart is not None
    assert (chart.label, chart.threshold, chart.doubted) == ("peak to mean", None, "")
    assert [text for _, text in chart.y_ticks] == ["200", "100", "0"]
    assert chart.data["p"] == [None, None]
    assert chart.data["value"] == [5.0, 130.0]
    page = report(ranking(one, method=method), tmp_path)
    data = json.loads(page.inside("script")[0])
    assert data == chart.data
    assert "no probability" in page.readable


def test_forced_choice_and_stacks_without_numbers(tmp_path: Path) -> None:
    forced = ranking(reference_stack="Ca-K", ranked_stack_names=None, trust="Nothing was scored.")
    for page in (report(forced, tmp_path), Page.of(ranking_html(forced))):
        assert "Reference stack: Ca-K It was chosen by the caller: nothing was scored." in page.readable
        assert "table" not in {tag for tag, _ in page.elements}
    odd = ranking(stack("Ca-K", [0.9]), stack("one", []), stack("gone", [], error="no such file"))
    said = report(odd, tmp_path).readable
    assert "not ranked" in said
    assert "Not read: no such file" in said
    assert said.count("Not ranked; no image was compared.") == 2


def scene() -> dict[str, Any]:
    rng = np.random.default_rng(2)
    base = rng.normal(size=(40, 48))
    return {"a": np.stack([np.roll(base, (i, -2 * i), (0, 1)) for i in range(5)])}


def test_public_methods(tmp_path: Path) -> None:
    result = ndreg_preeval.rank_stacks(scene())
    path = tmp_path / "report.html"
    path.write_text("old")
    result.save_html(path)
    said = Page.of(path.read_text(encoding="utf-8").removeprefix("<!doctype html>\n")).readable
    assert "Stack to align with: a" in said
    assert "Worst image" in said
    assert "Stack to align with: a" in result._repr_html_()
    assert "aligns" in (ndreg_preeval.score_stack(scene()["a"])._repr_html_() or "")
    assert names_in(tmp_path) == ["report.html"]


def test_page_says_how_it_came_about(tmp_path: Path) -> None:
    words = ("ndreg-preeval", "rank", "a b.h5", "<b>")
    inputs = (
        InputRead("a", "a b.h5::/a", (3, 32, 48), "<u2", 2, 1234567, "2026-01-02T03:04:05.678901+00:00"),
        InputRead("b", "", (3, 32, 48), "<u2"),
    )
    provenance = Provenance("1.2.3", "2026-01-03T00:00:00+00:00", words, inputs)
    said = report(ranking(stack("a", [0.9]), stack("b", [0.8]), provenance=provenance), tmp_path).readable
    assert "ranked 2026-01-03T00:00:00+00:00, by version 1.2.3" in said
    assert "command ndreg-preeval rank 'a b.h5' '<b>'" in said
    assert said.count("Files 2 files, 1 234 567 bytes, last changed 2026-01-02 03:04:05+00:00") == 1


def test_provenance_without_inputs(tmp_path: Path) -> None:
    made = ranking(stack("a", [0.9]), provenance=Provenance(command_line=("ndreg-preeval",)))
    said = report(made, tmp_path).readable
    assert "command ndreg-preeval" in said
    assert "Files" not in said


def test_images_are_read_only_where_pictures_are_wanted(tmp_path: Path) -> None:
    made = three()
    made.image = made.correlogram = None  # must not be called
    save_html(made, tmp_path / "a.html", pictures=False)
    page = Page.of((tmp_path / "a.html").read_text(encoding="utf-8").removeprefix("<!doctype html>\n"))
    assert {tag for tag, _ in page.elements} >= {"polyline", "section"}
    assert "image" not in {tag for tag, _ in page.elements}
    assert "pictures" not in page.readable.lower()


def test_images_in_memory_do_not_travel(tmp_path: Path) -> None:
    result = ndreg_preeval.rank_stacks(scene())
    again = pickle.loads(pickle.dumps(result))
    again.save_html(tmp_path / "report.html")
    page = Page.of((tmp_path / "report.html").read_text(encoding="utf-8").removeprefix("<!doctype html>\n"))
    assert "No pictures: stack 'a': its images did not travel" in page.readable
    assert "image" not in {tag for tag, _ in page.elements}


def test_an_image_is_read_again() -> None:
    stacks = scene()
    result = ndreg_preeval.rank_stacks(stacks)
    np.testing.assert_array_equal(result.image("a", 3), stacks["a"][3])
    np.testing.assert_array_equal(result.image("a", -1), stacks["a"][4])
    with pytest.raises(KeyError, match="no stack 'b'"):
        result.image("b", 0)
    with pytest.raises(ValueError, match="stack 'a': image 5 is outside its 5 images"):
        result.image("a", 5)


def test_views_need_the_template_library_only_when_they_are_made() -> None:
    code = (
        "import sys, numpy, ndreg_preeval\n"
        "r = ndreg_preeval.rank_stacks({'a': numpy.random.default_rng(0).normal(size=(3, 16, 16))})\n"
        "assert not {'jinja2', 'matplotlib'} & set(sys.modules)\n"
        "r._repr_html_()\n"
        "assert 'jinja2' in sys.modules and 'matplotlib' not in sys.modules\n"
        "r.save_html(sys.argv[1])\n"
        "assert 'matplotlib' not in sys.modules and 'PIL' not in sys.modules\n"
    )
    import os

    subprocess.run([sys.executable, "-W", "ignore", "-c", code, os.devnull], check=True, timeout=300)
