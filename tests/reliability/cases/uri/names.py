# SPDX-License-Identifier: MIT
"""URIs with characters that URL parsers stumble over, and URIs that lead nowhere."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from ...outcomes import RANKED, error
from ...support import good
from ...uris import beside, good_file, write
from .forms import data_url, uri

LEADS_NOWHERE = (OSError, ValueError, KeyError, TypeError, NotImplementedError)

for name, what, file in (
    ("file_unicode", "accents and Japanese", "donn\u00e9es_\u65e5\u672c.h5"),
    ("file_hash", "a URL parser cuts at #", "run#1.h5"),
    ("file_semicolon", "a URL parser cuts at ;", "run;1.h5"),
    ("file_plus", "a query parser makes + a blank", "a+b.h5"),
    ("file_colon", "single colons", "12:30:00.h5"),
):
    uri.add(
        name,
        f"file name: {what}",
        functools.partial(good_file, name=file),
        RANKED,
        error(OSError, ValueError, KeyError, naming=[file]),
    )


@uri.case(
    "file_question_object",
    "file name with ? in the parts of a DataUrl",
    RANKED,
    error(OSError, ValueError, KeyError, naming=["what?.h5"]),
)
def _(folder: Path) -> Any:
    good_file(folder, "what?.h5")
    return {name: data_url(file_path=str(folder / "what?.h5"), data_path=f"/entry/{name}") for name in good()}


def in_group(group: str, folder: Path) -> Any:
    return write(folder / "ok.h5", good(), f"/entry/{group}")


for name, what, group in (
    ("dset_plus", "a query parser makes + a blank", "Ca+K"),
    ("dset_percent", "a query parser decodes %25", "50%25"),
    ("dset_unicode", "Greek", "K\u03b1"),
    ("dset_colons", "the separator itself", "a::b"),
    ("dset_dot", "a dot", "scan.1"),
):
    uri.add(
        name,
        f"dataset name: {what}",
        functools.partial(in_group, group),
        RANKED,
        error(OSError, ValueError, KeyError, naming=[group]),
    )


def nowhere(name: str, what: str, text: str, *tokens: str) -> None:
    """A faulty URI beside three good ones; {ok} is a good file and {dir} its folder."""

    def build(folder: Path) -> Any:
        return beside(folder, text.replace("{ok}", str(folder / "ok.h5")).replace("{dir}", str(folder)))

    uri.add(name, what, build, error(*LEADS_NOWHERE, naming=["stk_bad", *tokens]))


nowhere("empty", "an empty URI", "")
nowhere("only_colons", "nothing but the separator", "::")
nowhere("no_file", "no file part", "::/entry/zeta")
nowhere("no_dataset", "no dataset part: the file holds no image stack to choose", "{ok}", "ok.h5")
nowhere("empty_dataset", "an empty dataset part", "{ok}::", "ok.h5")
nowhere("nul_in_file", "NUL in the file path", "{dir}/a\x00b.h5::/entry/zeta", "a\\x00b")
nowhere("nul_in_dataset", "NUL in the dataset path", "{ok}::/entry/ze\x00ta", "ok.h5")
nowhere("windows_path", "a path of Windows", "C:\\data\\nosuch.h5::/entry/zeta", "nosuch")
nowhere("windows_slash", "a path of Windows with slashes", "C:/data/nosuch.h5::/entry/zeta", "nosuch")
nowhere("unc_path", "a UNC path", "\\\\server\\share\\nosuch.h5::/entry/zeta", "nosuch")
nowhere("very_long_path", "a file name of 5000 characters", "{dir}/" + "a" * 5000 + ".h5::/entry/zeta")
nowhere("very_long_dataset", "a dataset name of 100000 characters", "{ok}::/" + "d" * 100_000, "ok.h5")
nowhere("deep_dataset", "a dataset path of 20000 levels", "{ok}::" + "/d" * 20_000, "ok.h5")
nowhere("glob", "a pattern of one image each, which matches a stack", "{dir}/*.h5::/entry/zeta", "*.h5")
uri.add(
    "int",
    "a number among URIs",
    lambda folder: beside(folder, 42),
    error(ValueError, TypeError, OSError, KeyError, naming=["stk_bad"]),
)
