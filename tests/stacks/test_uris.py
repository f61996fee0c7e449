# SPDX-License-Identifier: MIT
"""What a URI can mean: every form, every awkward name, every slice."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from silx.io.url import DataUrl

from ndreg_preeval.stacks.selection import apply_slice, check_slice, format_slice, parse_slice
from ndreg_preeval.stacks.uris import UriMeaning, format_uri, is_uri, parse_uri, uri_text

EVERYTHING = slice(None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(folder: Path, name: str = "ok.h5") -> str:
    (folder / name).touch()
    return str(folder / name)


@pytest.mark.parametrize(
    "form",
    [
        "{file}::/entry/Ca",
        "{file}?/entry/Ca",
        "{file}?path=/entry/Ca",
        "silx://{file}::/entry/Ca",
        "silx://{file}?/entry/Ca",
        "silx://{file}?path=/entry/Ca",
        "silx:{file}::/entry/Ca",
        "silx:{file}?path=/entry/Ca",
        "SILX:{file}::/entry/Ca",
    ],
)
@pytest.mark.parametrize("exists", [True, False])
def test_forms(folder: Path, form: str, exists: bool) -> None:
    file = touch(folder) if exists else str(folder / "nosuch.h5")
    wanted = UriMeaning(file, "/entry/Ca")
    text = form.format(file=file)
    assert parse_uri(text)[0] == wanted
    if not form.startswith("SILX"):  # silx itself knows its scheme in small letters only
        assert parse_uri(DataUrl(text))[0] == wanted


def test_paths_and_fields(folder: Path) -> None:
    file = touch(folder)
    assert parse_uri(Path(file + "::/Ca"))[0] == UriMeaning(file, "/Ca")
    assert parse_uri(Path("silx://" + file + "?path=/Ca"))[0] == UriMeaning(file, "/Ca")
    fields = DataUrl(file_path=file, data_path="/Ca+K?", data_slice=(slice(0, 2), Ellipsis), scheme="silx")
    assert parse_uri(fields)[0] == UriMeaning(file, "/Ca+K?", (slice(0, 2), Ellipsis))
    assert parse_uri(DataUrl(file_path=file, data_path="/Ca", data_slice=3))[0] == UriMeaning(
        file, "/Ca", (3,)
    )


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("ok.h5::/Ca", "ok.h5"),
        ("./ok.h5::/Ca", "./ok.h5"),
        ("silx:ok.h5::/Ca", "ok.h5"),
        ("silx://ok.h5?path=/Ca", "ok.h5"),
        ("C:/data/ok.h5::/Ca", "C:/data/ok.h5"),
        (r"C:\data\ok.h5::/Ca", r"C:\data\ok.h5"),
        ("silx:///C:/data/ok.h5::/Ca", "C:/data/ok.h5"),
        (r"\\server\share\ok.h5::/Ca", r"\\server\share\ok.h5"),
    ],
)
def test_relative_files_and_windows_drives(folder: Path, text: str, file: str) -> None:
    assert parse_uri(text)[0] == UriMeaning(file, "/Ca")


@pytest.mark.parametrize(
    "name",
    ["run#1.h5", "run;1.h5", "a+b.h5", "a b.h5", "12:30:00.h5", "what?.h5", "a&b=c.h5", "50%25.h5", "scan:1.h5",
     "a::b.h5", "données_日本.h5", "x?path=y.h5", "[1].h5"],
)  # fmt: skip
@pytest.mark.parametrize("relative", [True, False])
def test_awkward_file_names(folder: Path, name: str, relative: bool) -> None:
    file = touch(folder, name)
    file = name if relative else file
    assert parse_uri(f"{file}::/entry/Ca")[0] == UriMeaning(file, "/entry/Ca")
    assert parse_uri(Path(f"{file}::/entry/Ca"))[0] == UriMeaning(file, "/entry/Ca")
    assert parse_uri(DataUrl(file_path=file, data_path="/entry/Ca"))[0] == UriMeaning(file, "/entry/Ca")


@pytest.mark.parametrize(
    "name", ["Ca+K", "50%25", "a&b", "a=b", "a::b", "h#1", "a;b", "q?x", "Kβ", "a b", "scan.1"]
)
@pytest.mark.parametrize("indices", [None, (slice(None, None, 2), 3, Ellipsis)])
def test_awkward_dataset_names_round_trip(folder: Path, name: str, indices: Any) -> None:
    file = touch(folder)
    text = format_uri(file, f"/entry/{name}", indices)
    assert parse_uri(text)[0] == UriMeaning(file, f"/entry/{name}", indices)


def test_what_dataurl_decodes_is_a_later_reading(folder: Path) -> None:
    touch(folder)
    assert parse_uri("ok.h5::/a%20b+c") == [UriMeaning("ok.h5", "/a%20b+c"), UriMeaning("ok.h5", "/a b c")]


@pytest.mark.parametrize("text", ["run;1.h5::/Ca", "run#1.h5::/Ca"])
def test_a_cut_file_name_never_stands_for_another_file(folder: Path, text: str) -> None:
    touch(folder, "run")
    assert "run" not in {meaning.file for meaning in parse_uri(text)}


def test_a_lost_path_never_stands_for_the_whole_file(folder: Path) -> None:
    touch(folder)
    assert all(meaning.path for meaning in parse_uri("ok.h5::/a&b=c"))
    assert all("1" in meaning.path for meaning in parse_uri("ok.h5::/a#1"))


@pytest.mark.parametrize("text", ["ok.h5", "ok.h5::", "ok.h5?", "silx:ok.h5"])
def test_a_file_alone_has_an_empty_path(folder: Path, text: str) -> None:
    touch(folder)
    assert parse_uri(text)[0] == UriMeaning("ok.h5", "")


@pytest.mark.parametrize("border", ["::/Ca&", "?path=/Ca&", "::/Ca?", "?/Ca&"])
@pytest.mark.parametrize(
    ("text", "indices"),
    [
        ("0:10", (slice(0, 10),)),
        ("::2", (slice(None, None, 2),)),
        ("1,:,:,:", (1, EVERYTHING, EVERYTHING, EVERYTHING)),
        ("...", (Ellipsis,)),
        ("-3:, ...", (slice(-3, None), Ellipsis)),
        ("::-1", (slice(None, None, -1),)),
    ],
)
def test_slices(folder: Path, border: str, text: str, indices: Any) -> None:
    file = touch(folder)
    assert parse_uri(f"{file}{border}slice={text}")[0] == UriMeaning(file, "/Ca", indices)


@pytest.mark.parametrize(
    "text", ["", "a", "1:2:3:4", "1.5", "...,...", "::0", "1_0", "9" * 30, ":" * 100, "--1"]
)
def test_invalid_slices_are_a_problem_not_a_guess(folder: Path, text: str) -> None:
    file = touch(folder)
    first = parse_uri(f"{file}?path=/Ca&slice={text}")[0]
    assert first.path == "/Ca"
    assert "slice" in first.problem
    with pytest.raises(ValueError, match="slice="):
        parse_slice(text)


def test_an_invalid_dataurl_slice_is_a_problem(folder: Path) -> None:
    url = DataUrl(file_path=touch(folder), data_path="/Ca", data_slice=("a",))
    assert "slice" in parse_uri(url)[0].problem


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (b"ok.h5::/Ca", TypeError, "str, Path or DataUrl, not bytes"),
        (3, TypeError, "str, Path or DataUrl, not int"),
        (None, TypeError, "not NoneType"),
        ("", ValueError, "names no file"),
        (DataUrl(""), ValueError, "names no file"),
        ("a\0b.h5::/Ca", ValueError, "NUL"),
        ("ok.h5::/a\0b", ValueError, "NUL"),
        (DataUrl(file_path="a\0b", data_path="/Ca"), ValueError, "NUL"),
        ("http://server/ok.h5::/Ca", ValueError, "scheme 'http'"),
        (DataUrl("https://server/ok.h5"), ValueError, "scheme 'https'"),
        ("fabio:///ok.edf", ValueError, "scheme 'fabio'"),
        (DataUrl("fabio:///ok.edf"), ValueError, "scheme 'fabio'"),
        ("file:///ok.h5::/Ca", ValueError, "scheme 'file'"),
    ],
)
def test_what_cannot_be_read(value: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        parse_uri(value)


def test_a_foreign_scheme_is_refused_even_where_the_file_exists(folder: Path) -> None:
    file = touch(folder)
    for value in (f"fabio://{file}", DataUrl(f"fabio://{file}")):
        with pytest.raises(ValueError, match="fabio"):
            parse_uri(value)


@pytest.mark.parametrize("text", ["x" * 5000 + ".h5::/Ca", "ok.h5::/" + "y" * 10**5, "ok.h5::" + "/y" * 20000,
                                  "::" * 10**4, "?" * 10**4, "silx://[", "::", "::/Ca", "\udc80.h5::/Ca"])  # fmt: skip
def test_odd_texts_have_a_reading_and_raise_nothing(folder: Path, text: str) -> None:
    touch(folder)
    assert 1 <= len(parse_uri(text)) <= 50


def test_what_is_a_uri() -> None:
    assert all(map(is_uri, ["a", Path("a"), DataUrl("a"), np.str_("a")]))
    assert not any(map(is_uri, [b"a", 3, None, [], np.zeros(1)]))


def test_text_for_messages() -> None:
    assert uri_text("ok.h5::/Ca") == "ok.h5::/Ca"
    assert uri_text(Path("ok.h5::/Ca")) == "ok.h5::/Ca"
    assert uri_text(DataUrl("ok.h5::/Ca")) == "ok.h5::/Ca"
    assert "ok.h5" in uri_text(DataUrl(file_path="ok.h5", data_path="/Ca", data_slice=(1.5,)))


INDICES: list[Any] = [2, -1, EVERYTHING, slice(1, 4), slice(None, None, 2), slice(None, None, -1), slice(4, 1, -2),
                      slice(-3, None), slice(0, 99)]  # fmt: skip


@pytest.mark.parametrize(
    "indices", [*itertools.product(INDICES, INDICES), (), (Ellipsis,), (1, Ellipsis, 2)], ids=str
)
def test_slices_take_what_numpy_takes(indices: Any) -> None:
    array = np.arange(5 * 6 * 7).reshape(5, 6, 7)
    axes = apply_slice(indices, array.shape)
    forward = array[tuple(slice(axis.start, axis.stop, axis.step) for axis in axes)]
    assert forward.shape == tuple(axis.count for axis in axes)
    turned = forward[tuple(slice(None, None, -1 if axis.reverse else 1) for axis in axes)]
    found = turned[tuple(0 if axis.drop else slice(None) for axis in axes)]
    np.testing.assert_array_equal(found, array[indices])
    assert parse_slice(format_slice(indices)) == indices if indices else True


@pytest.mark.parametrize("item", [slice(None), slice(1, 5), slice(None, None, -1), slice(5, 0, -2)], ids=str)
def test_parts_of_a_walk(item: slice) -> None:
    array = np.arange(7)
    (axis,) = apply_slice((item,), array.shape)
    for start, stop in itertools.combinations(range(axis.count + 1), 2):
        part = axis.part(start, stop)
        found = array[part.start : part.stop : part.step][:: -1 if part.reverse else 1]
        np.testing.assert_array_equal(found, array[item][start:stop])


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ((slice(90, 99),), "slice=90:99, axis 0: nothing is left of the 5 elements"),
        ((0, 7), "slice=0,7, axis 1: index 7 is outside the 6 elements"),
        ((-6,), "slice=-6, axis 0: index -6 is outside"),
        ((0, 0, 0, 0), r"slice=0,0,0,0 has 4 indices, but the dataset has 3 axes"),
    ],
)
def test_slices_beyond_the_dataset(indices: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        apply_slice(indices, (5, 6, 7))


@pytest.mark.parametrize("value", [None, 1.5, (True,), (None,), ("a",), (slice(0, 1.5),)], ids=str)
def test_fields_that_are_no_slice(value: Any) -> None:
    with pytest.raises(TypeError, match="slice must"):
        check_slice(value)


# ------------------------------------------------------------------ what follows file and path


QUERY = {"slice=0,...": ("indices", (0, Ellipsis)), "axis=-1": ("image_axis", -1), "stacks=3": ("stacks_axis", 3),
         "series=12": ("series", 12)}  # fmt: skip
some_of_the_query = pytest.mark.parametrize(
    "keys", [keys for n in range(1, 5) for keys in itertools.permutations(QUERY, n)], ids="&".join
)


@some_of_the_query
@pytest.mark.parametrize("border", ["::/Ca?", "::/Ca&", "?path=/Ca&", "?/Ca&", "?"])
def test_keys_in_any_order(folder: Path, keys: tuple[str, ...], border: str) -> None:
    file = touch(folder)
    expected = UriMeaning(file, "" if border == "?" else "/Ca")._replace(**dict(QUERY[key] for key in keys))
    assert parse_uri(f"{file}{border}{'&'.join(keys)}")[0] == expected
    assert parse_uri(f"silx:{file}{border}{'&'.join(keys)}")[0] == expected
    assert parse_uri(str(expected))[0] == expected


@some_of_the_query
def test_keys_before_the_path(folder: Path, keys: tuple[str, ...]) -> None:
    file = touch(folder)
    expected = UriMeaning(file, "/Ca")._replace(**dict(QUERY[key] for key in keys))
    for split in range(len(keys) + 1):
        text = "&".join([*keys[:split], "path=/Ca", *keys[split:]])
        assert parse_uri(f"{file}?{text}")[0] == expected
        assert parse_uri(DataUrl(f"silx://{file}?{text}"))[0] == expected


@pytest.mark.parametrize("name", ["/Ca", "/Ca+K", "/a&b", "/q?x", "/a=b", "/a::b", "/50%25", ""])
@pytest.mark.parametrize("indices", [None, (slice(None, None, -1), 2, Ellipsis)])
@pytest.mark.parametrize("numbers", [(None, None, None), (2, None, 0), (None, -4, None), (-1, 3, 7)])
def test_every_uri_reads_as_what_it_was_made_of(
    folder: Path, name: str, indices: Any, numbers: tuple[Any, Any, Any]
) -> None:
    file = touch(folder, "run#1 what?.h5")
    text = format_uri(file, name, indices, *numbers)
    assert parse_uri(text)[0] == UriMeaning(file, name, indices, "", *numbers)
    assert str(parse_uri(text)[0]) == text


@pytest.mark.parametrize(
    "name", ["Ca?stacks=0", "Ca&series=1", "Ca?axis=1&stacks=2", "stacks=1", "path=x&series=0"]
)
def test_names_may_look_like_keys(folder: Path, name: str) -> None:
    file = touch(folder)
    assert UriMeaning(file, f"/{name}") in parse_uri(f"{file}::/{name}")
    touch(folder, name)
    assert UriMeaning(name, "/Ca") == parse_uri(f"{name}::/Ca")[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("stacks=", "stacks='' is not valid: give the axis of the stacks, counted from 0 or, negative"),
        ("stacks=x", "stacks='x' is not valid"),
        ("stacks=1.0", "stacks='1.0' is not valid"),
        ("stacks=32", "stacks='32' is not valid"),
        ("stacks=-33", "stacks='-33' is not valid"),
        ("stacks=²", "stacks='²' is not valid"),
        ("series=-1", "series='-1' is not valid: give the number of a series of the file, counted from 0"),
        ("series=1_0", "series='1_0' is not valid"),
        ("series=" + "9" * 30, "is not valid"),
        ("axis=3", "axis='3' is not valid: give 0, 1 or 2"),
        ("axis=1&axis=1", "axis= is given twice"),
        ("stacks=0&slice=0&stacks=1", "stacks= is given twice"),
        ("slice=0&slice=1", "slice= is given twice"),
        ("slice=a&stacks=0", "slice='a' is not valid"),
        ("stacks=a&slice=0", "stacks='a' is not valid"),
    ],
)
@pytest.mark.parametrize("border", ["::/Ca?", "?path=/Ca&", "?"])
def test_wrong_values_are_a_problem_not_a_guess(folder: Path, border: str, text: str, problem: str) -> None:
    first = parse_uri(f"{touch(folder)}{border}{text}")[0]
    assert first.path == ("" if border == "?" else "/Ca")
    assert problem in first.problem


def test_stacks_of_one_dataset_are_called_by_their_labels() -> None:
    meaning = UriMeaning("a.h5", "/maps/", (0,))
    assert (meaning.named_path, str(meaning)) == ("/maps/", "a.h5::/maps/&slice=0")
    labelled = meaning._replace(label="Ca K")
    assert (labelled.named_path, str(labelled)) == ("/maps/Ca K", str(meaning))
