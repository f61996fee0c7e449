# SPDX-License-Identifier: MIT
"""Rankings as NeXus: valid for silx, the same bits when read again, whatever the stacks are called."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from datetime import datetime

import h5py
import numpy as np
import pytest
from silx.io import nxdata

import ndreg_preeval
from ndreg_preeval.cli.demo import make_demo
from ndreg_preeval.options import Options
from ndreg_preeval.report import export
from ndreg_preeval.report.nexus import IMAGE_FIELDS, link_names, save_nexus
from ndreg_preeval.results import Provenance
from ndreg_preeval.text import text_of
from tests.support.made_up_rankings import ranking, stack

ODD_NAMES = ["a/b", "", ".", "..", " ", "a_b", "x" * 70_000, "日本", 7, None, b"x", ("a", 1), "\udc80"]
ODD_NAMES += ["a\x00b", "a\nb", "$a$", r"$\frac$", "Ca-K", "{0}%s", "stack", "a::b?c=d"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return make_demo(tmp_path_factory.mktemp("nexus") / "demo.h5", n_images=5, shape=(48, 64))


@pytest.fixture(scope="module", params=["evidence", "plain", "robust", "peak_to_mean", "ewoksndreg"])
def ranked(request, demo):
    stacks = {name: f"{demo.uri}/{name}" for name in ("Ca-K", "K-K", "Cl-K")}
    stacks["gone"] = f"{demo.uri}/gone"
    with pytest.warns(ndreg_preeval.RankingWarning):
        return ndreg_preeval.rank_stacks(stacks, method=request.param, on_error="rank_last")


@pytest.fixture
def saved(ranked, tmp_path):
    ranked.save_nexus(tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        yield ranked, file


def text(dataset):
    return dataset[()].decode() if dataset.shape == () else [each.decode() for each in dataset]


def check_plots(group):
    """Every NXdata is valid; how many there are."""
    found = []

    def visit(name, node):
        if node.attrs.get("NX_class") == "NXdata":
            found.append(name)
            data = nxdata.NXdata(node)
            assert (data.is_valid, data.issues) == (True, []), name
            assert data.title, name
            for each in (data.signal, *data.auxiliary_signals, *data.axes):
                assert each.dtype.kind in "iuf", name  # viewers plot nothing else
                assert {"units", "long_name"} <= set(each.attrs), name
            labels = [data.signal_name, *data.auxiliary_signals_names]
            assert len(set(labels)) == len(labels), name  # viewers tell curves apart by them

    group.visititems(visit)
    return len(found)


def test_every_plot_is_valid(saved):
    _, file = saved
    assert check_plots(file) == 2 + 3 * 4


def test_default_leads_to_all_images_of_all_stacks_from_every_level(saved):
    ranked, file = saved
    for path in ("/", "/entry", "/entry/ranking", "/entry/ranking/images"):
        data = nxdata.get_default(file[path])
        assert data.group.name == "/entry/ranking/images", path
    assert data.interpretation == "image"
    names = ", ".join(f"{rank} {name}" for rank, name in enumerate(ranked.stacks, start=1))
    assert data.axes_names == [f"rank: {names}", "image"]
    assert data.axes[0][()].tolist() == [1, 2, 3, 4]
    assert data.axes[1][()].tolist() == [0, 1, 2, 3, 4]
    # Viewers need not show what a colour means: the title says it.
    assert data.title.casefold().startswith(data.signal_name)
    assert data.title.endswith(f"of 4 stacks; best: {ranked.reference_stack}")
    expected = np.full((4, 5), np.nan)
    for row, scored in zip(expected, ranked.stack_scores, strict=True):
        values = scored.probability if scored.method.asks_opinion else scored.values
        for image, value in zip(scored.image_indices, values, strict=True):
            row[image] = value
    np.testing.assert_array_equal(data.signal[()], expected)
    # silx draws square pixels where these are the same.
    assert data.axes[0].attrs["units"] != data.axes[1].attrs["units"]
    assert np.isnan(expected[:, 0]).all()  # the reference
    assert np.isnan(expected[3]).all()  # the stack that is gone
    assert np.isfinite(expected[:3, 1:]).all()


def test_scores_are_plotted_against_rank(saved):
    ranked, file = saved
    data = nxdata.get_default(file["/entry/ranking/scores"])
    assert data.signal[()].tolist() == list(ranked.scores.values())
    assert data.signal_name == f"score ({ranked.method.name})"
    assert data.title.casefold().startswith(data.signal_name)
    names = ", ".join(f"{rank} {name}" for rank, name in enumerate(ranked.stacks, start=1))
    assert data.axes_names == [f"rank: {names}"]
    assert data.axes[0][()].tolist() == [1, 2, 3, 4]
    best = ranked.reference_stack
    assert nxdata.get_default(file["/entry/ranking/stacks"]).group.name.endswith(f"/{best}/images")


def test_titles_of_curves_say_what_runs_upwards(saved):
    ranked, file = saved
    best = file[f"entry/ranking/stacks/{ranked.reference_stack}"]
    for name in ("images", "peak_to_mean"):
        data = nxdata.NXdata(best[name])
        assert data.title.startswith(f"{ranked.reference_stack}: {data.signal_name.split(' of the')[0]}"), (
            name
        )
    assert nxdata.NXdata(best["shifts"]).title.endswith(
        "dy and dx of each image onto its reference, in pixels"
    )


def test_images_of_stacks_of_unlike_length_and_of_the_one_before(tmp_path):
    rng = np.random.default_rng(3)
    stacks = {"long": rng.normal(size=(6, 32, 32)), "short": rng.normal(size=(3, 32, 32))}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ranked = ndreg_preeval.rank_stacks(stacks, reference_image=1)
        ranked.save_nexus(tmp_path / "a.h5")
        ndreg_preeval.rank_stacks(stacks, pairing="previous").save_nexus(tmp_path / "b.h5")
    where = {
        "a.h5": {"long": [0, 2, 3, 4, 5], "short": [0, 2]},
        "b.h5": {"long": [1, 2, 3, 4, 5], "short": [1, 2]},
    }
    for name, expected in where.items():
        with h5py.File(tmp_path / name) as file:
            data = nxdata.get_default(file)
            rows = dict(zip(text(file["entry/ranking/scores/stack"]), data.signal[()], strict=True))
        assert {stack: np.flatnonzero(np.isfinite(row)).tolist() for stack, row in rows.items()} == expected


def test_one_stack_is_a_curve_and_no_picture_of_one_line(tmp_path):
    save_nexus(ranking(stack("a/b", [0.9, 0.8])), tmp_path / "one.h5")
    with h5py.File(tmp_path / "one.h5") as file:
        assert nxdata.get_default(file).group.name == "/entry/ranking/stacks/a_b/images"
        assert "images" not in file["entry/ranking"]
        assert text(file["entry/ranking/scores/title"]).endswith("of 1 stack, best: a/b")


def test_too_many_images_for_a_picture(ranked, tmp_path, monkeypatch):
    monkeypatch.setattr("ndreg_preeval.report.nexus.MOST_VALUES", 19)
    ranked.save_nexus(tmp_path / "many.h5")
    with h5py.File(tmp_path / "many.h5") as file:
        assert nxdata.get_default(file).group.name == "/entry/ranking/scores"
        assert "images" not in file["entry/ranking"]


def test_classes_and_process(saved):
    ranked, file = saved
    entry, process = file["entry"], file["entry/ranking"]
    for group, nx_class in ((file, "NXroot"), (entry, "NXentry"), (process, "NXprocess")):
        assert group.attrs["NX_class"] == nx_class
    assert text(process["program"]) == "ndreg_preeval"
    assert text(process["version"]) == ndreg_preeval.__version__
    made = datetime.fromisoformat(text(process["date"]))
    assert made.tzinfo is not None
    assert abs((datetime.now().astimezone() - made).total_seconds()) < 600
    assert text(process["reference_stack"]) == ranked.reference_stack
    assert text(process["trust"]) == ranked.trust
    assert text(process["warnings"]) == list(ranked.warnings)
    note = process["configuration"]
    assert note.attrs["NX_class"] == "NXnote"
    assert text(note["type"]) == "application/json"
    whole = ranked.to_dict()
    told = {name: whole[name] for name in ("method", "options", "num_threads")}
    assert json.loads(text(note["data"])) == told


def test_numbers_are_the_same_bit_for_bit(saved):
    ranked, file = saved
    process = file["entry/ranking"]
    assert text(process["scores/stack"]) == list(ranked.stacks)
    assert list(process["stacks"]) == list(ranked.stacks)  # in rank order
    for rank, (name, scored) in enumerate(ranked.stacks.items(), start=1):
        assert text(process["scores/group"])[rank - 1] == f"stacks/{name}"
        group = process["stacks"][name]
        assert text(group["name"]) == name
        assert group["rank"][()] == rank
        for field in ("score", "trust"):
            wanted = np.float64(getattr(scored, field)).tobytes()
            assert group[field][()].tobytes() == wanted
            assert process["scores"][field][rank - 1].tobytes() == wanted
        columns = {
            "images": {
                "image": scored.image_indices,
                "reference_image": scored.reference_indices,
                "probability": scored.probability,
                "value": scored.values,
                **{field: getattr(scored, field) for field in IMAGE_FIELDS},
            },
            "peak_to_mean": {"peak_to_mean": scored.peak_to_mean, "image": scored.image_indices},
            "shifts": {
                "dy": scored.shifts[:, 0],
                "dx": scored.shifts[:, 1],
                "peak_dy": scored.peak_shifts[:, 0],
                "peak_dx": scored.peak_shifts[:, 1],
                "image": scored.image_indices,
            },
        }
        for data, fields in columns.items():
            assert set(group[data]) == {"title", *fields}
            for field, values in fields.items():
                assert group[data][field].dtype == values.dtype, field
                assert group[data][field][()].tobytes() == values.tobytes(), field
        for field in ("dtype", "precision", "location"):
            assert text(group[field]) == getattr(scored, field)
        for field in ("reasons", "warnings"):
            assert text(group[field]) == list(getattr(scored, field))
        assert group["shape"][()].tolist() == list(scored.shape)
        assert bool(group["rankable"][()]) is scored.rankable
        assert group["n_images"][()] == scored.n_images
        assert ("worst_image" in group) == (scored.worst_image is not None)


def test_no_number_of_an_image_is_forgotten():
    there = {*IMAGE_FIELDS, "probability", "peak_to_mean"}
    assert there >= set(export.PER_IMAGE)


def test_what_is_plotted_of_a_stack(saved):
    ranked, file = saved
    group = file[f"entry/ranking/stacks/{ranked.reference_stack}"]
    images = nxdata.get_default(group)
    assert images.signal_dataset_name == ("probability" if ranked.method.asks_opinion else "value")
    assert np.isfinite(images.signal[()]).all()
    if ranked.method.statistic == "peak_to_mean":
        assert images.auxiliary_signals_dataset_names == []
    else:
        assert images.auxiliary_signals_dataset_names == ["peak", "second_peak", "zero_peak"]
    assert images.axes_dataset_names == ["image"]
    shifts = nxdata.NXdata(group["shifts"])
    assert [shifts.signal_dataset_name, *shifts.auxiliary_signals_dataset_names] == ["dy", "dx"]
    assert {group["shifts"][name].attrs["units"] for name in ("dy", "dx")} == {"pixels"}


def test_stack_that_could_not_be_read(saved):
    ranked, file = saved
    group = file["entry/ranking/stacks/gone"]
    assert text(group["error"]) == ranked.stacks["gone"].error
    assert "error" not in file["entry/ranking/stacks/Ca-K"]
    assert not group["rankable"][()]
    assert group["images/peak"].shape == (0,)
    assert file["entry/ranking/scores/rankable"][()].tolist() == [True, True, True, False]


def test_forced_ranking_has_no_scores_and_no_plot(demo, tmp_path):
    forced = ndreg_preeval.rank_stacks(demo.uri, reference_stack="K-K")
    forced.save_nexus(tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        assert text(file["entry/ranking/reference_stack"]) == "K-K"
        assert not {"scores", "stacks"} & set(file["entry/ranking"])
        assert check_plots(file) == 0
        for path in ("/", "/entry", "/entry/ranking"):
            assert "default" not in file[path].attrs  # viewers complain about one that leads nowhere
    save_nexus(ranking(ranked_stack_names=None), tmp_path / "none.h5")
    with h5py.File(tmp_path / "none.h5") as file:
        assert "reference_stack" not in file["entry/ranking"]


def test_odd_names(tmp_path):
    made = ranking(*(stack(name, [0.9, 0.8], location="") for name in ODD_NAMES), warnings=("a\0b",))
    save_nexus(made, tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        assert check_plots(file) == 2 + 3 * len(ODD_NAMES)
        process = file["entry/ranking"]
        shown = [text_of(name).replace("\0", "\\x00") for name in ODD_NAMES]
        assert text(process["scores/stack"]) == shown
        for path, name in zip(text(process["scores/group"]), shown, strict=True):
            assert text(process[path]["name"]) == name
        assert text(process["warnings"]) == ["a\\x00b"]
        label = process["scores/rank"].attrs["long_name"]
        assert label.startswith("rank: 1 a/b, 2 , 3 ., 4 .., ")
        assert label.endswith(f", and {len(ODD_NAMES) - 8} more")
        assert len(label) < 300
        # There is less room along the other axis.
        label = process["images/rank"].attrs["long_name"]
        assert label.startswith("rank: 1 a/b, 2 , 3 ., 4 .., ")
        assert label.endswith(" more")
        assert len(label) < 90


def test_dollars_are_no_formulas(tmp_path):
    save_nexus(ranking(stack(r"$\frac$", [0.9])), tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        titles = [text(file[f"entry/ranking/{path}/title"]) for path in ("scores", r"stacks/$\frac$/images")]
    from matplotlib.figure import Figure

    figure = Figure()
    figure.suptitle("".join(titles))
    figure.canvas.draw()  # raises where matplotlib meets a formula that is none


def test_link_names():
    names = link_names(ODD_NAMES)
    assert len(set(names)) == len(names)
    assert all(name and "/" not in name and name.isprintable() and len(name) < 100 for name in names)
    assert not {".", "..", " "} & set(names)
    assert link_names(["a/b", "a_b"]) == ["a_b (2)", "a_b"]  # who can keep a name keeps it
    assert link_names(["", ".", "stack"]) == ["stack (2)", "stack (3)", "stack"]
    assert link_names(["a_b (2)", "a/b", "a_b"]) == ["a_b (2)", "a_b (3)", "a_b"]
    assert link_names(["Ca-K", "日本", "Fe K+L"]) == ["Ca-K", "日本", "Fe K+L"]
    same = ["scan_0001/" + "x" * 5000 + end for end in ("/Ca-K", "/Fe-K")]
    assert [name[-5:] for name in link_names(same)] == ["_Ca-K", "_Fe-K"]


def test_stack_of_one_image_and_numbers_that_are_none(tmp_path):
    odd = stack("b", [0.5, 0.5], score=np.inf, p_value=np.array([np.nan, -np.inf]), trust=np.nan)
    save_nexus(ranking(stack("a", [0.9]), odd, stack("single", [])), tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        assert check_plots(file) == 11
        process = file["entry/ranking"]
        assert process["scores/score"][()].tolist()[1] == np.inf
        np.testing.assert_array_equal(process["stacks/b/images/p_value"], [np.nan, -np.inf])
        assert process["stacks/single/images/image"].shape == (0,)


def test_mask_is_kept(tmp_path):
    mask = np.random.default_rng(0).random((32, 48)) < 0.9
    save_nexus(ranking(stack("a", [0.9]), options=Options(mask=mask)), tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        np.testing.assert_array_equal(file["entry/ranking/configuration/mask"], mask)
        told = json.loads(text(file["entry/ranking/configuration/data"]))
        assert told["options"]["mask"] == {"shape": [32, 48], "valid_pixels": int(mask.sum())}


def test_process_is_the_one_that_ranked(tmp_path):
    """Not the one that writes, perhaps later, what came back from JSON."""
    made = Provenance("0.0.7", "2001-02-03T04:05:06+07:00")
    save_nexus(ranking(stack("a", [0.9]), provenance=made), tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        process = file["entry/ranking"]
        assert (text(process["version"]), text(process["date"])) == (made.version, made.date)


def test_flags_tell_what_their_bits_mean(tmp_path):
    save_nexus(ranking(stack("a", [0.9])), tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        bits = file["entry/ranking/stacks/a/images/flags"].attrs["bits"]
    told = dict(each.split(": ") for each in bits)
    assert all(export.flag_words(int(bit)) == [word] for bit, word in told.items())
    assert {"no_contrast", "hot_pixel"} <= set(told.values())


def test_h5py_alone_reads_it(tmp_path):
    save_nexus(ranking(stack("Ca-K", [0.9, 0.8])), tmp_path / "out.h5")
    code = (
        "import sys; sys.modules['silx'] = sys.modules['hdf5plugin'] = None\n"
        "import h5py; file = h5py.File(sys.argv[1])\n"
        "print(file['entry/ranking/stacks/Ca-K/images/probability'][:].tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "out.h5"], capture_output=True, timeout=300, check=True
    )
    assert done.stdout.decode().strip() == "[0.9, 0.8]"


def test_importing_a_ranking_stays_light():
    code = (
        "import sys, ndreg_preeval.ranking, ndreg_preeval.report.nexus\n"
        "print({'h5py', 'silx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=300, check=True)
    assert done.stdout.strip() == b"set()"
