"""The parts of a form that are the same for every notebook: schedule and environment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import ipywidgets as ipw

from jupyter_batch.domain.executor_kinds import EXECUTOR_KINDS, executor_help
from jupyter_batch.domain.schedule.sentence import sentence
from jupyter_batch.domain.schedule.trigger import CronTrigger
from jupyter_batch.domain.schedule.trigger_check import check_trigger
from jupyter_batch.domain.schedule.upcoming import upcoming
from jupyter_batch.errors import BatchError
from jupyter_batch.widgets import markup
from jupyter_batch.widgets.base import full, html_box
from jupyter_batch.widgets.fields import INDENT, Field

_BY_THE_SERVER = "the server decides"
#: Names of fields and the places that the server's errors name.
_ENVIRONMENT_PLACES = {
    "executor": "environment.executor",
    "image": "environment.image",
    "memory": "environment.memory_bytes",
    "cpus": "environment.cpus",
    "timeout": "timeout_seconds",
}


class EnvironmentFields:
    """Executor, image, memory, cpus and timeout, folded away."""

    def __init__(self, preset: Mapping[str, Any]) -> None:
        def text(name: str, help_text: str) -> Field:
            given = preset.get(name)
            value = "" if given is None else str(given)
            return Field(name, ipw.Text(value=value, placeholder=_BY_THE_SERVER), help_text)

        executors = [
            (_BY_THE_SERVER, ""),
            *((kind.label, kind.name) for kind in EXECUTOR_KINDS.values()),
        ]
        executor = ipw.Dropdown(options=executors, value=preset.get("executor") or "")
        self.fields = {
            "executor": Field("executor", executor, executor_help()),
            "image": text("image", "any image with papermill and a kernel"),
            "memory": text("memory", "such as 512m or 2g"),
            "cpus": text("cpus", "such as 0.5 or 2"),
            "timeout": text("timeout", "such as 90, 10m or 1.5h"),
        }
        self.box = ipw.Accordion(
            children=[ipw.VBox([field.box for field in self.fields.values()])],
            titles=("Environment",),
            selected_index=None,
        )

    def options(self) -> dict[str, Any]:
        """Returns the options of a run that the fields hold; empty ones mean the server's own."""
        given: dict[str, Any] = {}
        for name, field in self.fields.items():
            text = str(field.value()).strip()
            given[name] = text or None
        if given["cpus"] is not None:
            try:
                given["cpus"] = float(given["cpus"])
            except ValueError:
                pass  # The server says what is wrong with it, as with all else.
        return given

    def find(self, place: str) -> Field | None:
        """Returns the field that an error names, and unfolds it; None where it is none of these."""
        for name, known in _ENVIRONMENT_PLACES.items():
            if place == known or place.startswith(f"{known}."):
                self.box.selected_index = 0
                return self.fields[name]
        return None


class ScheduleFields:
    """Name, cron text and time zone, with what they mean in words while one types."""

    def __init__(self, name: str) -> None:
        def text(label: str, value: str, help_text: str) -> Field:
            return Field(label, ipw.Text(value=value), help_text)

        self.fields = {
            "name": text("name", name, "of the job; nobody else may have it"),
            "cron": text("cron", "0 6 * * mon-fri", "minute hour day month weekday, or @daily"),
            "timezone": text("timezone", "UTC", "such as Europe/Amsterdam"),
        }
        self._preview = html_box(margin=f"0 0 0 {INDENT}", width="auto")
        self.box = ipw.VBox(
            [*(field.box for field in self.fields.values()), self._preview], layout=full()
        )
        for label in ("cron", "timezone"):
            self.fields[label].control.observe(lambda _: self._show_meaning(), names="value")
        self._show_meaning()
        self.show(False)

    def show(self, visible: bool) -> None:
        """Shows or hides all of it."""
        self.box.layout.display = None if visible else "none"

    def options(self) -> dict[str, Any]:
        """Returns the options of a job that the fields hold."""
        return {name: str(field.value()).strip() for name, field in self.fields.items()}

    def find(self, place: str) -> Field | None:
        """Returns the field that an error names; None where it is none of these."""
        if place == "name":
            return self.fields["name"]
        if place.rpartition(".")[2] == "timezone":
            return self.fields["timezone"]
        is_schedule = place.startswith("triggers") or place in ("cron", "schedule")
        return self.fields["cron"] if is_schedule else None

    def _show_meaning(self) -> None:
        given = self.options()
        for label in ("cron", "timezone"):
            self.fields[label].show_error("")
        try:
            trigger = CronTrigger(cron=given["cron"], timezone=given["timezone"])
            check_trigger(trigger)
            instants = [one.local for one in upcoming(trigger, datetime.now(UTC), 3)]
        except BatchError as error:
            field = self.find(str(error.details.get("field") or "")) or self.fields["cron"]
            field.show_error(error.message)
            self._preview.value = ""
            return
        lines = "<br>".join(markup.escape(one) for one in instants)
        words = markup.escape(sentence(trigger))
        self._preview.value = markup.block(
            f"{words}<br>{markup.soft('next at')}<br>{lines}", role="status"
        )
