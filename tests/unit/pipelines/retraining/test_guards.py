from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_runtime.retraining import history
from mlops_runtime.retraining.guards import Guards, Outcome, Reason, Run, Verdict, judge

HOUR, DAY = 3600.0, 86400.0
NOW = 1_800_000_000.0
GUARDS = Guards(
    cooldown_seconds=24 * HOUR, runs_max=4, window_seconds=30 * DAY, new_labels_min=1000, fruitless_runs_max=3
)


def run(days_ago: float, outcome: Outcome = Outcome.REGISTERED) -> Run:
    return Run(f"run-{days_ago:g}", NOW - days_ago * DAY, outcome)


def judged(*runs: Run, guards: Guards = GUARDS, is_running: bool = False, new_labels: int | None = 5000) -> Verdict:
    return judge(guards, runs, now=NOW, is_running=is_running, new_labels=new_labels)


def test_an_alert_starts_a_run_where_nothing_holds_it_back() -> None:
    assert judged().starts
    assert judged(run(2), run(40)).starts


@pytest.mark.parametrize(
    ("runs", "state", "reason"),
    [
        ([], {"is_running": True}, Reason.RUN_IN_PROGRESS),
        ([run(0.9)], {}, Reason.COOLDOWN),
        ([run(2), run(9), run(16), run(23)], {}, Reason.BUDGET_SPENT),
        ([], {"new_labels": 999}, Reason.TOO_FEW_LABELS),
        ([], {"new_labels": None}, Reason.LABELS_UNKNOWN),
        ([run(days, Outcome.FRUITLESS) for days in (50, 60, 70)], {}, Reason.STOPPED_AS_FRUITLESS),
    ],
)
def test_each_guard_holds(runs: list[Run], state: dict[str, int | None], reason: Reason) -> None:
    verdict = judged(*runs, **state)  # type: ignore[arg-type]
    assert (verdict.reason, verdict.starts) == (reason, False)


def test_three_fruitless_runs_stop_it_and_say_which() -> None:
    failed = [run(days, Outcome.FRUITLESS) for days in (50, 60, 70)]
    verdict = judged(*failed)
    assert "run-70, run-60, run-50" in verdict.explanation
    assert "mlops retraining reset" in verdict.explanation
    assert judged(*failed[:2]).starts
    # One that left something to promote, in between, ends the row.
    assert judged(*failed, run(55)).starts


def test_what_the_cluster_did_not_take_counts_against_no_guard() -> None:
    assert judged(*(run(0.1 * step, Outcome.NOT_STARTED) for step in range(1, 9))).starts


def test_without_a_least_number_of_labels_nobody_is_asked() -> None:
    assert judged(guards=replace(GUARDS, new_labels_min=0), new_labels=None).starts


def test_a_clock_that_was_set_back_passes_no_guard() -> None:
    ahead = Run("ahead", NOW + 300 * DAY, Outcome.REGISTERED)
    assert judged(ahead).reason is Reason.COOLDOWN
    no_cooldown = replace(GUARDS, cooldown_seconds=0.0)
    assert judged(*[ahead] * 4, guards=no_cooldown).reason is Reason.BUDGET_SPENT


runs = st.lists(
    st.builds(
        Run,
        name=st.text(min_size=1, max_size=20),
        started=st.floats(NOW - 90 * DAY, NOW + DAY),
        outcome=st.sampled_from(Outcome),
        because=st.text(max_size=20),
    ),
    max_size=30,
)


@given(runs)
def test_no_run_starts_within_the_cooldown_or_beyond_the_budget(found: list[Run]) -> None:
    counted = [one for one in found if one.outcome is not Outcome.NOT_STARTED]
    if judge(GUARDS, found, now=NOW, is_running=False, new_labels=10**6).starts:
        assert all(NOW - one.started >= GUARDS.cooldown_seconds for one in counted)
        assert sum(NOW - one.started < GUARDS.window_seconds for one in counted) < GUARDS.runs_max


@given(runs)
def test_the_history_is_read_as_it_was_written(found: list[Run]) -> None:
    assert history.read(history.write(found)) == sorted(found, key=lambda one: one.started)


def test_a_history_that_cannot_be_read_says_so() -> None:
    with pytest.raises(history.HistoryError, match="mlops retraining reset"):
        history.read('{"broken"')
    assert history.read(None) == history.read("") == []
