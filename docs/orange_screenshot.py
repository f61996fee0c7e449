# SPDX-License-Identifier: MIT
"""Makes docs/orange.png: the Orange widget with the ranking of the demo stacks.

Run it as ``QT_QPA_PLATFORM=offscreen python docs/orange_screenshot.py docs/orange.png``.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from AnyQt.QtWidgets import QApplication

from ndreg_preeval import RankingWarning
from ndreg_preeval.cli.demo import make_demo
from orangecontrib.ndreg_preeval.reg2d_preeval import OWReg2DPreEvaluation

STACK = "Cl-K"
"""What is selected: some of its images are doubtful, and their peaks lie beside zero shift."""


def main(path: str) -> None:
    """Rank the demo stacks in the widget and save what it looks like."""
    app = QApplication([])
    widget = OWReg2DPreEvaluation()
    widget.show()

    def settle() -> None:
        for _ in range(20):  # what is drawn follows some events later
            app.processEvents()
            time.sleep(0.01)
        while widget.task_executor.isRunning() or widget.panel.loader.busy:
            app.processEvents()
            time.sleep(0.01)
        for _ in range(20):
            app.processEvents()

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", RankingWarning)
        demo = make_demo(Path(folder) / "demo.h5")
        widget.set_dynamic_input("image_stacks", demo.uri)
        widget.handleNewSignals()
        settle()
        next(iter(widget.controls.boxes.values())).open()
        widget.panel.table.selectRow(widget.panel.model.names.index(STACK))
        settle()
        if not widget.grab().save(path):
            raise OSError(f"{path} could not be written")
        widget.onDeleteWidget()


if __name__ == "__main__":
    main(sys.argv[1])
