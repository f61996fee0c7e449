# SPDX-License-Identifier: MIT
"""The report in a browser: sorting, pointing, what is asked of a network, and how it looks on a desk and on a phone."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ndreg_preeval.report import ranking_html, save_html, stack_html
from tests.support.html_pages import HOSTILE, HOSTILE_TEXTS
from tests.support.made_up_rankings import ranking, stack

pytest.importorskip("selenium")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # of selenium's sockets
]

LOOKS = [(1280, False), (1280, True), (1190, False), (820, False), (390, False), (390, True)]
CONTRAST = """
const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || element.closest("script, style") || !element.getClientRects().length) continue;
  let opacity = 1;
  const grounds = [];
  for (let each = element; each; each = each.parentElement) {
    const style = getComputedStyle(each);
    opacity *= Number(style.opacity);
    grounds.unshift(parse(style.backgroundColor));
  }
  const ground = grounds.reduce((below, top) => over(top, below), [255, 255, 255]);
  const style = getComputedStyle(element);
  const colour = parse(element instanceof SVGElement ? style.fill : style.color);
  const text = over([...colour.slice(0, 3), colour[3] * opacity], ground);
  const [high, low] = [luminance(text), luminance(ground)].sort((a, b) => b - a);
  found.push([(high + 0.05) / (low + 0.05), walker.currentNode.data.trim()]);
}
return found;
"""


def made_up(m: int = 40) -> Any:
    """Six stacks, from good to bad."""
    rng = np.random.default_rng(1)
    reasons = ("a static pattern at zero shift, or a sample at rest (which aligns) in 38 of 40 images",)
    stacks = []
    for i, name in enumerate(
        ["Ca-K", "Κάλιο", "Ti-K", "a name that is long enough for two lines " * 3, "Fe-K", "S-K"]
    ):
        values = np.clip(0.97 - i / 6 + 0.1 * rng.normal(size=m), 0.002, 0.999)
        phases = np.arange(m) / 5
        shifts = np.stack([12 * np.sin(phases), -9 * np.cos(phases)], axis=1)
        changes = {"shape": (96, 128), "shifts": shifts, "peak_shifts": shifts.round().astype(int)}
        stacks.append(stack(name, list(values), reasons=reasons if i > 2 else (), **changes))
    return ranking(*stacks, warnings=("A static pattern is suspected in 'S-K'.",))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    save_html(made_up(), path)
    return path


def first_names(browser: Any) -> list[str]:
    return [text[:4] for text in browser.ask(
        "return [...document.querySelectorAll('table.ranking tbody th')].map((cell) => cell.innerText.trim())"
    )]  # fmt: skip


def heading(browser: Any, words: str) -> Any:
    buttons = browser.driver.find_elements(By.CSS_SELECTOR, "table.ranking thead button")
    return next(button for button in buttons if button.text == words)


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_looks(browser: Any, page: Path, width: int, dark: bool) -> None:
    browser.open(page, width, dark=dark)
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith("data:")] == [page.as_uri()]
    assert browser.ask("return document.documentElement.scrollWidth") == width
    contrast = browser.ask(CONTRAST)
    assert len(contrast) > 100
    assert min(contrast)[0] >= 4.5
    background = browser.ask("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, background[4:-1].split(","))) < 384) == dark
    image = pytest.importorskip("PIL.Image").open(
        io.BytesIO(browser.picture(f"report-{width}-{'dark' if dark else 'light'}"))
    )
    assert image.width == width
    # Nothing on the page is cut off by what it is in.
    cut = browser.ask("return [...document.querySelectorAll('main *:not(svg *)')].filter((each) => "
                      "each.scrollWidth > each.clientWidth + 1 && each.clientWidth && getComputedStyle(each).display !== 'inline')"
                      ".map((each) => each.className || each.tagName)")  # fmt: skip
    assert cut == []


def test_table_is_sorted_by_mouse_and_by_key(browser: Any, page: Path) -> None:
    browser.open(page)
    ranks = ["Ca-K", "Κάλι", "Ti-K", "a na", "Fe-K", "S-K"]
    assert first_names(browser) == ranks
    heading(browser, "Score").click()
    assert first_names(browser) == ranks  # the largest first
    heading(browser, "Score").click()
    assert first_names(browser) == ranks[::-1]
    assert heading(browser, "Score").find_element(By.XPATH, "..").get_attribute("aria-sort") == "ascending"
    assert heading(browser, "Rank").find_element(By.XPATH, "..").get_attribute("aria-sort") == "none"
    heading(browser, "Stack").send_keys(Keys.ENTER)
    assert first_names(browser) == ["a na", "Ca-K", "Fe-K", "S-K", "Ti-K", "Κάλι"]
    heading(browser, "Rank").click()
    assert first_names(browser) == ranks
    assert browser.complaints() == []


def test_stacks_without_a_number_go_to_an_end(browser: Any, tmp_path: Path) -> None:
    made = ranking(
        stack("good", [0.9]), stack("gone", [], error="no such file", rankable=False), stack("bad", [0.1])
    )
    save_html(made, tmp_path / "a.html")
    browser.open(tmp_path / "a.html")
    for words, expected in (("Score", ["good", "bad", "gone"]), ("Trust", ["good", "bad", "gone"])):
        heading(browser, words).click()
        assert first_names(browser) == expected


def test_pointing_at_an_image_tells_of_it(browser: Any, page: Path) -> None:
    browser.open(page)
    made = made_up()
    plot = browser.driver.find_elements(By.CSS_SELECTOR, ".stack .plot")[1]
    told = browser.driver.find_elements(By.CSS_SELECTOR, ".stack .told")[1]
    browser.ask("arguments[0].scrollIntoView({block: 'center'})", plot)
    one = list(made.stacks.values())[1]

    def words(position: int) -> str:
        dy, dx = one.shifts[position]
        return f"Image {position + 1}: shift ({dy:.2f}, {dx:.2f}) px, P = {one.probability[position]:.3f}"

    width = plot.size["width"]
    for position in (0, 17, 39):
        x = min((position / 39 - 0.5) * width, width / 2 - 1)
        ActionChains(browser.driver).move_to_element_with_offset(plot, round(x), 0).perform()
        assert told.text == words(position)
        assert len(plot.find_elements(By.CSS_SELECTOR, ".cursor")) == 1
    browser.picture("pointing")
    ActionChains(browser.driver).move_to_element(told).perform()
    assert told.text == ""
    assert plot.find_elements(By.CSS_SELECTOR, ".cursor") == []
    browser.ask("arguments[0].focus()", plot)
    keys = ActionChains(browser.driver)
    keys.send_keys(Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT).perform()
    assert told.text == words(2)
    keys = ActionChains(browser.driver)
    keys.send_keys(Keys.END, Keys.ARROW_RIGHT).perform()
    assert told.text == words(39)
    assert browser.complaints() == []


def test_all_is_readable_without_scripts(browser: Any, page: Path) -> None:
    browser.open(page)
    with_scripts = set(browser.ask("return document.body.innerText").split())
    browser.open(page, scripts=False)
    # Scripts of the page are off, those of the test are not.
    assert browser.driver.find_elements(By.CSS_SELECTOR, "thead button") == []
    assert with_scripts <= set(browser.driver.find_element(By.TAG_NAME, "body").text.split())
    assert len(browser.driver.find_elements(By.CSS_SELECTOR, ".plot polyline")) == 6
    browser.command("Emulation.setScriptExecutionDisabled", value=False)


def test_paper(browser: Any, page: Path) -> None:
    browser.open(page, 760, dark=True, media="print")
    assert browser.ask("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.ask("return document.documentElement.scrollWidth") <= 760
    assert min(browser.ask(CONTRAST))[0] >= 4.5
    browser.picture("paper")
    pdf = browser.command("Page.printToPDF", printBackground=True)
    assert len(pdf["data"]) > 10_000


def test_hostile_names_do_nothing(browser: Any, tmp_path: Path) -> None:
    stacks = [
        stack(text, [0.9, 0.4], location=text, reasons=(text,), warnings=(text,)) for text in HOSTILE_TEXTS
    ]
    made = ranking(*stacks, warnings=HOSTILE_TEXTS, trust=HOSTILE)
    save_html(made, tmp_path / "a.html")
    (tmp_path / "notebook.html").write_text(
        f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>notebook</title>{ranking_html(made)}',
        encoding="utf-8",
    )
    for name, title in (("a.html", f"Stack to align with: {HOSTILE}"), ("notebook.html", "notebook")):
        browser.open(tmp_path / name)
        assert browser.complaints() == []
        assert browser.driver.title == title
        assert [url for url in browser.requests() if not url.startswith("data:")] == [
            (tmp_path / name).as_uri()
        ]
        assert (
            browser.ask("return document.querySelectorAll('img, [onerror], [onload], [onmouseover]').length")
            == 0
        )
        assert HOSTILE in browser.ask("return document.body.innerText")
        browser.picture(f"hostile-{name}")


def test_what_escaped_would_be_stopped_by_the_policy(browser: Any, page: Path, tmp_path: Path) -> None:
    """The second wall: with markup put into the page by hand, neither is it run nor is anything asked for."""
    markup = f"{HOSTILE}<img src='http://127.0.0.1:9/x.png'><script>document.title='owned'</script>"
    markup += "<style>body{visibility:hidden}</style><p style='color:red'>x</p>"
    text = page.read_text(encoding="utf-8")
    assert text.count("<h2>Stacks</h2>") == 1
    (tmp_path / "a.html").write_text(text.replace("<h2>Stacks</h2>", markup), encoding="utf-8")
    browser.open(tmp_path / "a.html")
    assert browser.driver.title == "Stack to align with: Ca-K"
    assert browser.ask("return getComputedStyle(document.body).visibility") == "visible"
    refused = browser.complaints()
    assert len(refused) >= 5
    assert all("Content Security Policy" in each for each in refused), refused
    # And without the policy the test would notice.
    policy = 'http-equiv="Content-Security-Policy"'
    (tmp_path / "b.html").write_text(
        text.replace("<h2>Stacks</h2>", markup).replace(policy, 'name="x"'), encoding="utf-8"
    )
    browser.open(tmp_path / "b.html")
    assert browser.driver.title == "owned"


@pytest.mark.parametrize(("ground", "text"), [("#ffffff", "#111111"), ("#111111", "#eeeeee")])
@pytest.mark.parametrize("width", [1280, 390])
def test_notebook_view_is_readable_on_light_and_on_dark(
    browser: Any, tmp_path: Path, ground: str, text: str, width: int
) -> None:
    view = ranking_html(made_up()) + stack_html(made_up().stacks["S-K"])
    page = '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    page += f'<body style="background:{ground};color:{text};font-family:sans-serif">{view}'
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    browser.open(tmp_path / "a.html", width)
    assert browser.complaints() == []
    assert min(browser.ask(CONTRAST))[0] >= 4.5
    assert browser.ask("return document.documentElement.scrollWidth") == width  # the table scrolls in itself
    browser.picture(f"notebook-view-{width}-{ground[1:]}")
