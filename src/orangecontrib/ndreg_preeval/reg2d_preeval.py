# SPDX-License-Identifier: MIT
"""The widget: which stack to align by, how sure that is, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ewoksorange.gui.owwidgets.meta import ow_build_opts
from ewoksorange.gui.owwidgets.threaded import OWEwoksWidgetOneThread
from orangewidget.widget import Msg

from ndreg_preeval.ewoks.reg2d_preeval import Reg2DPreEvaluation

from .view.controls import Controls
from .view.loader import let_end
from .view.model import Model
from .view.panel import ResultPanel
from .view.pictures import error_text

if TYPE_CHECKING:
    from ndreg_preeval import Ranking


class OWReg2DPreEvaluation(  # type: ignore[call-arg, unused-ignore]
    OWEwoksWidgetOneThread, **ow_build_opts, ewokstaskclass=Reg2DPreEvaluation
):
    """Ranks stacks in a thread of its own and shows the ranking.

    Inputs that arrive during a ranking cancel it; another one with the new inputs follows.
    """

    name = "Pre-Registration Evaluation (ndreg_preeval)"
    description = "Rank image stacks by how likely phase cross-correlation will align them"
    icon = "icons/reg2d_preeval.svg"
    keywords = ("registration", "alignment", "phase correlation", "drift")
    want_main_area = True

    class Error(OWEwoksWidgetOneThread.Error):
        """Error that made a run fail."""

        failed = Msg("{}")

    class Warning(OWEwoksWidgetOneThread.Warning):
        """Doubts about a ranking."""

        doubtful = Msg("{}")

    class Information(OWEwoksWidgetOneThread.Information):
        """Notes that a person should know besides."""

        cancelled = Msg("Cancelled: nothing was ranked.")

    def __init__(self) -> None:
        super().__init__()
        self._cancelled = False
        self._again: tuple[bool, bool] | None = None
        self._init_control_area()
        self._init_main_area()

    # ------------------------------------------------------------------ what is seen

    def _init_control_area(self) -> None:
        super()._init_control_area()
        self.controls = Controls(self.get_default_input_values(include_missing=True), self._edited)
        self._get_control_layout().addWidget(self.controls)
        self.controls.cancel.clicked.connect(self.cancel)
        self.progressBarValueChanged.connect(self.controls.show_progress)
        self.processingStateChanged.connect(self.controls.show_running)
        self._enable_inputs()

    def _init_main_area(self) -> None:
        super()._init_main_area()
        self.panel = ResultPanel(self.mainArea)
        self._get_main_layout().addWidget(self.panel)
        self.resize(1360, 880)

    def _edited(self) -> None:
        self.update_default_inputs(**self.controls.changes())
        self._enable_inputs()

    def _enable_inputs(self) -> None:
        self.controls.enable_all_but(self.get_dynamic_input_names())

    def handleNewSignals(self) -> None:
        """Rank what came in."""
        self._enable_inputs()
        super().handleNewSignals()

    # ------------------------------------------------------------------ running

    def cancel(self) -> None:
        """Stop the ranking that runs, if any."""
        self._again = None
        self._stop()

    def onDeleteWidget(self) -> None:
        """Stop all threads."""
        self._again = None
        self._stop()
        self.panel.loader.close()
        let_end(self.task_executor)
        super().onDeleteWidget()

    def _stop(self) -> None:
        if self.task_executor.isRunning():
            self._cancelled = True
            self.cancel_running_task()

    def _execute_ewoks_task(self, propagate: bool, log_missing_inputs: bool) -> None:
        if self.task_executor.isRunning():
            self._again = propagate, log_missing_inputs
            self._stop()
            return
        self._cancelled = False
        self._clear_messages()
        super()._execute_ewoks_task(propagate, log_missing_inputs)

    def _ewoks_task_finished_callback(self) -> None:
        super()._ewoks_task_finished_callback()
        again, self._again = self._again, None
        if again is not None:
            self._execute_ewoks_task(*again)

    # ------------------------------------------------------------------ results

    def task_output_changed(self) -> None:
        """Show the result of the run that ended, or why it has no result."""
        self._clear_messages()
        if self.task_succeeded:
            self._show(self.task_executor.current_task.ranking, self.get_task_output_values())
            return
        self.panel.clear()
        if self._again is not None:
            return
        if self._cancelled:
            self.Information.cancelled()
        elif self.task_exception is not None:
            self.Error.failed(error_text(self.task_exception))

    def _show(self, ranking: Ranking | None, outputs: dict[str, Any]) -> None:
        stacks, chosen = outputs["image_stacks"], outputs["reference_stack"]
        if ranking is None or not ranking.stack_scores:
            self.panel.show_unranked(stacks, chosen, outputs["ranked_stack_names"])
            return
        self.panel.show_result(Model(ranking), stacks)
        if ranking.warnings:
            self.Warning.doubtful(ranking.warnings[0])

    def _clear_messages(self) -> None:
        self.Error.failed.clear()
        self.Warning.doubtful.clear()
        self.Information.cancelled.clear()
