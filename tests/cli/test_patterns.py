# SPDX-License-Identifier: MIT
"""Patterns and folders on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from ndreg_preeval import rank_stacks
from ndreg_preeval.cli.arguments import parse_stacks
from ndreg_preeval.cli.main import main
from tests.support.scenes import drifting

tifffile = pytest.importorskip("tifffile")

Call = Callable[..., tuple[int, str, str]]

STACKS = {
    name: drifting(noise, n=5, shape=(32, 40)).astype("f4") for name, noise in (("Ca", 0.1), ("Fe", 2.0))
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, stack in STACKS.items():
        Path(name).mkdir()
        for k, image in enumerate(stack):
            tifffile.imwrite(f"{name}/im_{k}.tif", image, photometric="minisblack")
            with h5py.File(f"scan_{k}.h5", "a") as file:
                file[f"1.1/xrf/{name}"] = image
    return tmp_path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """The command in this process: (exit code, stdout, stderr)."""

    def called(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return called


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan_*.h5::/1.1/xrf/{stack}"],
        ["{stack}/im_*.tif"],
        ["."],
        ["Ca/", "Fe/"],
        ["Ca", "Fe/im_*.tif"],
        ["Ca=Ca/im_*.tif", "Fe=Fe/"],
        ["Ca=scan_*.h5::/1.1/xrf/Ca", "Fe=scan_*.h5?path=/1.1/xrf/Fe"],
    ],
    ids=" ".join,
)
def test_rank(call: Call, arguments: list[str], here: Path) -> None:
    if arguments == ["."]:
        for file in here.glob("*.h5"):
            file.unlink()
    code, out, err = call("rank", "-q", "--json", "-", *arguments)
    assert (code, err) == (0, "")
    found = json.loads(out)
    scores = [stack["score"] for stack in found["stacks"]]
    assert scores == list(rank_stacks(STACKS).scores.values())
    assert [Path(name).parts[0] for name in found["ranked_stack_names"]] == ["Ca", "Fe"]


@pytest.mark.parametrize("argument", ["scan_*.h5::/1.1/xrf/{stack}", "{stack}/im_*.tif", "{stack}/"])
def test_find_prints_what_rank_takes(call: Call, argument: str) -> None:
    code, out, _ = call("find", argument)
    assert code == 0
    found = dict(line.split("\t") for line in out.splitlines())
    assert list(found) == ["Ca", "Fe"]
    assert json.loads(call("find", "--json", argument)[1]) == found
    _, ranked, _ = call("rank", "-q", "--json", "-", *(f"{name}={uri}" for name, uri in found.items()))
    scores = {stack["name"]: stack["score"] for stack in json.loads(ranked)["stacks"]}
    assert scores == dict(rank_stacks(STACKS).scores)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["rank", *(f"Ca/im_{k}.tif" for k in range(5))],
            "by a pattern ('Ca/im_*.tif', for a shell in quotes)",
        ),
        (["rank", "Cu/*.tif", "Ca"], "there is no folder 'Cu' in the current folder; there are 'Ca', 'Fe'"),
        (["find", "scan_*.h5::/1.1/xrf/Z*"], "no dataset of images matches '/1.1/xrf/Z*'"),
    ],
)
def test_errors_are_one_line(call: Call, arguments: list[str], message: str) -> None:
    code, out, err = call(*arguments)
    assert (code, out) == (1, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_find_of_names_that_the_shell_made_of_a_pattern(call: Call) -> None:
    code, out, err = call("find", *(f"scan_{k}.h5" for k in range(5)))
    assert (code, out) == (2, "")
    assert "find takes one URI, not 5: 'scan_0.h5', 'scan_1.h5', ...; put a pattern in quotes" in err


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["Ca/im_*.tif", "Fe"], "Ca/im_1.tif"),
        (["Ca", "Fe"], "Fe/im_0.tif"),
        (["a=Ca", "b=Fe"], "Ca/im_0.tif"),
        (["scan_*.h5::/1.1/xrf/{stack}"], "scan_3.h5"),
        (["."], "Ca/im_2.tif"),
    ],
)
def test_no_image_is_overwritten(call: Call, arguments: list[str], output: str) -> None:
    before = Path(output).read_bytes()
    code, _, err = call("rank", "--json", output, *arguments)
    assert code == 1
    assert "is an input" in err
    assert Path(output).read_bytes() == before


def test_results_may_lie_beside_the_images(call: Call) -> None:
    for _ in "ab":
        assert call("rank", "-q", "--json", "Ca/result.json", "Ca", "Fe", "--overwrite")[0] == 0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Ca=Ca/im_*.tif", True),
        ("a&b=Ca/im_*.tif", True),
        ("im_*.tif?slice=0:2", False),
        ("im_*.tif&slice=0:2", False),
        ("im_*.tif&axis=1", False),
        ("E=7*/im.tif", False),
        ("E[=]7*/im.tif", False),
        ("Ca/E=*.tif", False),
    ],
)
def test_names_and_patterns(text: str, named: bool, here: Path) -> None:
    (here / "E=7.1").mkdir()
    np.save(here / "E=7.1" / "x.npy", 1)
    (here / "E=7.1" / "im.tif").touch()
    assert isinstance(parse_stacks([text]), dict) is named
