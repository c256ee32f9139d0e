"""Faults of the SMTP conversation around STARTTLS as events in and actions out."""

from collections.abc import Sequence
from typing import Any

import pydantic
import pytest

from mailfault_servers.action import Action, Close, Proceed, Send
from mailfault_servers.fault import Event, all_faults, find_fault
from mailfault_servers.smtp.event import CommandArrived, ReplyReady
from mailfault_servers.smtp.reply import Stage

EHLO_REPLY = (Send(b"250-mx\r\n250-SIZE 1\r\n250-STARTTLS\r\n250 PIPELINING\r\n"),)
READY = (Send(b"220 Ready\r\n"),)


def arrived(stage: Stage, line: str = "", *, encrypted: bool = True) -> Event:
    return CommandArrived(stage=stage, line=line, greeting_refused=False, encrypted=encrypted)


def leaving(stage: Stage, *, encrypted: bool = True) -> Event:
    return ReplyReady(stage=stage, encrypted=encrypted)


READY_LEAVES, EHLO_LEAVES = leaving(Stage.STARTTLS, encrypted=False), leaving(Stage.EHLO)
EHLO_COMES = arrived(Stage.EHLO, "EHLO c")

# fault, its settings, the event, what is honest, what is done instead
STORIES: tuple[tuple[str, dict[str, Any], Event, Sequence[Action], Sequence[Action]], ...] = (
    ("smtp.starttls-session-ended", {}, EHLO_COMES, (Proceed(),), (Close(close_notify=False),)),
    ("smtp.starttls-session-ended", {"how": "close-notify"}, EHLO_COMES, (Proceed(),), (Close(),)),
    ("smtp.starttls-injected-reply", {"lines": "250 a\n550 b"}, READY_LEAVES, READY, (Send(b"220 Ready\r\n250 a\r\n550 b\r\n"),)),
    ("smtp.starttls-no-close-notify", {}, leaving(Stage.QUIT), READY, (Close(close_notify=False),)),
    ("smtp.starttls-hello-refused", {"reply": "550 no"}, EHLO_COMES, (Proceed(),), (Send(b"550 no\r\n"),)),
    ("smtp.starttls-hello-refused", {"reply": "421 no"}, EHLO_COMES, (Proceed(),), (Send(b"421 no\r\n"), Close())),
    ("smtp.starttls-ready-reply", {"reply": "220"}, READY_LEAVES, READY, (Send(b"220\r\n"),)),
    ("smtp.starttls-offered-again", {}, EHLO_LEAVES, (Send(b"250-mx\r\n250 SIZE 1\r\n"),),
     (Send(b"250-mx\r\n250-STARTTLS\r\n250 SIZE 1\r\n"),)),
    ("smtp.starttls-fewer-extensions", {}, EHLO_LEAVES, (Send(b"250-mx\r\n250 SIZE 1\r\n"),), (Send(b"250 mx\r\n"),)),
    ("smtp.starttls-fewer-extensions", {}, arrived(Stage.MAIL, "MAIL FROM:<a@c> SIZE=1"), (Proceed(),),
     (Send(b"555 5.5.4 MAIL FROM parameters not recognized or not implemented\r\n"),)),
    ("smtp.starttls-lower-case", {}, leaving(Stage.EHLO, encrypted=False), EHLO_REPLY,
     (Send(EHLO_REPLY[0].data.replace(b"STARTTLS", b"starttls")),)),
    ("smtp.starttls-demanded", {}, arrived(Stage.MAIL, "MAIL FROM:<a@c>", encrypted=False), (Proceed(),),
     (Send(b"530 5.7.0 Must issue a STARTTLS command first\r\n"),)),)  # fmt: skip
EVERY_EVENT = (
    (READY_LEAVES, READY), (EHLO_LEAVES, EHLO_REPLY), (leaving(Stage.EHLO, encrypted=False), EHLO_REPLY),
    (EHLO_COMES, (Proceed(),)), (arrived(Stage.MAIL, encrypted=False), (Proceed(),)), (arrived(Stage.RCPT), (Proceed(),)),
    (leaving(Stage.QUIT), READY), (leaving(Stage.QUIT, encrypted=False), READY),
)  # fmt: skip


def test_every_fault_has_its_story() -> None:
    faults = {identity for identity in all_faults() if identity.startswith("smtp.starttls-")}
    assert faults - {story[0] for story in STORIES} == {"smtp.starttls-missing"}  # it has a test in test_faults.py


@pytest.mark.parametrize(("use", "settings", "event", "honest", "done"), STORIES)
def test_what_is_done_instead(
    use: str, settings: dict[str, Any], event: Event, honest: Sequence[Action], done: Sequence[Action]
) -> None:
    assert tuple(find_fault(use).model_validate(settings).react(event, honest)) == tuple(done)


@pytest.mark.parametrize("use", sorted({story[0] for story in STORIES}))
def test_a_fault_acts_on_one_kind_of_event(use: str) -> None:
    fault = find_fault(use)()
    acted = [
        type(event).__name__ for event, honest in EVERY_EVENT if tuple(fault.react(event, honest)) != tuple(honest)
    ]
    assert len(set(acted)) <= 1
    assert tuple(fault.react(Event(), (Close(),))) == (Close(),)


@pytest.mark.parametrize(
    ("use", "settings", "words"),
    [
        ("smtp.starttls-ready-reply", {"reply": "250 OK"}, "no 220"),
        ("smtp.starttls-hello-refused", {"reply": "no"}, "not an SMTP reply"),
    ],
)
def test_settings_without_sense_are_refused(use: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=words):
        find_fault(use).model_validate(settings)
