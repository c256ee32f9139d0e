"""`python:` clients in processes of their own: what they do to their process, and the interpreter of their choice."""

import os
import sys
import venv
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import aiosmtplib
import pytest

from mailfault.clients import ClientError, open_client
from mailfault.clients.process.python_client import PythonClient
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Answered, Crashed, Declined, Hung, Outcome, Policy, Target

Open = Callable[..., PythonClient]
DELIVERED = Answered(Answer(outcome=Outcome.DELIVERED))


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open `deliver(target)` of a module with this text."""
    monkeypatch.chdir(tmp_path)
    clients: list[PythonClient] = []

    def open_module(text: str, *, python: Path | None = None) -> PythonClient:
        name = f"own_client_{len(clients)}"
        (tmp_path / f"{name}.py").write_text(text)
        clients.append(PythonClient(f"{name}:deliver", python=str(python) if python is not None else None))
        return clients[-1]

    yield open_module
    for client in clients:
        client.close()


def deliver(body: str) -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"import os, sys, time\ndef deliver(target):\n{lines}    return {{'outcome': 'delivered'}}\n"


SAYS_ITS_PROCESS = 'return {"outcome": "deferred", "text": str(os.getpid())}'


def text_of(ended: object) -> str:
    assert isinstance(ended, Answered), ended
    return ended.answer.text or ""


def test_it_is_another_process_and_is_used_again(opened: Open, target: Target) -> None:
    client = opened(deliver(SAYS_ITS_PROCESS))
    first, second = (text_of(client.deliver(target, deadline_s=30)) for _ in range(2))
    assert first == second != str(os.getpid())


def test_plays_side_by_side_have_a_process_each(opened: Open, target: Target) -> None:
    client = opened(
        f"count = 0\n{deliver('global count; count += 1; ' + SAYS_ITS_PROCESS.replace('os.getpid()', 'count'))}"
    )
    with client.for_play() as kept, client.for_play() as other:
        counts = [text_of(play.deliver(target, deadline_s=30)) for play in (kept, other, kept, other)]
        assert counts == ["1", "1", "2", "2"]
        assert {*kept.processes, *other.processes} == {1, 2}


def test_a_target_arrives_whole(opened: Open, target: Target) -> None:
    text = "import json\nfrom mailfault.contract import Answer, Outcome\nasync def deliver(target):\n    return Answer(outcome=Outcome.DEFERRED, text=repr(target))\n"
    assert text_of(opened(text).deliver(target, deadline_s=30)) == repr(target)


def test_an_exception_is_classified_over_there(opened: Open, target: Target) -> None:
    ended = opened(deliver("import socket; socket.create_connection(('127.0.0.1', target.smtp_port), 5)")).deliver(
        target, deadline_s=30
    )
    assert isinstance(ended, Answered)
    assert (ended.answer.failure, ended.answer.said_by) == (Failure.CONNECTION_REFUSED, "exception")


def test_it_declines_and_declares_policies(opened: Open, target: Target) -> None:
    raising = deliver("from mailfault.contract import Unsupported; raise Unsupported('no MX here')")
    client = opened(f"{raising}\ndeliver.policies = ('dane',)\n")
    assert client.deliver(target, deadline_s=30) == Declined("no MX here")
    assert client.supports("x/y", replace(target, policies=(Policy.DANE,))) is None
    assert "MTA-STS" in (client.supports("x/y", replace(target, policies=(Policy.MTA_STS,))) or "")


ENDS = {
    "_exit": ("print('last', 'words'); sys.stdout.flush(); os._exit(0)", "it exited with status 0; its last words on stderr: last words"),
    "exit": ("sys.exit(3)", "it exited with status 3; its last words on stderr: SystemExit: 3 ("),
    "exit while handling": ("try:\n    raise ConnectionRefusedError\nexcept OSError:\n    sys.exit()", "it exited with status 0"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "it was killed by SIGSEGV"),
    "kills its group": ("os.killpg(0, 9)", "it was killed by SIGKILL"),
    "closes all": ("os.closerange(3, 256)", "it exited with status 70; its last words on stderr: the client has closed the descriptors"),
    "puts a file there": (
        "os.closerange(3, 256); files = [open('/dev/null', 'w') for _ in range(9)]",
        "it exited with status 70; its last words on stderr: the client has closed the descriptors",
    ),
    "leaves a child": ("if os.fork() == 0:\n    time.sleep(600)\nos._exit(0)", "it exited with status 0"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ENDS)
def test_a_process_that_ends_is_a_crash_with_its_last_words(opened: Open, target: Target, kind: str) -> None:
    body, words = ENDS[kind]
    client = opened(deliver("if target.attempt == 7:\n" + "".join(f"    {line}\n" for line in body.splitlines())))
    with client.for_play() as play:
        ended = play.deliver(replace(target, attempt=7), deadline_s=20)
        assert isinstance(ended, Crashed)
        assert f"its process ended without an answer: {words}" in ended.reason
        assert play.deliver(target, deadline_s=30) == DELIVERED, "a new process"
        assert play.processes == (1, 2)


def test_last_words_are_those_of_this_delivery(opened: Open, target: Target) -> None:
    client = opened(
        deliver("print('said in', target.attempt, file=sys.stderr, flush=True)\nif target.attempt == 7: os._exit(1)")
    )
    assert client.deliver(target, deadline_s=30) == DELIVERED
    ended = client.deliver(replace(target, attempt=7), deadline_s=30)
    assert isinstance(ended, Crashed)
    assert ended.reason.endswith("its last words on stderr: said in 7")


@pytest.mark.parametrize("sleeps", ["time.sleep(600)", "import signal; signal.pause()"])
def test_a_hang_ends_the_process(opened: Open, target: Target, sleeps: str) -> None:
    client = opened(deliver(f"if target.attempt == 7: {sleeps}"))
    with client.for_play() as hanging, client.for_play() as other:
        assert hanging.deliver(replace(target, attempt=7), deadline_s=0.3) == Hung(0.3)
        assert other.deliver(target, deadline_s=30) == DELIVERED
        assert hanging.deliver(target, deadline_s=30) == DELIVERED
        assert hanging.processes == (1, 3)


def test_a_coroutine_is_cancelled_at_its_deadline(opened: Open, target: Target) -> None:
    client = opened("import asyncio\nasync def deliver(target):\n    await asyncio.sleep(600)\n")
    assert client.deliver(target, deadline_s=0.3) == Hung(0.3)


@pytest.mark.parametrize(
    "body",
    [
        'print(\'{"number": "1.1", "result": {"hung": 1}, "cpu_wait_s": 0.0}\', flush=True)',
        "os.write(1, b'nothing of yours\\n'); os.system('echo nor this')",
        "assert sys.stdin.read() == ''",
        "if os.fork() == 0: return {'outcome': 'failed', 'text': 'the child'}",
        "import logging; logging.basicConfig(level=0, stream=sys.stdout); logging.info('x' * 200000)",
    ],
)
def test_output_and_input_of_the_client_are_not_the_harness_s(opened: Open, target: Target, body: str) -> None:
    client = opened(deliver(body))
    assert [client.deliver(target, deadline_s=30) for _ in range(3)] == [DELIVERED] * 3


# -- an interpreter of its own -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment without mailfault, with an aiosmtplib of its own."""
    folder = tmp_path_factory.mktemp("other") / "environment"
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "aiosmtplib").mkdir()
    (packages / "aiosmtplib" / "__init__.py").write_text("__version__ = '0.0.7'\n")
    (packages / "aiosmtplib-0.0.7.dist-info").mkdir()
    (packages / "aiosmtplib-0.0.7.dist-info" / "METADATA").write_text("Name: aiosmtplib\nVersion: 0.0.7\n")
    return folder


VERSION = "import aiosmtplib, sys\n" + deliver(
    'return {"outcome": "deferred", "text": aiosmtplib.__version__ + " " + sys.prefix}'
)


def test_another_version_of_a_library_changes_nothing_here(opened: Open, target: Target, environment: Path) -> None:
    other, ours = opened(VERSION, python=environment), opened(VERSION)
    assert text_of(other.deliver(target, deadline_s=30)) == f"0.0.7 {environment}"
    assert text_of(ours.deliver(target, deadline_s=30)).split() == [aiosmtplib.__version__, sys.prefix]
    assert [client.software["libraries"]["aiosmtplib"] for client in (other, ours)] == ["0.0.7", aiosmtplib.__version__]
    assert other.software["interpreter"] == str(environment / "bin" / "python")
    assert other.spec == f"python@{environment}:own_client_0:deliver"
    assert "aiosmtplib 0.0.7" in other.name


def test_the_environment_needs_neither_mailfault_nor_what_mailfault_needs(
    opened: Open, target: Target, environment: Path
) -> None:
    text = """
import importlib
import mailfault.classify, mailfault.codes.code_maps, mailfault.contract, mailfault_servers.smtp.reply

def deliver(target):
    for name in ("pydantic", "typer", "aiosmtpd", "dns", "pytest"):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        return {"outcome": "failed", "text": f"{name} is the harness's"}
    return mailfault.contract.Answer(outcome=mailfault.contract.Outcome.DELIVERED)
"""
    assert opened(text, python=environment).deliver(target, deadline_s=30) == DELIVERED


def test_spec_and_default_choose_the_interpreter(tmp_path: Path, opened: Open, environment: Path) -> None:
    (tmp_path / "versions.py").write_text(VERSION)
    named = open_client(f"python@{environment}:versions:deliver", python=sys.executable)
    by_default = open_client("python:versions:deliver", python=str(environment / "bin" / "python"))
    with_both = (named, by_default)
    assert [client.software["libraries"]["aiosmtplib"] for client in with_both] == ["0.0.7"] * 2  # type: ignore[attr-defined]
    assert by_default.spec == f"python@{environment}/bin/python:versions:deliver"
    for client in with_both:
        client.close()


@pytest.mark.parametrize(
    ("python", "words"),
    [
        (
            "nowhere/bin/python",
            "there is no such interpreter; name an interpreter, or the folder of a virtual environment",
        ),
        (".", "this folder is no virtual environment; name a folder with bin/python"),
        ("true", "cannot be used: it exited with status 0 and said nothing on stderr"),
        ("cat", "it exited with status 1; its last words on stderr: "),
    ],
)
def test_no_interpreter(opened: Open, python: str, words: str) -> None:
    with pytest.raises(ClientError) as raised:
        opened(deliver(""), python=Path(python))
    assert words in str(raised.value)


def test_a_module_that_is_never_imported_is_named(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailfault.clients.process.python_client._TO_START_S", 0.5)
    with pytest.raises(ClientError, match=r"it has not imported own_client_0:deliver after 0\.5 s"):
        opened("import time; time.sleep(600)\n")


def test_an_interpreter_that_is_too_old_is_named(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.version_info = (3, 9, 2)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ClientError, match=r"it is Python 3\.9; a python: client needs Python 3\.11 or later"):
        opened(deliver(""), python=Path(sys.executable))


@pytest.mark.parametrize("spec", ["python@{}:versions:deliver", "python:versions:deliver"])
def test_another_interpreter_is_another_process(spec: str, environment: Path) -> None:
    with pytest.raises(ClientError, match="cannot run in mailfault's own process; leave out --in-process"):
        open_client(spec.format(environment), python=str(environment), in_process=True)


def test_a_target_of_an_unknown_kind_arrives_for_the_client_to_refuse(opened: Open, target: Target) -> None:
    client = opened(
        deliver(
            "if target.route == 'x-unknown':\n    from mailfault.contract import Unsupported; raise Unsupported('no')"
        )
    )
    unknown = replace(target, route="x-unknown")  # type: ignore[arg-type]
    assert client.deliver(unknown, deadline_s=30) == Declined("no")
