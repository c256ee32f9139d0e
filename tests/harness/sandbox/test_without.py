"""Machines without a sandbox: the reason and the remedy are reported."""

import errno
from pathlib import Path

import pytest

from mailfault.clients import open_client
from mailfault.contract import Unsupported
from mailfault.play.options import RunOptions
from mailfault.play.placement import Networks, SandboxUse
from mailfault.play.run import run_scenario
from mailfault.sandbox.remedy import remedy_for
from mailfault.sandbox.sandbox import NoSandbox, Sandbox
from mailfault.scenario.loader import find_scenario

APPARMOR = "proc/sys/kernel/apparmor_restrict_unprivileged_userns"
NO_CLONE = "proc/sys/kernel/unprivileged_userns_clone"
NONE_LEFT = "proc/sys/user/max_user_namespaces"


@pytest.mark.parametrize(
    ("number", "files", "remedy"),
    [
        (errno.EACCES, {APPARMOR: "1"}, "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
        (errno.EPERM, {APPARMOR: "0", NO_CLONE: "0"}, "sysctl -w kernel.unprivileged_userns_clone=1"),
        (errno.ENOSPC, {NO_CLONE: "1", NONE_LEFT: "0"}, "sysctl -w user.max_user_namespaces=10000"),
        (errno.EPERM, {".dockerenv": "", NONE_LEFT: "9"}, "--cap-add SYS_ADMIN"),
        (errno.EPERM, {"run/.containerenv": ""}, "seccomp=unconfined"),
        (errno.EPERM, {}, "run as root"),
        (errno.EINVAL, {".dockerenv": ""}, "this kernel was built without such namespaces"),
        (errno.EIO, {}, "see the system's message"),
    ],
)
def test_the_remedy_is_that_of_the_machine(number: int, files: dict[str, str], remedy: str, tmp_path: Path) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{content}\n")
    assert remedy in remedy_for(number, root=tmp_path)


def test_another_system_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailfault.sandbox.sandbox.sys.platform", "darwin")
    with pytest.raises(NoSandbox, match="it needs Linux namespaces, and this is darwin"):
        Sandbox()


def test_a_program_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailfault.sandbox.sandbox.shutil.which", lambda name: None)
    with pytest.raises(NoSandbox, match="no program 'nsenter' on the PATH; install util-linux"):
        Sandbox()


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Sandbox:
        raise NoSandbox("the operation is not permitted; run as root")

    monkeypatch.setattr("mailfault.sandbox.sandbox.shared_sandbox", refuse)


@pytest.mark.usefixtures("nowhere")
def test_auto_falls_back_to_loopback_and_says_so() -> None:
    networks = Networks(SandboxUse.AUTO)
    client = open_client("reference")
    described = networks.described([client], needs_link=True)
    assert described == "loopback (no sandbox: the operation is not permitted; run as root)"
    for identity, ending in (
        ("control/plain[route=mx]", "passed"),
        ("connect/icmp-prohibited[route=mx]", "unsupported"),
        ("connect/first-syn-lost[route=mx]", "unsupported"),
    ):
        event = run_scenario(find_scenario(identity), client, RunOptions(networks=networks, control=False))
        assert event.ending == ending
        assert ("the operation is not permitted; run as root" in event.sentence) == (ending == "unsupported")


@pytest.mark.usefixtures("nowhere")
def test_always_is_refused_with_the_reason() -> None:
    with pytest.raises(Unsupported, match="this needs the sandbox, which cannot be had here: the operation"):
        Networks(SandboxUse.ALWAYS).check(open_client("reference"))
