"""An agent from preparation to answer, in the sandbox: its programs are scripts, unpacked below MAILFAULT_MTA_ROOT."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailfault.clients import Client, open_client
from mailfault.contract import Crashed, Declined, DeliveryResult, Hung, Outcome, Target
from mailfault.sandbox.sandbox import Sandbox, SandboxWorld
from tests.support.answers import answer

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="agents need root: their files are laid over the file system")
DELIVERS = 'echo "Rescanning queue."\necho "Delivery complete, 0 message(s) remain."\nexec sleep 1000\n'
DEFERS = (
    'echo "smtp: Failed: 451 4.7.1 Come back later"\necho "Sending failed: Temporary error in sending the message"\n'
    'echo "Delivery complete, 1 message(s) remain."\n'
)


@pytest.fixture
def world(sandbox: Sandbox) -> Iterator[SandboxWorld]:
    world = sandbox.open_world()
    yield world
    world.close()


def nullmailer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, send: str) -> Client:
    """Unpack a nullmailer whose queue and configuration are checked, and whose nullmailer-send is this script."""
    monkeypatch.setenv("MAILFAULT_MTA_ROOT", str(tmp_path))
    programs = tmp_path / "nullmailer" / "usr/sbin"
    programs.mkdir(parents=True)
    queue = "cat > /var/spool/nullmailer/queue/1"
    check = "grep -q '^mx1.dest.example smtp --port=' /etc/nullmailer/remotes && test -s /var/spool/nullmailer/queue/1"
    for name, script in {"nullmailer-queue": queue, "nullmailer-send": f"{check} || exit 1\n{send}"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    return open_client("nullmailer")


def deliver(client: Client, target: Target, world: SandboxWorld, *, deadline_s: float = 60.0) -> DeliveryResult:
    return client.deliver(replace(target, launcher=world.launcher), deadline_s=deadline_s)


def test_an_agent_is_ended_once_it_has_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: Target, world: SandboxWorld
) -> None:
    client = nullmailer(tmp_path, monkeypatch, DELIVERS)
    assert answer(deliver(client, target, world)).outcome is Outcome.DELIVERED


def test_a_status_is_read_by_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: Target, world: SandboxWorld
) -> None:
    client = nullmailer(tmp_path, monkeypatch, DEFERS)
    read = answer(deliver(client, target, world))
    assert (read.outcome, read.reply, read.said_by) == (Outcome.DEFERRED, "451 4.7.1 Come back later", "program")


def test_an_agent_that_ends_without_a_report_has_crashed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: Target, world: SandboxWorld
) -> None:
    client = nullmailer(tmp_path, monkeypatch, "echo 'cannot lock the queue'; exit 1")
    result = deliver(client, target, world)
    assert isinstance(result, Crashed)
    assert result.reason == "nullmailer of unknown version did not come to a delivery: cannot lock the queue"


def test_an_agent_without_a_report_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: Target, world: SandboxWorld
) -> None:
    client = nullmailer(tmp_path, monkeypatch, "exec sleep 1000")
    assert deliver(client, target, world, deadline_s=0.3) == Hung(0.3)


def test_an_agent_whose_users_are_missing_declines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: Target, world: SandboxWorld
) -> None:
    client = nullmailer(tmp_path, monkeypatch, DELIVERS)

    def refuse(path: object, owner: int, group: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.chown", refuse)
    result = deliver(client, target, world)
    assert isinstance(result, Declined)
    assert result.reason == "nullmailer of unknown version needs root, and its users: Operation not permitted"
