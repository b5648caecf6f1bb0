"""A form that runs or schedules a notebook."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Unpack

import ipywidgets as ipw

from jupyter_batch.client.arguments.options import RunOptions
from jupyter_batch.client.client import Client
from jupyter_batch.client.job import Job
from jupyter_batch.client.run import Run
from jupyter_batch.errors import BatchError, InvalidInput
from jupyter_batch.widgets import markup
from jupyter_batch.widgets.base import Box, client_or_default, full, html_box
from jupyter_batch.widgets.fields import INDENT, UNSET, Field, NotAValue, ParameterField
from jupyter_batch.widgets.form_parts import EnvironmentFields, ScheduleFields
from jupyter_batch.widgets.live import live_of
from jupyter_batch.widgets.monitor import RunMonitor

_NOW, _SCHEDULE = "Run now", "On a schedule"


class RunForm(Box):
    """Show a form for a notebook's parameters, which runs or schedules the notebook.

    The fields come from the notebook's parameters cell. A field that is not changed is not sent.
    The monitor of the run is shown below the form. ``run`` is the run that was submitted, ``job``
    the job that was scheduled, ``fields`` the fields by parameter name.

    Parameters
    ----------
    path : str or path-like
        Path of the notebook.
    parameters : dict, optional
        First values of the fields.
    client : Client, optional
        The client. Default: the one that ``jb.run`` uses.
    **options : RunOptions
        First values of the other fields, as ``jb.submit`` takes them.

    Examples
    --------
    Show the form::

        form = jb.widgets.RunForm("report.ipynb", {"alpha": 0.5}, memory="1g")
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        parameters: Mapping[str, Any] | None = None,
        *,
        client: Client | None = None,
        **options: Unpack[RunOptions],
    ) -> None:
        self.path = os.fspath(path)
        self.run: Run | None = None
        self.job: Job | None = None
        #: By the parameters' names; empty until the notebook has been read.
        self.fields: dict[str, ParameterField] = {}
        self._client = client_or_default(client)
        self._preset = dict(parameters or {})
        self._options = options
        self._make_parts()
        super().__init__(live_of(self._client._connection), self._parts())
        self.add_class("jb-RunForm")
        self._live.do(self._read_notebook)

    def _make_parts(self) -> None:
        name = markup.escape(PurePath(self.path).name)
        self._head = html_box(
            markup.STYLE + markup.block(f'<div class="jbw-head"><b>{name}</b></div>')
        )
        self._inputs = ipw.VBox([html_box(markup.block(markup.soft("Reading the notebook …")))])
        self._when = ipw.ToggleButtons(options=(_NOW, _SCHEDULE), tooltips=("once", "by cron"))
        self._schedule = ScheduleFields(self._options.get("name") or PurePath(self.path).stem)
        self._environment = EnvironmentFields(self._options)
        self._go = ipw.Button(
            description="Run",
            icon="play",
            button_style="primary",
            tooltip="Send it to the server",
            disabled=True,
        )
        self._said = html_box(margin=f"0 0 0 {INDENT}", width="auto")
        self._result = ipw.VBox(layout=full())
        self._when.observe(self._switch, names="value")
        self._go.on_click(lambda _: self.submit())

    def _parts(self) -> list[ipw.Widget]:
        when = ipw.HBox([self._when], layout=full(margin=f"0 0 0 {INDENT}", width="auto"))
        buttons = ipw.HBox([self._go], layout=full(margin=f"4px 0 4px {INDENT}", width="auto"))
        return [
            self._head,
            self._inputs,
            when,
            self._schedule.box,
            self._environment.box,
            buttons,
            self._said,
            self._result,
        ]

    @property
    def parameters(self) -> dict[str, Any]:
        """Values that differ from the notebook's own; raises InvalidInput for a bad field."""
        found, bad = {}, []
        for name, field in self.fields.items():
            try:
                value = field.value()
            except NotAValue as error:
                field.show_error(str(error))
                bad.append(f"{name}: {error}")
            else:
                field.show_error("")
                if value is not UNSET:
                    found[name] = value
        if bad:
            raise InvalidInput(bad[0], field="parameters")
        return found

    def submit(self) -> None:
        """Send the form, as the button does; ``run`` or ``job`` is set soon after."""
        self._said.value = ""
        self.show_trouble(None)
        for field in self._others():
            field.show_error("")
        try:
            parameters = self.parameters
        except InvalidInput:
            self._show_error_count()
            return
        self._go.disabled = True
        if self._when.value == _NOW:
            self._live.do(lambda: self._try(parameters, schedule=False))
        else:
            self._live.do(lambda: self._try(parameters, schedule=True))

    def _others(self) -> list[Field]:
        return [*self._schedule.fields.values(), *self._environment.fields.values()]

    def _switch(self, change: Any) -> None:
        scheduled = change.new == _SCHEDULE
        self._schedule.show(scheduled)
        self._go.description = "Schedule" if scheduled else "Run"
        self._go.icon = "clock-o" if scheduled else "play"

    def _read_notebook(self) -> None:
        try:
            schema = self._client.parameters(self.path)["schema"]
        except BatchError as error:
            self._inputs.children = ()
            self.show_trouble(error)
            return
        needed = schema.get("required", ())
        self.fields = {
            name: ParameterField(
                name, about, required=name in needed, preset=self._preset.get(name, UNSET)
            )
            for name, about in schema.get("properties", {}).items()
        }
        none = html_box(markup.block(markup.soft("This notebook takes no parameters.")))
        self._inputs.children = [field.box for field in self.fields.values()] or [none]
        self._go.disabled = False

    def _try(self, parameters: Mapping[str, Any], *, schedule: bool) -> None:
        try:
            options: Any = {**self._options, **self._environment.options()}
            if schedule:
                self._put_on_schedule(parameters, options)
            else:
                self._run(parameters, options)
        except BatchError as error:
            self._show_errors(error)
        except Exception as error:
            # Nobody else looks at this thread.
            self.show_trouble(BatchError(f"it could not be sent: {error!r}"))
        finally:
            self._go.disabled = False

    def _run(self, parameters: Mapping[str, Any], options: Any) -> None:
        self.run = self._client.runs.submit(self.path, parameters, **options)
        if self.comm is None:
            return  # closed meanwhile: nobody would ever close the monitor
        before = self._result.children
        self._result.children = [RunMonitor(self.run)]
        for monitor in before:
            monitor.close()

    def _put_on_schedule(self, parameters: Mapping[str, Any], options: Any) -> None:
        options = {**options, **self._schedule.options()}
        self.job = self._client.jobs.create(self.path, parameters, **options)
        upcoming = self.job.upcoming(3)
        instants = "\n".join(one.local for one in upcoming.instants)
        text = f"{self.job.name} runs {upcoming.sentence}; next at\n{instants}"
        self._said.value = markup.note(text, fine=True)

    def _show_errors(self, error: BatchError) -> None:
        """Shows each problem at its field, and those without a field below."""
        problems = error.details.get("problems") or [
            {"field": error.details.get("field"), "message": error.message}
        ]
        elsewhere = [
            str(problem["message"])
            for problem in problems
            if not self._show_at_field(str(problem.get("field") or ""), str(problem["message"]))
        ]
        if elsewhere:
            self.show_trouble(BatchError("\n".join(elsewhere)))
        else:
            self._show_error_count()

    def _show_at_field(self, place: str, message: str) -> bool:
        first, _, rest = place.partition(".")
        name = rest.partition(".")[0]
        field = (
            self.fields.get(name)
            if first == "parameters"
            else self._environment.find(place) or self._schedule.find(place)
        )
        if field is None:
            return False
        field.show_error(message)
        return True

    def _show_error_count(self) -> None:
        self._said.value = markup.note("Nothing was sent: see what is said at the fields above.")
