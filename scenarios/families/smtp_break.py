"""The SMTP dialogue breaks off, at every stage and in every way: FIN, RST, half-close, silence."""

from collections.abc import Iterator

from mailfault.codes.failure import Failure
from mailfault.contract import TlsPolicy
from mailfault.scenario.family import member
from mailfault.scenario.model import Connector, Expect, Host, Scenario, Tolerated
from mailfault_servers.fault import Fault
from mailfault_servers.smtp.faults.close import Close
from mailfault_servers.smtp.faults.cut_message import CutMessage
from mailfault_servers.smtp.faults.half_close import HalfClose
from mailfault_servers.smtp.faults.reset import Reset
from mailfault_servers.smtp.faults.silent import Silent
from mailfault_servers.smtp.reply import Stage

HOST = "mx1.dest.example"
BREAKS: dict[str, tuple[type[Close] | type[Reset] | type[HalfClose] | type[Silent], str]] = {
    "close": (Close, "closes the connection"),
    "reset": (Reset, "resets the connection"),
    "half-close": (HalfClose, "closes its side of the connection"),
    "silent": (Silent, "falls silent"),
}
STAGES = {
    Stage.GREETING: "instead of a greeting",
    Stage.EHLO: "instead of answering EHLO",
    Stage.MAIL: "instead of answering MAIL",
    Stage.RCPT: "instead of answering RCPT",
    Stage.DATA: "instead of answering DATA",
    Stage.END_OF_DATA: "after the final dot, and has taken the message",
    Stage.QUIT: "instead of answering QUIT",
}
WRITTEN_BY_HAND = {
    *((stage, "close") for stage in (Stage.GREETING, Stage.EHLO, Stage.DATA, Stage.END_OF_DATA, Stage.QUIT)),
    *((stage, "reset") for stage in (Stage.GREETING, Stage.EHLO, Stage.DATA, Stage.END_OF_DATA)),
    *((stage, "silent") for stage in (Stage.GREETING, Stage.EHLO, Stage.RCPT, Stage.END_OF_DATA)),
    (Stage.EHLO, "half-close"),
}
"""TOML files in scenarios/smtp."""
CUTS = {1: "after its first line", 700: "in its middle", 1600: "near its end"}

_TIMED_OUT = Tolerated(
    failure=Failure.CONNECTION_TIMED_OUT,
    because="Nothing came within the limit: Exchange on-premises and others name the time-out where we name the close",
)
_CLOSED = Tolerated(
    failure=Failure.CANNOT_CONNECT,
    because="No word of SMTP was ever said here: that the host cannot be used is as true (Microsoft, 4.4.317)",
)


def scenarios() -> Iterator[Scenario]:
    for stage, words in STAGES.items():
        for how, (fault, does) in BREAKS.items():
            if (stage, how) not in WRITTEN_BY_HAND:
                title = f"The host {does} {words}"
                yield _scenario(member(stage=stage, how=how), title, fault(at=stage), _expect(stage, how), _why(stage))
    for after, place in CUTS.items():
        for how in ("close", "reset", "silent"):
            yield _scenario(
                member(stage=Stage.MESSAGE, how=how, after=after),
                f"The host {BREAKS[how][1]} while the message arrives, {place}",
                CutMessage(after_bytes=after, how=how),
                _expect(Stage.MESSAGE, how),
                _why(Stage.MESSAGE),
            )


def _scenario(identity: str, title: str, fault: Fault, expect: Expect, why: str) -> Scenario:
    return Scenario(
        id=identity,
        title=title,
        why=why,
        refs=("RFC 5321 3.8", "RFC 5321 4.5.3.2", "RFC 3463 3.5, X.4.2"),
        tags=("smtp", "break", *(() if expect.failure else ("success",))),
        connector=Connector(tls=TlsPolicy.NONE, command_limit=0.4),
        host=(Host(name=HOST, faults=(fault,)),),
        expect=expect,
    )


def _expect(stage: Stage, how: str) -> Expect:
    if stage is Stage.QUIT:
        return Expect(action="deliver")
    also = (_CLOSED,) if stage is Stage.GREETING else (_TIMED_OUT,) if how == "silent" else ()
    return Expect(failure=Failure.CONNECTION_CLOSED, action="defer", tolerated=also)


def _why(stage: Stage) -> str:
    if stage is Stage.QUIT:
        return (
            "The host said 250 to the final dot: from then on the message is its own. Whatever becomes of QUIT, the "
            "mail is delivered, and a client that sends it again makes a second copy."
        )
    if stage is Stage.END_OF_DATA:
        return (
            "The host took the message and never said so. The client cannot know: it has to try again and risk a "
            "second copy. A bounce would be a lie, and so would be success (RFC 1047)."
        )
    return (
        "The connection stood, and then it was gone, or dead: closed abruptly. Nobody refused the message, so it stays "
        "queued. It is no refused connection, nor a time-out of the connect: those would send the postmaster to the "
        "firewall."
    )
