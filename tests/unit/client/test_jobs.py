from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jupyter_batch.errors import Conflict, NotFound, OnDemandServerWarning


def test_a_job_is_named_after_its_notebook(client, notebook):
    job = client.jobs.create(notebook, {"alpha": 1}, memory="1g")
    assert (job.name, job.notebook) == ("report", "work/report.ipynb")
    assert job.environment.memory_bytes == 1024**3


def test_a_name_is_taken_once(client, notebook):
    client.jobs.create(notebook)
    with pytest.raises(Conflict):
        client.jobs.create(notebook)


def test_a_job_outside_of_the_root_is_named_by_its_whole_path(client, tmp_path):
    path = tmp_path / "far.ipynb"
    path.write_text("{}")
    assert client.jobs.create(path).notebook == str(path)


def test_a_job_is_found_by_its_id_and_by_its_name(client, notebook):
    job = client.jobs.create(notebook, name="nightly")
    client.jobs.create(notebook, name="nightly 2")
    assert client.jobs.get("nightly").id == client.jobs.get(job.id).id == job.id
    with pytest.raises(NotFound, match="night"):
        client.jobs.get("night")


def test_a_change_leaves_the_other_limits_as_they_were(client, notebook):
    job = client.jobs.create(notebook, memory="1g", cpus=2)
    job.update(cpus=3, description="new")
    assert (job.environment.cpus, job.environment.memory_bytes) == (3, 1024**3)
    assert job.description == "new"


def test_a_job_can_be_triggered_with_other_parameters(owner, client, notebook):
    run = client.jobs.create(notebook).trigger({"alpha": 2})
    assert run.job_id in owner.jobs
    assert run.parameters == {"alpha": 2}


def test_a_deleted_job_is_gone(client, notebook):
    client.jobs.create(notebook)
    client.jobs.delete("report")
    assert list(client.jobs.list()) == []


def test_a_schedule_makes_a_job_that_runs_by_itself(owner, client, notebook):
    job = client.schedule(notebook, {"alpha": 1}, cron="0 6 * * *", name="nightly", retries=2)
    assert job.sentence == "every day at 06:00, UTC"
    assert [trigger.kind for trigger in job.triggers] == ["cron"]
    assert job.triggers[0].next_at > datetime.now(UTC)
    assert job.record.retry.max_attempts == 3
    with pytest.raises(Conflict):
        client.schedule(notebook, every="15m", name="nightly")


def test_a_schedule_can_replace_the_one_of_its_name(owner, client, notebook):
    first = client.schedule(notebook, {"alpha": 1}, cron="0 6 * * *", name="nightly")
    again = client.schedule(notebook, {"alpha": 2}, every="15m", name="nightly", replace=True)
    assert (again.id, again.parameters) == (first.id, {"alpha": 2})
    assert [trigger.kind for trigger in again.triggers] == ["interval"]
    assert len(list(client.jobs)) == 1


def test_who_saves_a_schedule_that_nobody_will_keep_is_told(owner, client, notebook):
    owner.owner_kind = "on_demand"
    with pytest.warns(OnDemandServerWarning, match="jupyter batch serve"):
        client.schedule(notebook, cron="0 6 * * *")
