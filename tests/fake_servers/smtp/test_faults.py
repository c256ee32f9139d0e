"""Each SMTP fault as a pure function: events in, actions out."""

import pytest

from mailfault_servers.action import Close, HalfClose, Hang, Proceed, Reset, Send
from mailfault_servers.fault import Fault, all_faults, find_fault
from mailfault_servers.smtp.event import CommandArrived, DataArrived, ReplyReady
from mailfault_servers.smtp.form import FormFault
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import IdleFault, SmtpFault, StageFault, change_replies

EHLO_REPLY = b"250-mx1.dest.example\r\n250-SIZE 10485760\r\n250-STARTTLS\r\n250 ENHANCEDSTATUSCODES\r\n"
HONEST_ARRIVAL = (Proceed(),)
HONEST_REPLY = (Send(EHLO_REPLY),)


def arrived(stage: Stage, line: str = "", *, greeting_refused: bool = False) -> CommandArrived:
    return CommandArrived(stage=stage, line=line, greeting_refused=greeting_refused, encrypted=False)


def leaving(stage: Stage) -> ReplyReady:
    return ReplyReady(stage=stage, encrypted=False)


@pytest.mark.parametrize(
    ("fault", "actions"),
    [
        ("smtp.close", (Close(),)),
        ("smtp.reset", (Reset(),)),
        ("smtp.silent", (Hang(),)),
        ("smtp.half-close", (HalfClose(), Hang())),
    ],
)
@pytest.mark.parametrize("at", [stage for stage in Stage if stage not in (Stage.MESSAGE, Stage.IDLE, Stage.OTHER)])
def test_a_break_comes_in_place_of_the_reply_to_its_stage_only(fault: str, actions: tuple[object], at: Stage) -> None:
    one = find_fault(fault)(at=at)  # type: ignore[call-arg]
    assert tuple(one.react(leaving(at), HONEST_REPLY)) == actions
    for other in set(Stage) - {at}:
        assert one.react(leaving(other), HONEST_REPLY) is HONEST_REPLY
    assert one.react(arrived(at), HONEST_ARRIVAL) is HONEST_ARRIVAL


def reply_fault(**settings: object):  # type: ignore[no-untyped-def]
    return find_fault("smtp.reply").model_validate(settings)


def test_a_refusal_comes_before_the_honest_server_acts() -> None:
    one = reply_fault(at="mail", reply="451 4.3.0 Try later")
    assert one.react(arrived(Stage.MAIL, "MAIL FROM:<a@b.example>"), HONEST_ARRIVAL) == (
        Send(b"451 4.3.0 Try later\r\n"),
    )
    assert one.react(leaving(Stage.MAIL), HONEST_REPLY) is HONEST_REPLY


def test_421_closes_and_others_go_on_unless_told_otherwise() -> None:
    gone = reply_fault(at="ehlo", reply="421 4.3.2 Bye")
    assert gone.react(arrived(Stage.EHLO), HONEST_ARRIVAL)[-1] == Close()
    stays = reply_fault(at="ehlo", reply="421 4.3.2 Bye", then="continue")
    assert Close() not in stays.react(arrived(Stage.EHLO), HONEST_ARRIVAL)
    leaves = reply_fault(at="rcpt", reply="550 5.1.1 Unknown", then="close")
    assert leaves.react(arrived(Stage.RCPT, "RCPT TO:<x@dest.example>"), HONEST_ARRIVAL)[-1] == Close()


def test_after_a_refusing_greeting_only_quit_is_served() -> None:
    one = reply_fault(at="greeting", reply="554 5.3.2 No service")
    (said,) = one.react(arrived(Stage.EHLO, "EHLO c", greeting_refused=True), HONEST_ARRIVAL)
    assert isinstance(said, Send)
    assert said.data.startswith(b"503")
    assert one.react(arrived(Stage.QUIT, "QUIT", greeting_refused=True), HONEST_ARRIVAL) is HONEST_ARRIVAL


def test_one_recipient_can_be_refused_alone() -> None:
    one = reply_fault(at="rcpt", reply="550 5.1.1 Unknown", recipient="gone@dest.example")
    refused = one.react(arrived(Stage.RCPT, "RCPT TO:<Gone@dest.example>"), HONEST_ARRIVAL)
    assert refused != HONEST_ARRIVAL
    assert one.react(arrived(Stage.RCPT, "RCPT TO:<user@dest.example>"), HONEST_ARRIVAL) is HONEST_ARRIVAL


def test_a_reply_that_is_none_is_refused_when_the_fault_is_built() -> None:
    with pytest.raises(ValueError, match="is not an SMTP reply"):
        reply_fault(at="rcpt", reply="nonsense")


def test_the_message_is_cut_after_its_byte_and_not_before() -> None:
    one = find_fault("smtp.cut-message").model_validate({"after_bytes": 100, "how": "reset"})
    assert one.react(DataArrived(received_bytes=99), HONEST_ARRIVAL) is HONEST_ARRIVAL
    assert tuple(one.react(DataArrived(received_bytes=100), HONEST_ARRIVAL)) == (Reset(),)


def test_starttls_is_not_offered_and_not_known() -> None:
    one = find_fault("smtp.starttls-missing")()
    (said,) = one.react(leaving(Stage.EHLO), HONEST_REPLY)
    assert isinstance(said, Send)
    assert said.data == EHLO_REPLY.replace(b"250-STARTTLS\r\n", b"")
    (answer,) = one.react(arrived(Stage.STARTTLS, "STARTTLS"), HONEST_ARRIVAL)
    assert isinstance(answer, Send)
    assert answer.data.startswith(b"502")


def test_without_the_last_keyword_the_new_last_line_says_so() -> None:
    one = find_fault("smtp.starttls-missing")()
    (said,) = one.react(leaving(Stage.EHLO), (Send(b"250-mx1\r\n250-SIZE 1\r\n250 STARTTLS\r\n"),))
    assert isinstance(said, Send)
    assert said.data == b"250-mx1\r\n250 SIZE 1\r\n"


def test_keywords_are_masked_in_their_own_length() -> None:
    one = find_fault("smtp.masked-keywords")()
    (said,) = one.react(leaving(Stage.EHLO), HONEST_REPLY)
    assert isinstance(said, Send)
    assert b"250-XXXXXXXA\r\n" in said.data
    assert b"250-SIZE 10485760\r\n" in said.data
    assert b"STARTTLS" not in said.data


def test_the_greeting_keeps_its_code_and_length() -> None:
    one = find_fault("smtp.masked-greeting")()
    (said,) = one.react(leaving(Stage.GREETING), (Send(b"220 mx1.dest.example ESMTP\r\n"),))
    assert said == Send(b"220 " + b"*" * 22 + b"\r\n")


def test_every_fault_tells_its_user_what_it_is() -> None:
    for identity, cls in all_faults().items():
        assert cls.__doc__, identity
        assert len(cls.__doc__.split()) > 20, identity
        assert cls.__doc__ != (cls.__mro__[1].__doc__), identity
        for name, field in cls.model_fields.items():
            assert field.description, f"{identity}: {name} has no docstring"


def test_every_fault_says_what_it_changes() -> None:
    hooks = ("react", "on_command", "on_reply", "on_idle", "leave")
    bases = (Fault, SmtpFault, StageFault, IdleFault, FormFault)
    inherited = {getattr(base, hook) for base in bases for hook in hooks if hasattr(base, hook)}
    for identity, cls in all_faults().items():
        if cls.layer == "smtp":
            assert {getattr(cls, hook, Fault.react) for hook in hooks} - inherited, f"{identity} changes nothing"


def test_replies_are_changed_and_other_actions_kept() -> None:
    actions = (Hang(), Send(b"250 OK\r\n"), Close())
    assert tuple(change_replies(actions, lambda reply: reply.lower())) == (Hang(), Send(b"250 ok\r\n"), Close())
