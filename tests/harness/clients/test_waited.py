"""How long a process was kept from running, as the kernel counts it."""

import json
from pathlib import Path

import pytest

from mailfault.clients.process.target_json import json_of
from mailfault.clients.sandboxed import fork_server as inside
from mailfault.clients.sandboxed.cpu_wait import waited_s
from mailfault.scenario.loader import find_scenario
from mailfault.world.plan import plan_world
from mailfault.world.world import World


def test_it_is_counted_over_all_threads(tmp_path: Path) -> None:
    for name, told in {"1": "7000 250000000 3\n", "2": "9 1500000000 1\n", "3": "odd\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "schedstat").write_text(told)
    (tmp_path / "4").mkdir()  # it has ended meanwhile
    assert waited_s(tmp_path) == 1.75


def test_a_kernel_that_does_not_count_says_nothing(tmp_path: Path) -> None:
    assert waited_s(tmp_path / "none") == 0.0


def test_this_process_has_waited_some_time() -> None:
    assert 0.0 <= waited_s() < 3600


def test_a_moved_client_tells_how_long_its_delivery_was_kept_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = iter([1.0, 3.5])
    monkeypatch.setattr(inside, "waited_s", lambda: next(counted))
    message, told, said = (tmp_path / one for one in ("message", "told", "said"))
    with World(plan_world(find_scenario("control/plain[route=mx]"))) as world:
        message.write_bytes(world.target.message)
        told.write_text(json.dumps(json_of(world.target, message=message) | {"deadline_s": 10.0}))
        inside.deliver("reference", told, said)
    ended = json.loads(said.read_text())
    assert (ended["cpu_wait_s"], ended["answered"]["outcome"]) == (2.5, "delivered")
