"""CPU wait: the time that a client was ready to run and had no processor."""

import json
from pathlib import Path

import pytest

from mailfault.clients.process.target_json import target_to_json
from mailfault.clients.sandboxed import fork_server
from mailfault.clients.sandboxed.cpu_wait import cpu_wait_s
from mailfault.scenario.loader import find_scenario
from mailfault.world.plan import plan_world
from mailfault.world.world import World


def test_all_threads_are_counted(tmp_path: Path) -> None:
    for name, schedstat in {"1": "7000 250000000 3\n", "2": "9 1500000000 1\n", "3": "odd\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "schedstat").write_text(schedstat)
    (tmp_path / "4").mkdir()  # this thread has ended meanwhile
    assert cpu_wait_s(tmp_path) == 1.75


def test_a_kernel_that_does_not_count_gives_zero(tmp_path: Path) -> None:
    assert cpu_wait_s(tmp_path / "none") == 0.0


def test_this_process_has_waited_some_time() -> None:
    assert 0.0 <= cpu_wait_s() < 3600


def test_a_sandboxed_client_reports_the_cpu_wait_of_its_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = iter([1.0, 3.5])
    monkeypatch.setattr(fork_server, "cpu_wait_s", lambda: next(counted))
    message, target_file, result_file = (tmp_path / name for name in ("message", "target", "result"))
    with World(plan_world(find_scenario("control/plain[route=mx]"))) as world:
        message.write_bytes(world.target.message)
        target_file.write_text(json.dumps(target_to_json(world.target, message=message) | {"deadline_s": 10.0}))
        fork_server.deliver("reference", target_file, result_file)
    result = json.loads(result_file.read_text())
    assert (result["cpu_wait_s"], result["answered"]["outcome"]) == (2.5, "delivered")
