# SPDX-License-Identifier: MIT
"""The command line from end to end, on the demo file."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import h5py
import numpy as np
import pytest

import ndreg_preeval
from ndreg_preeval.cli import arguments, commands
from ndreg_preeval.cli.demo import GROUP, make_demo
from ndreg_preeval.cli.main import EXIT_BROKEN_PIPE, main, one_line
from tests.support.made_up_rankings import names_in

NAMES = {"S-K", "Cl-K", "K-K", "Ca-K", "Cr-K", "Fe-K"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return make_demo(tmp_path_factory.mktemp("cli") / "demo.h5", n_images=8)


def run(*arguments, **options):
    """The command in a process of its own."""
    command = [sys.executable, "-m", "ndreg_preeval", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=300, check=False, **options)


@pytest.fixture
def call(capsys):
    """The command in this process: (exit code, stdout, stderr)."""

    def called(*arguments):
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return called


def strict_json(text):
    def refuse(token):
        raise AssertionError(f"{token} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_rank_json_of_the_entry_names_the_stacks_best_first(demo):
    done = run("rank", f"{demo.path}::/entry", "--json", "-")
    assert done.returncode == 0, done.stderr
    found = strict_json(done.stdout)
    assert found["reference_stack"] == "Ca-K"
    assert found["ranked_stack_names"][0] == "Ca-K"
    assert set(found["ranked_stack_names"]) == NAMES
    scores = [stack["score"] for stack in found["stacks"]]
    assert scores == sorted(scores, reverse=True)
    best = found["stacks"][0]
    assert best["images"]["image"] == list(range(1, 8))
    shifts = np.transpose([best["images"]["shift_y"], best["images"]["shift_x"]])
    assert np.abs(shifts - demo.shifts[1:]).max() < 1
    assert found["ndreg_preeval_version"] == ndreg_preeval.__version__


def test_whole_file_entry_group_and_datasets_give_the_same(demo, call):
    def ranked(*uris):
        code, out, _ = call("rank", *uris, "--json", "-")
        assert code == 0
        return [(stack["name"], stack["score"]) for stack in strict_json(out)["stacks"]]

    expected = ranked(demo.uri)
    assert ranked(demo.path) == expected
    assert ranked(f"{demo.path}::/entry") == expected
    assert ranked(*(f"{demo.uri}/{name}" for name in demo.names)) == expected
    assert ranked(*(f"{name}={demo.uri}/{name}" for name in demo.names)) == expected


def test_rank_prints_a_table_and_warnings_apart(demo, call):
    code, out, err = call("rank", demo.uri)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "Reference stack: Ca-K (best of 6 stacks, method evidence)"
    assert lines[4].split()[:2] == ["1", "Ca-K"]
    assert err
    assert all(line.startswith("warning: ") for line in err.splitlines())
    assert "Cr-K" in err


def test_quiet_says_nothing(demo, call, tmp_path):
    path = tmp_path / "a.json"
    assert call("rank", demo.uri, "--quiet", "--json", path) == (0, "", "")
    assert strict_json(path.read_text())["reference_stack"] == "Ca-K"


def test_files_are_written_and_replaced(demo, call, tmp_path):
    paths = [tmp_path / name for name in ("a.json", "a.csv", "a.png", "a.html")]
    for path in paths:
        path.write_text("old")
    written = [
        word for pair in zip(("--json", "--csv", "--plot", "--html"), paths, strict=True) for word in pair
    ]
    code, out, err = call("rank", demo.uri, *written)
    assert (code, out) == (1, "")
    assert all(
        f"{str(path)!r} (--{option[2:]})" in err for option, path in zip(written[::2], paths, strict=True)
    )
    assert [path.read_text() for path in paths] == ["old"] * 4
    code, out, _ = call("rank", demo.uri, *written, "--overwrite")
    assert code == 0
    assert out.startswith("Reference stack: Ca-K")
    assert strict_json(paths[0].read_text())["format_version"] == 3
    rows = list(csv.DictReader(io.StringIO(paths[1].read_text())))
    assert len(rows) == 6 * 7
    assert rows[0]["stack"] == "Ca-K"
    assert paths[2].read_bytes().startswith(b"\x89PNG")
    assert paths[3].read_text(encoding="utf-8").startswith("<!doctype html>")
    assert names_in(tmp_path) == ["a.csv", "a.html", "a.json", "a.png"]


def test_csv_to_standard_output_is_only_csv(demo, call):
    code, out, _ = call("rank", demo.uri, "--csv", "-")
    assert code == 0
    assert out.splitlines()[0].startswith("rank,stack,score,image,")


def test_one_dataset_is_a_ranking_of_one(demo, call):
    code, out, err = call("rank", f"{demo.uri}/Ca-K", "--json", "-")
    assert (code, err) == (0, "")
    assert strict_json(out)["ranked_stack_names"] == ["Ca-K"]


def test_options_reach_the_ranking(demo, call):
    options = "--method peak_to_mean --reference-image -1 --pairing previous --precision single --window hann"
    options += " --cutoff 0.3 --max-shift 20 --invalid raise --threads 2 --memory-limit 64M"
    code, out, _ = call("rank", demo.uri, *options.split(), "--json", "-")
    assert code == 0
    found = strict_json(out)["options"]
    assert found["method"]["name"] == "peak_to_mean"
    assert (found["reference_image"], found["pairing"], found["precision"]) == (-1, "previous", "single")
    assert (found["window"], found["cutoff"], found["max_shift"]) == ("hann", 0.3, 20.0)
    assert (found["invalid"], found["num_threads"], found["memory_limit"]) == ("raise", 2, 64 << 20)


def test_forced_reference_stack(demo, call):
    code, out, _ = call("rank", demo.uri, "--reference-stack", "K-K", "--json", "-")
    assert code == 0
    found = strict_json(out)
    assert (found["reference_stack"], found["ranked_stack_names"]) == ("K-K", None)
    assert call("rank", demo.uri, "--reference-stack", "K-K")[1].startswith("Reference stack: K-K (chosen")


def test_isolated_reading_gives_the_same(demo):
    plain, isolated = run("rank", demo.uri, "--csv", "-"), run("rank", demo.uri, "--csv", "-", "--isolate")
    assert isolated.returncode == 0, isolated.stderr
    assert isolated.stdout == plain.stdout


@pytest.mark.parametrize("arguments", [(), ("{0}::/nothing",), ("{0}::" + GROUP + "/Ca-K", "{1}::/x")])
def test_bad_input_is_one_line_and_exit_code_1(demo, tmp_path, arguments):
    missing = tmp_path / "missing.h5"
    uris = [text.format(demo.path, missing) for text in arguments] or [missing]
    done = run("rank", *uris)
    assert done.returncode == 1
    assert done.stdout == b""
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("ndreg-preeval: error: ")
    assert ("missing.h5" in line) or ("demo.h5" in line and "nothing" in line)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("rank",),
        ("rank", "a.h5", "--method", "best"),
        ("rank", "a.h5", "--threads", "0"),
        ("rank", "a.h5", "--memory-limit", "much"),
        ("rank", "a.h5", "--reference-image", "first"),
        ("rank", "a.h5", "--meth", "robust"),
        ("fly",),
    ],
)
def test_wrong_usage_is_exit_code_2(call, arguments):
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert "error: " in err
    assert "usage: ndreg-preeval" in err


def test_outputs_never_replace_inputs(demo, call, tmp_path):
    before = Path(demo.path).read_bytes()
    link = tmp_path / "link.json"
    link.symlink_to(demo.path)
    beside = tmp_path / "beside.h5"
    with h5py.File(beside, "w") as file:
        file["stacks"] = h5py.ExternalLink(demo.path, GROUP)
    for uri, output in (
        (demo.uri, demo.path),
        (f"silx://{demo.path}?path={GROUP}/Ca-K", link),
        (f"Ca={demo.uri}/Ca-K", demo.path),
        (f"{beside}::/stacks", beside),
    ):
        for more in ([], ["--overwrite"]):
            code, out, err = call("rank", uri, "--json", output, *more)
            assert (code, out) == (1, ""), uri
            assert "is an input" in err
    assert Path(demo.path).read_bytes() == before


def test_outputs_are_checked_before_the_work(call, demo, tmp_path, monkeypatch):
    def must_not_run(*_, **__):
        raise AssertionError("ranked in vain")

    monkeypatch.setattr(ndreg_preeval.ranking, "rank_stacks", must_not_run)
    for options, message in (
        (("--json", tmp_path / "no" / "a.json"), "its folder does not exist"),
        (("--json", tmp_path), "is a folder"),
        (("--json", tmp_path / "a", "--csv", tmp_path / "a"), "two outputs cannot share it"),
        (("--json", "-", "--csv", "-"), "cannot share the standard output"),
        (("--plot", tmp_path / "a.h5"), "a plot must end in one of"),
        (("--plot", "-"), "needs a file name"),
        (("--html", "-"), "needs a file name"),
        (("--html", tmp_path / "a", "--csv", tmp_path / "a"), "two outputs cannot share it"),
    ):
        code, out, err = call("rank", demo.uri, *options)
        assert (code, out) == (1, "")
        assert message in err
        assert err.count("\n") == 1
    assert names_in(tmp_path) == []


def test_missing_matplotlib(call, demo, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, _, err = call("rank", demo.uri, "--plot", tmp_path / "a.png")
    assert code == 1
    assert 'pip install matplotlib, or the extra "plot"' in err
    code, out, err = call("demo", "--output", tmp_path)
    assert code == 0
    assert "check ok" in out
    assert "note: a plot needs matplotlib" in err
    assert names_in(tmp_path) == ["ndreg_preeval_demo.h5"]


def test_find_lists_names_and_uris(call, demo):
    code, out, err = call("find", demo.path)
    assert (code, err) == (0, "")
    found = dict(line.split("\t") for line in out.splitlines())
    assert set(found) == NAMES
    assert found["Ca-K"].endswith("::/entry/fit/results/Ca-K")
    code, out, _ = call("find", demo.uri, "--json")
    assert code == 0
    assert strict_json(out) == found


def test_demo_makes_ranks_checks_and_draws(tmp_path):
    done = run("demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    out = done.stdout.decode()
    assert out.startswith("Reference stack: Ca-K (best of 6 stacks, method evidence)")
    assert "check ok: chose Ca-K" in out
    assert names_in(tmp_path) == ["ndreg_preeval_demo.h5", "ndreg_preeval_demo.png"]


def test_demo_that_fails_its_check_is_exit_code_1(call, tmp_path, monkeypatch):
    from ndreg_preeval import ranking

    honest = ranking.rank_stacks
    monkeypatch.setattr(ranking, "rank_stacks", lambda *a, **k: honest(*a, **k, method="peak_to_mean"))
    code, out, _ = call("demo", "--output", tmp_path / "a.h5", "--plot", tmp_path / "a.svg")
    assert code == 1
    assert "check FAILED: chose Cr-K (expected Ca-K)" in out
    assert names_in(tmp_path) == ["a.h5", "a.svg"]


def test_info_and_facts(call):
    code, out, _ = call("info", "--json")
    found = strict_json(out)
    assert code == 0
    assert found["version"] == ndreg_preeval.__version__
    assert found["numpy"] == np.__version__
    assert Path(found["package"]) == Path(ndreg_preeval.__file__).resolve().parent
    code, out, _ = call("info")
    assert code == 0
    assert f"version {ndreg_preeval.__version__}" in [" ".join(line.split()) for line in out.splitlines()]
    assert call("--version") == (0, f"{ndreg_preeval.__version__}\n", "")
    assert call("--cmakedir") == (0, f"{ndreg_preeval.get_cmake_dir()}\n", "")
    assert call("--pkgconfigdir") == (0, f"{ndreg_preeval.get_pkgconfig_dir()}\n", "")
    assert call("--includes") == (0, f"-I{ndreg_preeval.get_include()}\n", "")


def test_closed_pipe_is_quiet(demo):
    script = '"$0" -m ndreg_preeval rank "$1" --csv - -q | head -c 1 >/dev/null; echo "${PIPESTATUS[0]}"'
    command = ["bash", "-c", script, sys.executable, demo.uri]
    # Unbuffered: whatever the size of the pipe, the second write meets a closed one.
    done = subprocess.run(command, capture_output=True, timeout=300, check=True)
    assert done.stderr == b""
    assert done.stdout.strip() in {b"0", b"141"}


def test_write_to_closed_standard_output():
    code = (
        "import os, sys; from ndreg_preeval import cli; r, w = os.pipe(); os.close(r); os.dup2(w, 1)\n"
        "sys.exit(cli.main(['info']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (EXIT_BROKEN_PIPE, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell that closes streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_streams_that_were_closed_before(demo, tmp_path, closed):
    """As some daemons start programs: what cannot be said goes nowhere, the rest is as ever."""
    command = f'"{sys.executable}" -m ndreg_preeval rank "{demo.path}" --csv here.csv {closed}'
    done = subprocess.run(command, shell=True, capture_output=True, timeout=300, check=False, cwd=tmp_path)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert (tmp_path / "here.csv").read_text().startswith("rank,stack,")
    assert bool(done.stdout) == (">&-" not in closed.replace("2>&-", ""))


def test_words_of_a_shell_are_checked_as_those_of_python_are():
    done = run("rnak", "a.h5")
    assert done.returncode == 2
    assert b"'rnak' is no command" in done.stderr
    assert b"did you mean rank?" in done.stderr


def test_demo_makes_no_file_in_place_of_a_folder(call, tmp_path):
    code, _, err = call("demo", "--output", f"{tmp_path}/newdir/")
    assert code == 1
    assert "there is no such folder" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("demo", "--seed", "-1"), "argument --seed: must be at least 0, not -1"),
        (("demo", "--seed", "x"), "argument --seed: 'x' is no whole number"),
        (("rank", "a.h5", "--max-shift", "5px"), "argument --max-shift: '5px' is no number"),
        (
            ("rank", "a.h5", "--reference-image", "1.5"),
            "argument --reference-image: '1.5' is no whole number",
        ),
        (("find", "a.h5", "b.h5"), "not 2: 'a.h5', 'b.h5'; put"),
    ],
)
def test_numbers_are_asked_for_in_words(call, arguments, said):
    code, _, err = call(*arguments)
    assert code == 2
    assert said in err


def test_nexus_is_added_to_hdf5_files_only(demo, call, tmp_path):
    (tmp_path / "a.json").write_text("{}")
    code, _, err = call("rank", demo.path, "-q", "--nexus", tmp_path / "a.json", "--overwrite")
    assert code == 1
    assert "exists and is no HDF5 file" in err
    assert "a.json'" in err
    assert (tmp_path / "a.json").read_text() == "{}"


def test_interrupt_is_quiet(monkeypatch, call):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "find", interrupted)
    assert call("find", "a.h5") == (130, "", "")


def test_interrupt_by_signal(tmp_path):
    fifo = tmp_path / "out.json"
    os.mkfifo(fifo)
    truth = make_demo(tmp_path / "a.h5", n_images=2, shape=(32, 32))
    # Nobody reads the pipe: the command waits there with its table shown, and Ctrl-C must end it.
    command = [sys.executable, "-m", "ndreg_preeval", "rank", truth.uri, "--json", str(fifo)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        too_late = threading.Timer(60, process.kill)
        too_late.start()
        assert process.stdout.readline().startswith(b"Reference stack")
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()
        process.wait()
        too_late.cancel()
    assert process.returncode == 130
    assert b"Traceback" not in err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("a\nb"), "a b"),
        (KeyError("no such stack"), "no such stack"),
        (FileNotFoundError(2, "No such file", "a.h5"), "[Errno 2] No such file: 'a.h5'"),
        (TypeError(), "TypeError"),
        (RuntimeError("x" * 5000), "x" * 3800 + "..."),
    ],
)
def test_errors_are_one_line_with_their_notes(error, line):
    assert one_line(error) == line
    if len(line) < 100:
        error.add_note("stack 'Ca-K'\n  image 3")
        assert one_line(error) == line + "; stack 'Ca-K' image 3"


def test_names_of_stacks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a=b.h5").touch()
    assert arguments.parse_stacks(["a.h5::/x", "b.h5::/x"]) == ["a.h5::/x", "b.h5::/x"]
    assert arguments.parse_stacks(["Ca=a.h5::/x", "Fe=b.h5::/y=z"]) == {"Ca": "a.h5::/x", "Fe": "b.h5::/y=z"}
    for uri in ("a=b.h5", "a=b.h5::/x", "silx:///a.h5?path=/x&slice=0:10", "dir/a=b.h5::/x", "=a.h5::/x"):
        assert arguments.parse_stacks([uri]) == [uri]
    with pytest.raises(ValueError, match="two stacks are named 'Ca'"):
        arguments.parse_stacks(["Ca=a.h5::/x", "Ca=b.h5::/x"])
    with pytest.raises(ValueError, match=r"'b\.h5::/x' has no name"):
        arguments.parse_stacks(["Ca=a.h5::/x", "b.h5::/x"])


def test_progress_only_on_a_terminal(monkeypatch, capsys):
    with commands._progress(quiet=False) as progress:
        assert progress is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with commands._progress(quiet=True) as progress:
        assert progress is None
    with commands._progress(quiet=False) as progress:
        progress(3, 12)
        progress(4, 12)
    shown = capsys.readouterr().err
    assert "0/12 [" in shown
    assert "image/s" in shown
    assert "\n" not in shown
    assert not shown.split("\r")[-2].strip()  # gone when the work is done


def test_help_is_there_for_every_command(call):
    for command in ("rank", "find", "demo", "info"):
        code, out, err = call(command, "--help")
        assert (code, err) == (0, "")
        assert out.startswith(f"usage: ndreg-preeval {command}")


def test_importing_the_command_line_is_light():
    heavy = "{'h5py', 'silx', 'matplotlib', 'hdf5plugin', 'scipy'}"
    code = f"import sys, ndreg_preeval.cli; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=300, check=True)
    assert done.stdout.strip() == b"set()"
