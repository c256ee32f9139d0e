"""Two messages, one after another. One fails at some stage, the other arrives, and each is reported separately."""

from collections.abc import Iterator

from mailfault.codes.failure import Failure
from mailfault.contract import Route, TlsPolicy
from mailfault.scenario.family import member
from mailfault.scenario.model import Connector, Expect, Host, Scenario
from mailfault_servers.fault import Fault
from mailfault_servers.smtp.faults.close import Close
from mailfault_servers.smtp.faults.reply import Reply
from mailfault_servers.smtp.faults.reset import Reset
from mailfault_servers.smtp.reply import Stage

HOST = "mx1.dest.example"
STAGES = {
    Stage.MAIL: "MAIL",
    Stage.RCPT: "RCPT",
    Stage.DATA: "DATA",
    Stage.END_OF_DATA: "the final dot",
}
REPLIES = {421: "421 4.3.2 Service shutting down", 451: "451 4.3.0 Try again later", 554: "554 5.7.1 Not accepted"}
BREAKS: dict[str, tuple[type[Close] | type[Reset], str]] = {"close": (Close, "FIN"), "reset": (Reset, "RST")}
ORDER = {1: "first", 2: "second"}


def scenarios() -> Iterator[Scenario]:
    for number in ORDER:
        for stage in STAGES:
            for code, reply in REPLIES.items():
                fault: Fault = Reply(at=stage, reply=reply, attempts=(number,))
                yield _scenario(number, stage, str(code), fault, f"is answered with {code}", _refused(reply))
            for how, (cls, manner) in BREAKS.items():
                fault = cls(at=stage, attempts=(number,))
                yield _scenario(number, stage, how, fault, f"is not answered: {manner}", _closed())


def _scenario(number: int, stage: Stage, how: str, fault: Fault, does: str, expect: Expect) -> Scenario:
    return Scenario(
        id=member(message=number, stage=stage, how=how),
        title=f"Of two messages the {ORDER[number]} {does}, at {STAGES[stage]}",
        why=_why(number, stage, how),
        refs=("RFC 5321 3.3", "RFC 5321 4.1.1.5", "RFC 5321 4.2.1", "RFC 5321 3.8"),
        tags=("session",),
        connector=Connector(route=Route.SMART_HOST, tls=TlsPolicy.NONE, messages=2),
        host=(Host(name=HOST, faults=(fault,)),),
        expect=Expect(action="deliver", messages={number: expect}),
    )


def _refused(reply: str) -> Expect:
    return Expect(failure=Failure.REMOTE_REPLY, action="fail" if reply.startswith("5") else "defer", reply=reply)


def _closed() -> Expect:
    return Expect(failure=Failure.CONNECTION_CLOSED, action="defer")


def _why(number: int, stage: Stage, how: str) -> str:
    if number == 2:
        begun = "The first message was confirmed, and nothing that befalls the second changes that."
    elif how in ("close", "reset", "421"):
        begun = "The connection is gone with the first message; the second needs a new one, and arrives."
    else:
        begun = "The refusal ends one transaction: after RSET, or on a new connection, the second message arrives."
    if how in ("close", "reset") and stage is Stage.END_OF_DATA:
        return f"{begun} The host took the message without saying so: it is tried again, at the risk of a second copy."
    return f"{begun} A client that gives both messages one answer loses a message, or doubles one."
