"""What a process counts, and what the numbers of all processes come to."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from store.metric_files import MetricFile, collect, exposition, published
from store.metric_names import METRICS, Kind
from store.metrics import Metrics

ERRORS = "postern_smtp_errors_total"
LIMIT = 'postern_smtp_limits_total{limit="errors"}'
BUDGET = "postern_memory_budget_bytes"
SMTP = 'postern_processes{program="smtp"}'


def test_a_counter_is_the_same_one_wherever_it_is_asked_for() -> None:
    metrics = Metrics()
    metrics.counter(ERRORS).add()
    metrics.counter(ERRORS).add(2)
    metrics.count("postern_smtp_limits_total", limit="errors")
    assert dict(metrics.samples()) == {ERRORS: 3, LIMIT: 1}


def test_a_histogram_counts_what_is_at_most_so_large() -> None:
    metrics = Metrics()
    duration = metrics.histogram("postern_verify_duration_seconds")
    for seconds in (0.001, 0.003, 99.0):
        duration.observe(seconds)
    lines = dict(metrics.samples())
    assert lines['postern_verify_duration_seconds_bucket{le="0.001"}'] == 1
    assert lines['postern_verify_duration_seconds_bucket{le="0.005"}'] == 2
    assert lines['postern_verify_duration_seconds_bucket{le="30"}'] == 2
    assert lines['postern_verify_duration_seconds_bucket{le="+Inf"}'] == 3
    assert lines["postern_verify_duration_seconds_count"] == 3
    assert lines["postern_verify_duration_seconds_sum"] == pytest.approx(99.004)


def test_only_what_is_in_the_list_can_be_counted() -> None:
    metrics = Metrics()
    with pytest.raises(KeyError):
        metrics.count("postern_surprises_total")
    with pytest.raises(ValueError, match="limit"):
        metrics.count("postern_smtp_limits_total", reason="errors")
    with pytest.raises(ValueError, match="gauge"):
        metrics.counter(BUDGET)


def test_names_are_as_prometheus_wants_them() -> None:
    for name, meaning in METRICS.items():
        assert name.startswith("postern_")
        assert name.endswith("_total") == (meaning.kind is Kind.COUNTER), name
        assert list(meaning.bounds) == sorted(meaning.bounds)
        assert meaning.help.endswith(".")


def test_a_label_keeps_its_quotes_to_itself(tmp_path: Path) -> None:
    metrics = Metrics()
    metrics.count("postern_smtp_limits_total", limit='a "b" \\ c\nd')
    MetricFile(tmp_path, "smtp", metrics).write()
    assert '{limit="a \\"b\\" \\\\ c\\nd"} 1\n' in exposition(collect(tmp_path))


def in_a_process(work: Callable[[], None]) -> int:
    """Run `work` in a process that then kills itself; its pid."""
    pid = os.fork()
    if pid == 0:
        work()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    return pid


def test_the_numbers_of_all_processes_add_up(tmp_path: Path) -> None:
    def count(program: str) -> MetricFile:
        metrics = Metrics()
        metrics.count(ERRORS, 2)
        metrics.gauge(BUDGET).set(10)
        file = MetricFile(tmp_path, program, metrics)
        file.write()
        return file

    files = [count("smtp"), count("worker")]
    assert collect(tmp_path) == {
        ERRORS: 4,
        BUDGET: 20,
        SMTP: 1,
        'postern_processes{program="worker"}': 1,
    }
    for file in files:
        file.close()


def test_a_dead_process_leaves_its_counts_and_nothing_else(tmp_path: Path) -> None:
    def count() -> None:
        metrics = Metrics()
        metrics.count(ERRORS, 2)
        metrics.gauge(BUDGET).set(10)
        metrics.histogram("postern_verify_duration_seconds").observe(1)
        MetricFile(tmp_path, "smtp", metrics).write()

    for _ in range(3):
        in_a_process(count)
    totals = collect(tmp_path)
    assert totals[ERRORS] == 6
    assert totals["postern_verify_duration_seconds_count"] == 3
    assert BUDGET not in totals
    assert SMTP not in totals
    assert [path.name for path in tmp_path.iterdir()] == ["ended"]
    assert collect(tmp_path) == totals


def test_a_process_that_starts_buries_the_dead_ones_too(tmp_path: Path) -> None:
    in_a_process(lambda: MetricFile(tmp_path, "smtp", Metrics()).write())
    file = MetricFile(tmp_path, "smtp", Metrics())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ended", f"smtp-{os.getpid()}"]
    file.close()


def test_a_damaged_file_and_one_of_another_version_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "smtp-1").write_bytes(b"\xff\xfe garbage")
    (tmp_path / "smtp-2").write_bytes(b"00000000 5\nabc")
    metrics = Metrics()
    metrics.count(ERRORS)
    file = MetricFile(tmp_path, "smtp", metrics)
    file.write()
    totals = collect(tmp_path) | {"postern_of_old_total": 1.0}
    assert f"{ERRORS} 1\n" in exposition(totals)
    assert "of_old" not in exposition(totals)
    file.close()


def test_readers_never_see_half_a_file(tmp_path: Path) -> None:
    """A process writes as fast as it can while we read: two numbers that are always equal."""

    def write_on() -> None:
        metrics = Metrics()
        file = MetricFile(tmp_path, "smtp", metrics)
        while True:
            for _ in range(7):
                metrics.count(ERRORS)
                metrics.count("postern_smtp_limits_total", limit="errors")
            file.write()

    context = multiprocessing.get_context("fork")
    writer = context.Process(target=write_on)
    writer.start()
    try:
        seen = [collect(tmp_path) for _ in range(200)]
    finally:
        writer.kill()
        writer.join()
    assert all(totals.get(ERRORS, 0) == totals.get(LIMIT, 0) for totals in seen)


async def test_what_is_published_is_there_to_the_last(tmp_path: Path) -> None:
    metrics = Metrics()
    metrics.sampled(lambda: metrics.gauge(BUDGET).set(7))
    async with published(metrics, tmp_path / "metrics", "smtp"):
        metrics.count(ERRORS)
    totals = collect(tmp_path / "metrics")
    assert totals[ERRORS] == 1
    assert totals['postern_process_starts_total{program="smtp"}'] == 1
    assert totals['postern_process_cpu_seconds_total{program="smtp"}'] > 0
    assert not any("memory" in line for line in totals)


async def test_a_folder_that_cannot_be_written_costs_the_numbers_only(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("in the way")
    async with published(Metrics(), tmp_path / "metrics", "smtp"):
        pass
