"""Every class of reply at every stage: the code decides, and the stage of the reply."""

from collections.abc import Iterator

from mailfault.codes.failure import Failure
from mailfault.contract import TlsPolicy
from mailfault.scenario.family import member
from mailfault.scenario.model import Connector, Expect, Host, Scenario, Tolerated
from mailfault_servers.smtp.faults.reply import Reply
from mailfault_servers.smtp.reply import SmtpReply, Stage

HOST = "mx1.dest.example"
REPLIES = {
    Stage.GREETING: (
        "450 4.3.2 Busy, come back later",
        "451 4.3.0 Local error",
        "452 4.3.1 Out of disk space",
        "521 5.3.2 This host takes no mail",
        "550 5.7.1 Your address is blocked",
    ),
    Stage.EHLO: (
        "450 4.3.2 Busy, come back later",
        "451 4.7.1 Greylisted by name",
        "500 5.5.1 Command not recognised",
        "501 5.5.4 That is no host name",
        "504 5.5.4 Parameter not implemented",
        "550 5.7.1 You are not who you say",
        "554 5.7.1 No service for you",
    ),
    Stage.MAIL: (
        "421 4.3.2 Shutting down",
        "450 4.1.8 Sender domain cannot be looked up",
        "452 4.3.1 Out of disk space",
        "501 5.1.7 Bad sender address syntax",
        "530 5.7.0 Authentication required",
        "552 5.3.4 Message too big",
        "553 5.1.8 Sender address rejected",
        "554 5.7.1 Sender blocked",
        "555 5.5.4 Parameter not recognised",
    ),
    Stage.RCPT: (
        "421 4.7.0 Too many connections",
        "450 4.2.1 Mailbox busy",
        "451 4.7.1 Greylisted, try again in 5 minutes",
        "452 4.2.2 Mailbox full",
        "501 5.1.3 Bad recipient address syntax",
        "503 5.5.1 Bad sequence of commands",
        "550 5.2.1 Mailbox disabled",
        "551 5.1.6 User not local; try elsewhere.example",
        "552 5.2.2 Mailbox full",
        "553 5.1.3 Mailbox name not allowed",
        "554 5.7.1 Relay access denied",
        "556 5.1.10 That domain takes no mail",
    ),
    Stage.DATA: (
        "421 4.3.2 Shutting down",
        "452 4.3.1 Out of disk space",
        "503 5.5.1 No recipients, by my count",
        "550 5.7.1 Policy says no",
    ),
    Stage.END_OF_DATA: (
        "421 4.3.0 Lost my store",
        "450 4.7.1 Scanner busy",
        "452 4.3.1 Out of disk space",
        "550 5.7.1 Message looks like spam",
        "554 5.6.0 Message cannot be parsed",
        "556 5.1.10 That domain takes no mail",
    ),
}
"""Replies with a TOML file in scenarios/smtp are left out here."""

_WHERE = {
    Stage.GREETING: "the connection",
    Stage.EHLO: "EHLO and HELO",
    Stage.MAIL: "MAIL",
    Stage.RCPT: "RCPT",
    Stage.DATA: "DATA",
    Stage.END_OF_DATA: "the final dot",
}
_NO_MAIL_SERVICE = 521
_PERMANENT_GREETING = Tolerated(
    action="fail",
    because="RFC 5321 3.1 lets a client take a 5xx greeting for the last word; Exim does, Exchange and Postfix do not",
)
_PERMANENT_NO_SERVICE = Tolerated(
    action="fail",
    because="RFC 7504 3 makes 521 permanent: the host takes no mail at all. Exchange and Postfix keep the mail",
)
_PERMANENT_EHLO = Tolerated(
    action="fail",
    because="RFC 5321 4.2.1 lets a client take a 5xx to EHLO and HELO for the last word, as it does for any command; "
    "Exchange and Postfix keep the mail",
)


def scenarios() -> Iterator[Scenario]:
    for stage, replies in REPLIES.items():
        for text in replies:
            yield _scenario(stage, SmtpReply.parse(text))


def _scenario(stage: Stage, reply: SmtpReply) -> Scenario:
    return Scenario(
        id=member(stage=stage, reply=reply.code),
        title=f"The host answers {_WHERE[stage]} with {reply}",
        why=_why(stage, reply),
        refs=_refs(stage, reply),
        tags=("smtp", "reply"),
        connector=Connector(tls=TlsPolicy.NONE),
        host=(Host(name=HOST, faults=(Reply(at=stage, reply=str(reply)),)),),
        expect=_expect(stage, reply),
    )


def _expect(stage: Stage, reply: SmtpReply) -> Expect:
    if stage in (Stage.GREETING, Stage.EHLO):
        final = (_permanent(stage, reply),) if reply.code >= 500 else ()
        return Expect(failure=Failure.CANNOT_CONNECT, action="defer", tolerated=final)
    action = "defer" if reply.code < 500 else "fail"
    return Expect(failure=Failure.REMOTE_REPLY, action=action, reply=str(reply))


def _permanent(stage: Stage, reply: SmtpReply) -> Tolerated:
    """Return the reason to return the mail at once upon a 5xx before MAIL."""
    if stage is Stage.EHLO:
        return _PERMANENT_EHLO
    return _PERMANENT_NO_SERVICE if reply.code == _NO_MAIL_SERVICE else _PERMANENT_GREETING


def _refs(stage: Stage, reply: SmtpReply) -> tuple[str, ...]:
    always = ("RFC 5321 4.2", "RFC 5321 4.3.2", "RFC 3463 3")
    if stage is Stage.GREETING and reply.code == _NO_MAIL_SERVICE:
        return (*always, "RFC 7504 3")
    return (*always, "RFC 5321 4.1.4") if stage is Stage.EHLO else always


def _why(stage: Stage, reply: SmtpReply) -> str:
    if stage is Stage.GREETING and reply.code == _NO_MAIL_SERVICE:
        return (
            "521 says that this host never takes mail, and RFC 7504 makes it permanent. Of this message it knows "
            "nothing, and another host of the domain may take it: Exchange and Postfix keep the mail queued, and the "
            "failure is that the host cannot be used."
        )
    if stage is Stage.GREETING:
        return (
            f"The host said {reply.code} before it was asked anything: there is no service here now, and of this "
            "message it knows nothing. The mail stays queued; the failure is that the host cannot be used."
        )
    if stage is Stage.EHLO:
        return (
            f"The host refuses to be greeted, EHLO and HELO alike, with {reply.code}. No mail was spoken of yet, so "
            "nothing was refused: the mail stays queued, and the failure is that the host cannot be used."
        )
    if reply.code < 500:
        return (
            f"{reply.code} means: not now. The mail stays queued, and the sender is told the host's own code and words "
            "if it never succeeds; a code of the client's own would hide the cause."
        )
    return (
        f"{reply.code} means: never. Trying again cannot help, so the sender is told at once, in the host's own code "
        "and words; a client that keeps such mail for a day makes its sender wait for bad news."
    )
