import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailfault.clients import ClientError, open_client
from mailfault.clients.process.command_client import CommandClient
from mailfault.codes.failure import Failure
from mailfault.contract import Answered, Crashed, Declined, DeliveryResult, Hung, Outcome, Target

Program = Callable[[str], str]


def deliver(command: str, target: Target, *, deadline_s: float = 30.0) -> DeliveryResult:
    return CommandClient(command).deliver(target, deadline_s=deadline_s)


def test_environment_of_the_contract(program: Program, target: Target) -> None:
    command = program(
        "import json, os\n"
        "told = {k: v for k, v in os.environ.items() if k.startswith('MAILFAULT_')}\n"
        "told['message'] = open(told['MAILFAULT_MESSAGE'], 'rb').read().decode()\n"
        "print(json.dumps({'outcome': 'deferred', 'text': json.dumps(told)}))\n"
    )
    ended = deliver(command, target)
    assert isinstance(ended, Answered), ended
    told = json.loads(ended.answer.text or "")
    assert told.pop("message").encode() == target.message
    assert not Path(told.pop("MAILFAULT_MESSAGE")).exists(), "the message is gone after the delivery"
    assert told.pop("MAILFAULT_RESULT")
    assert told == {
        "MAILFAULT_CONTRACT": "1",
        "MAILFAULT_ROUTE": "smart-host",
        "MAILFAULT_SMART_HOST": "mx1.dest.example",
        "MAILFAULT_SMTP_PORT": str(target.smtp_port),
        "MAILFAULT_DNS": f"127.0.0.1:{target.dns[1]}",
        "MAILFAULT_TLS": "opportunistic",
        "MAILFAULT_CA_FILE": str(target.ca_file),
        "MAILFAULT_SENDER": "sender@client.example",
        "MAILFAULT_RECIPIENT": "one@dest.example two@dest.example",
        "MAILFAULT_CONNECT_TIMEOUT": "0.25",
        "MAILFAULT_COMMAND_TIMEOUT": "1.5",
        "MAILFAULT_DNS_TIMEOUT": "0.2",
        "MAILFAULT_ATTEMPT": "1",
    }


def test_crl_file_is_in_the_environment_if_there_is_one(program: Program, target: Target, tmp_path: Path) -> None:
    command = program(
        "import json, os\nprint(json.dumps({'outcome': 'deferred', 'text': os.environ['MAILFAULT_CRL_FILE']}))"
    )
    ended = deliver(command, replace(target, crl_file=tmp_path / "crl.pem"))
    assert isinstance(ended, Answered)
    assert ended.answer.text == str(tmp_path / "crl.pem")


def test_variables_of_the_caller_do_not_leak(program: Program, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILFAULT_CRL_FILE", "/left/over.pem")
    ended = deliver(program("import os, sys; sys.exit(127 if 'MAILFAULT_CRL_FILE' not in os.environ else 1)"), target)
    assert isinstance(ended, Declined)


def test_placeholders_are_filled_and_no_shell_sees_them(program: Program, target: Target) -> None:
    command = program("import sys, json; print(json.dumps({'outcome': 'deferred', 'text': '|'.join(sys.argv[1:])}))")
    ended = deliver(f"{command} --to {{recipient}} '$(id); {{sender}}' {{crl_file}}", target)
    assert isinstance(ended, Answered)
    assert ended.answer.text == "--to|one@dest.example two@dest.example|$(id); sender@client.example|"


def test_answer_in_the_result_file_wins_over_stdout(program: Program, target: Target) -> None:
    source = (
        "import os\nprint('noise')\nopen(os.environ['MAILFAULT_RESULT'], 'w').write('{\"outcome\": \"delivered\"}')"
    )
    ended = deliver(program(source), target)
    assert isinstance(ended, Answered)
    assert ended.answer.outcome is Outcome.DELIVERED


def test_status_127_declines_with_its_stderr(program: Program, target: Target) -> None:
    ended = deliver(program("import sys; print('no MX here', file=sys.stderr); sys.exit(127)"), target)
    assert ended == Declined("no MX here")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import sys; print('boom', file=sys.stderr); sys.exit(3)", "with status 3; its last words on stderr: boom"),
        ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("print('all is well')", "not one JSON object"),
        ("pass", "gave no answer"),
        ('print(\'{"outcome": "sent"}\')', "'sent' is not one of delivered, deferred, failed"),
        ('print(\'{"outcome": "deferred"}\')', "give at least one of code, failure, text"),
    ],
)
def test_no_answer_is_a_crash_with_its_reason(program: Program, target: Target, source: str, said: str) -> None:
    ended = deliver(program(source), target)
    assert isinstance(ended, Crashed)
    assert said in ended.reason


def test_hang_ends_the_whole_process_group(program: Program, target: Target, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    command = program(
        "import os, time\n"
        "if os.fork() == 0:\n"
        f"    held = open({str(alive)!r}, 'w'); held.write('x'); held.flush(); time.sleep(600)\n"
        "time.sleep(600)\n"
    )
    reader = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert deliver(command, target, deadline_s=1.0) == Hung(1.0)
        # End of file: nobody holds the other end any more, neither the program nor its child.
        os.set_blocking(reader, True)
        assert os.read(reader, 10) in (b"x", b"")
        assert os.read(reader, 10) == b""
    finally:
        os.close(reader)


def test_child_left_behind_is_ended_and_not_waited_for(program: Program, target: Target, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    command = program(
        "import os, time\n"
        "ready, tell = os.pipe()\n"
        "if os.fork() == 0:\n"
        f"    held = open({str(alive)!r}, 'w'); os.write(tell, b'x'); time.sleep(600)\n"
        "os.read(ready, 1)\n"
        'print(\'{"outcome": "delivered"}\')\n'
    )
    reader = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert isinstance(deliver(command, target), Answered)
        os.set_blocking(reader, True)
        assert os.read(reader, 10) == b""
    finally:
        os.close(reader)


def test_profile_reads_exit_status_and_words(program: Program, target: Target, tmp_path: Path) -> None:
    profile = tmp_path / "client.toml"
    profile.write_text(
        'name = "sendit 2.1"\n'
        "[[unsupported]]\n"
        'scenarios = ["dns/*"]\nbecause = "it asks the system\'s resolver"\n'
        "[[answer]]\n"
        "exit = 75\n"
        "pattern = 'host (?P<server_name>\\S+) refused'\n"
        'outcome = "deferred"\nfailure = "connection-refused"\nbecause = "EX_TEMPFAIL and its words"\n'
        "[[answer]]\n"
        'exit = 0\noutcome = "delivered"\nbecause = "0 is success everywhere"\n'
    )
    source = "import sys; print('host mx1 refused', file=sys.stderr); sys.exit(75)"
    client = open_client(f"command:{program(source)}", profile_file=profile)
    ended = client.deliver(target, deadline_s=30)
    assert isinstance(ended, Answered)
    assert (ended.answer.outcome, ended.answer.failure) == (Outcome.DEFERRED, Failure.CONNECTION_REFUSED)
    assert ended.answer.server is not None
    assert ended.answer.server.name == "mx1"
    assert client.name == "sendit 2.1"
    assert client.supports("dns/nxdomain", target) == "it asks the system's resolver"
    assert client.supports("connect/refused", target) is None


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("command:/no/such/program --x", "there is no file /no/such/program"),
        ("command:no-such-program-anywhere", "no program 'no-such-program-anywhere' on the PATH"),
        ("command:true {recipent}", "unknown placeholder {recipent}; known are contract, route"),
        ("command:send 'unfinished", "not well quoted"),
        ("command:", "does not say what to run; write it like command:./send --to {recipient}"),
    ],
)
def test_command_that_cannot_be_run(spec: str, said: str) -> None:
    with pytest.raises(ClientError) as raised:
        open_client(spec)
    assert said in str(raised.value)


def test_file_that_is_not_executable(tmp_path: Path) -> None:
    file = tmp_path / "send"
    file.write_text("#!/bin/sh\n")
    with pytest.raises(ClientError, match="chmod"):
        open_client(f"command:{file}")
