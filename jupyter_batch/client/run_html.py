"""A run as a notebook shows it."""

from __future__ import annotations

from jupyter_batch.client import html
from jupyter_batch.client.run_properties import RunFacts
from jupyter_batch.domain.artifact import Artifact

_SHOWN = 10


def run_card(
    run: RunFacts, artifacts: tuple[Artifact, ...], artifact_count: int | None = None
) -> html.Html:
    """Returns a heading with the state, and what is worth knowing below it."""
    count, error = run.cell_count, run.error
    made = html.joined(html.instant(run.created_at), " by ", run.created_by, f" ({run.trigger})")
    return html.joined(
        html.box(f"Run {run.name}", html.dot(run.state)),
        html.facts(
            [
                ("why", run.reason),
                ("error", html.code(f"{error.ename}: {error.evalue}") if error else None),
                ("cells", html.bar(count.done, count.total)),
                ("took", _took(run)),
                ("parameters", html.values(run.parameters) if run.parameters else None),
                ("notebook", run.notebook_ref.path),
                ("attempts", len(run.attempts) if len(run.attempts) > 1 else None),
                ("artifacts", _paths(artifacts, artifact_count)),
                ("for", html.instant(run.nominal_at) if run.nominal_at else None),
                ("created", made),
                ("id", html.code(run.id)),
            ]
        ),
    )


def _took(run: RunFacts) -> html.Html:
    took = html.duration(run.duration_seconds)
    if len(run.attempts) < 2:
        return took
    return html.joined(took, " (", html.duration(run.elapsed_seconds), " with the waits)")


def _paths(artifacts: tuple[Artifact, ...], count: int | None) -> str | None:
    if not artifacts:
        return None
    count = len(artifacts) if count is None else count
    more = f" and {count - _SHOWN} more" if count > _SHOWN else ""
    return ", ".join(artifact.path for artifact in artifacts[:_SHOWN]) + more
