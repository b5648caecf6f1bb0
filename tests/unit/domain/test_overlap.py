"""The treatment of a run that comes while another one of its job is not done."""

from __future__ import annotations

import pytest

from jupyter_batch.domain.overlap import OverlapPolicy, admit, why_waits


@pytest.mark.parametrize("policy", OverlapPolicy)
def test_a_run_that_is_alone_is_let_in(policy: OverlapPolicy):
    decision = admit(policy, active=[], waiting=[])
    assert (decision.admit, decision.cancel, decision.reason) == (True, (), None)
    assert why_waits(policy, active=[]) is None


@pytest.mark.parametrize(
    ("policy", "active", "waiting", "admitted", "cancelled"),
    [
        ("skip", ["a"], [], False, ()),
        ("skip", [], ["w"], False, ()),
        ("queue", ["a"], [], True, ()),
        ("queue", ["a"], ["w"], False, ()),
        ("queue", [], ["w"], False, ()),
        ("queue_all", ["a"], ["w", "x"], True, ()),
        ("replace", ["a", "b"], ["w"], True, ("a", "b", "w")),
        ("allow", ["a"], ["w"], True, ()),
    ],
)
def test_the_policy_decides_on_a_new_run(policy, active, waiting, admitted, cancelled):
    decision = admit(OverlapPolicy(policy), active=active, waiting=waiting)
    assert (decision.admit, decision.cancel) == (admitted, cancelled)
    assert (decision.reason is None) == (policy == "allow")


def test_a_skipped_run_names_the_run_in_its_way():
    decision = admit(OverlapPolicy.SKIP, active=["run1"], waiting=[])
    assert decision.reason == "the run run1 of this job was not done"


@pytest.mark.parametrize("policy", OverlapPolicy)
def test_a_forced_run_is_always_let_in_and_never_waits(policy: OverlapPolicy):
    decision = admit(policy, active=["a"], waiting=["w"], forced=True)
    assert (decision.admit, decision.cancel) == (True, ())
    assert why_waits(policy, active=["a"], forced=True) is None


@pytest.mark.parametrize("policy", [p for p in OverlapPolicy if p is not OverlapPolicy.ALLOW])
def test_a_queued_run_waits_with_a_reason_until_the_others_are_gone(policy: OverlapPolicy):
    reason = why_waits(policy, active=["a", "b"])
    assert reason is not None
    assert "the run a of this job" in reason


def test_runs_that_may_overlap_do_not_wait():
    assert why_waits(OverlapPolicy.ALLOW, active=["a"]) is None
