import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from mailfault.clients.process.worker_client import WorkerClient
from mailfault.contract import Answered, Crashed, Declined, Hung, Target

Program = Callable[[str], str]

HELLO = """
import json, os, sys, time
def say(said):
    print(json.dumps(said), flush=True)
assert json.loads(input()) == {"hello": {"contract": 1}}
say({"hello": {"contract": 1}})
for line in sys.stdin:
    target = json.loads(line)["target"]
"""


@pytest.fixture
def worker(program: Program) -> Iterator[Callable[[str], WorkerClient]]:
    """Open a worker that does this for every target."""
    opened: list[WorkerClient] = []

    def open_worker(body: str, *, hello: str = HELLO) -> WorkerClient:
        lines = "".join(f"    {line}\n" for line in body.splitlines()) if hello == HELLO else body
        opened.append(WorkerClient(program(hello + lines)))
        return opened[-1]

    yield open_worker
    for client in opened:
        client.close()


Worker = Callable[..., WorkerClient]

ANSWER = 'say({"answer": {"outcome": "deferred", "text": f"{os.getpid()} {target[\'smart_host\']}"}})'


def test_one_process_answers_one_target_after_another(worker: Worker, target: Target) -> None:
    client = worker(ANSWER)
    results = [client.deliver(target, deadline_s=30) for _ in range(4)]
    texts = {result.answer.text for result in results if isinstance(result, Answered)}
    assert len(results) == 4
    assert len(texts) == 1, "all by the same process"
    assert texts.pop().endswith(" mx1.dest.example")  # type: ignore[union-attr]


def test_plays_side_by_side_have_a_process_each_which_is_kept(worker: Worker, target: Target) -> None:
    client = worker(ANSWER)
    with client.for_play() as first, client.for_play() as second:
        ends = [play.deliver(target, deadline_s=30) for play in (first, second, first, second)]
        texts = [ended.answer.text for ended in ends if isinstance(ended, Answered)]
        assert (first.processes, second.processes) == ((1,), (2,))
        assert texts[:2] == texts[2:]
        assert texts[0] != texts[1]
    with client.for_play() as later:
        later.deliver(target, deadline_s=30)
        assert later.processes in ((1,), (2,))


def test_a_hang_in_one_play_does_not_disturb_another(worker: Worker, target: Target) -> None:
    client = worker(f"if target['attempt'] == 7:\n    time.sleep(600)\n{ANSWER}")
    with client.for_play() as kept, client.for_play() as hanging:
        before = kept.deliver(target, deadline_s=30)
        assert hanging.deliver(replace(target, attempt=7), deadline_s=0.5) == Hung(0.5)
        assert kept.deliver(target, deadline_s=30) == before, "the same process"
        assert isinstance(hanging.deliver(target, deadline_s=30), Answered)
        assert (kept.processes, hanging.processes) == ((1,), (2, 3))


def test_a_line_that_nobody_asked_for_is_no_answer_to_the_next_target(worker: Worker, target: Target) -> None:
    """Both lines are written at once, so that the second is there when the first is read."""
    client = worker('print("{\\"answer\\": {\\"outcome\\": \\"delivered\\"}}\\n" * 2, end="", flush=True)')
    with client.for_play() as play:
        assert isinstance(play.deliver(target, deadline_s=30), Answered)
        ended = play.deliver(target, deadline_s=30)
        assert isinstance(ended, Crashed)
        assert "it said a line that it was not asked for" in ended.reason
        assert isinstance(play.deliver(target, deadline_s=30), Answered)
        assert play.processes == (1, 2)
    with client.for_play() as later:
        later.deliver(target, deadline_s=30)
        assert later.processes == (3,), "one that is out of step serves no other play"


def test_target_as_json(worker: Worker, target: Target) -> None:
    client = worker(
        "target['message'] = open(target['message']).read()\n"
        "say({'answer': {'outcome': 'deferred', 'text': json.dumps(target)}})"
    )
    ended = client.deliver(target, deadline_s=30)
    assert isinstance(ended, Answered)
    assert json.loads(ended.answer.text or "") == {
        "route": "smart-host",
        "smart_host": "mx1.dest.example",
        "smtp_port": target.smtp_port,
        "dns": {"address": "127.0.0.1", "port": target.dns[1]},
        "tls": "opportunistic",
        "ca_file": str(target.ca_file),
        "crl_file": None,
        "policies": [],
        "https_port": None,
        "cached_policy_file": None,
        "sender": "sender@client.example",
        "recipients": ["one@dest.example", "two@dest.example"],
        "message": "Subject: x\n\nbody\n",
        "limits": {"connect_s": 0.25, "command_s": 1.5, "dns_s": 0.2},
        "attempt": 1,
    }


def test_unsupported(worker: Worker, target: Target) -> None:
    assert worker("say({'unsupported': 'no TLS here'})").deliver(target, deadline_s=30) == Declined("no TLS here")


def test_crash_tells_how_and_the_next_delivery_has_a_new_process(
    worker: Worker, target: Target, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mark = tmp_path_factory.mktemp("worker") / "been-here"
    client = worker(
        f"if not os.path.exists({str(mark)!r}):\n"
        f"    open({str(mark)!r}, 'w').close()\n"
        "    sys.stderr.write('out of memory\\n'); sys.exit(9)\n"
        f"{ANSWER}"
    )
    ended = client.deliver(target, deadline_s=30)
    assert isinstance(ended, Crashed)
    assert "out of memory" in ended.reason
    assert isinstance(client.deliver(target, deadline_s=30), Answered)


def test_hang_ends_it_and_the_next_delivery_has_a_new_process(
    worker: Worker, target: Target, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mark = tmp_path_factory.mktemp("worker") / "been-here"
    client = worker(
        f"if not os.path.exists({str(mark)!r}):\n"
        f"    open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(600)\n"
        f"{ANSWER}"
    )
    assert client.deliver(target, deadline_s=1.0) == Hung(1.0)
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
    assert isinstance(client.deliver(target, deadline_s=30), Answered)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("print('what?', flush=True)", "not one line of JSON"),
        ("say({'answer': {'outcome': 'sent'}})", "'sent' is not one of"),
        ("say({'result': 1})", 'the worker says {"answer": ...} or {"unsupported": ...}'),
    ],
)
def test_an_invalid_answer_is_a_crash(worker: Worker, target: Target, body: str, said: str) -> None:
    ended = worker(body).deliver(target, deadline_s=30)
    assert isinstance(ended, Crashed)
    assert said in ended.reason


def test_worker_of_another_contract(worker: Worker, target: Target) -> None:
    client = worker('input(); print(\'{"hello": {"contract": 7}}\', flush=True); input()', hello="")
    ended = client.deliver(target, deadline_s=30)
    assert isinstance(ended, Crashed)
    assert 'greets with {"hello": {"contract": 1}}' in ended.reason


def test_close_ends_the_process_and_may_be_called_again(worker: Worker, target: Target) -> None:
    client = worker(ANSWER)
    with closing(client):
        ended = client.deliver(target, deadline_s=30)
    assert isinstance(ended, Answered)
    with pytest.raises(ProcessLookupError):
        os.kill(int((ended.answer.text or "").split()[0]), 0)
    client.close()
