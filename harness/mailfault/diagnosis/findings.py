"""Findings: what ending rules return, and what several of them look for. Pure."""

from dataclasses import dataclass

from mailfault.diagnosis.handshake import is_certificate_refusal
from mailfault.diagnosis.replay import ASIDE, Obstacle, ServerEnd, SessionState, is_out_of_place
from mailfault_servers.facts import EndedByServer, TlsFailed, WentSilent
from mailfault_servers.smtp.reading import first_reply
from mailfault_servers.smtp.reply import SmtpReply, Stage

_BEFORE_MAIL = frozenset({Stage.GREETING, Stage.EHLO, Stage.STARTTLS})
_PLACES: dict[str, str] = {
    Stage.GREETING: "the connection",
    Stage.MESSAGE: "the message",
    Stage.END_OF_DATA: "the final dot",
    Stage.IDLE: "the message before",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Place and circumstances of an ending, as one rule found them."""

    stage: str
    sentence: str
    reply: SmtpReply | None = None
    code: str | None = None
    """Enhanced code of the article or of an RFC, if the failure has several."""


def deciding_end(state: SessionState) -> ServerEnd | None:
    """Return the end of the connection at the server, or None if a reply counts for more."""
    end, obstacle = state.end, state.obstacle
    if isinstance(end, TlsFailed):
        return end if _ends_in_tls(end, state) else None
    if end is None or end.stage == Stage.QUIT or state.was_turned_away:
        return None
    if obstacle is not None and (end.stage in ASIDE or not state.owes_reply):
        return None  # a complete reply beats a close that follows it
    return end


def _ends_in_tls(end: TlsFailed, state: SessionState) -> bool:
    """False if TLS went on until the client had what it wanted, and broke down only as it left."""
    if state.tls.is_trusted:
        return False
    is_about_certificate = end.alert is not None and is_certificate_refusal(end) and bool(state.tls.flaws)
    return state.obstacle is None or is_about_certificate


def accepted(state: SessionState) -> Finding:
    """Make the finding of a message that was accepted."""
    return Finding(Stage.END_OF_DATA, f"{state.server} accepted the message")


def refusal(state: SessionState, *, before_mail: bool) -> Finding | None:
    """Look for a 4xx or 5xx reply that the client did not get past. Stages up to STARTTLS are before mail."""
    obstacle = state.obstacle
    if obstacle is None or obstacle.reply is None or (obstacle.stage in _BEFORE_MAIL) is not before_mail:
        return None
    stage, reply = obstacle.stage, obstacle.reply
    if stage == Stage.GREETING:
        sentence = f"{state.server} greeted with {reply}"
    elif stage == Stage.IDLE:
        sentence = f"{state.server} said {reply} on the connection that was kept"
    else:
        sentence = f"{state.server} answered {words_for(state, stage)} with {reply}"
    if obstacle.breach is not None:
        sentence = f"the client broke a rule: {obstacle.breach}; {sentence}"
    return Finding(stage, sentence, reply)


def unfinished(state: SessionState, obstacle: Obstacle | None, *, at_greeting: bool) -> Finding | None:
    """Look for a reply that never came to its end."""
    if obstacle is None or not obstacle.is_unfinished or (obstacle.stage == Stage.GREETING) is not at_greeting:
        return None
    sentence = f"{state.server} never came to the end of its answer to {words_for(state, obstacle.stage)}"
    return Finding(obstacle.stage, sentence)


def malformed(state: SessionState, obstacle: Obstacle | None, *, before_mail: bool) -> Finding | None:
    """Look for a reply that is none, or none at its stage. Stages up to STARTTLS are before mail."""
    if obstacle is None or obstacle.reply is not None or (obstacle.stage in _BEFORE_MAIL) is not before_mail:
        return None
    stage, text = obstacle.stage, obstacle.text
    asked = obstacle.asked or words_for(state, stage)
    if (behind := _second_reply(text)) is not None:
        return Finding(stage, f"{state.server} said {behind} right behind its answer to {asked}")
    return Finding(stage, f"{state.server} answered {asked} with {text!r}, which {_objection(stage, text, asked)}")


def _second_reply(text: str) -> SmtpReply | None:
    """Return the reply that stands behind another one in the same breath, or None if there is none."""
    first = first_reply(text)
    try:
        SmtpReply.parse(first)
        return SmtpReply.parse(first_reply(text[len(first) + 1 :]))
    except ValueError:
        return None


def _objection(stage: str, text: str, asked: str) -> str:
    """Say what is wrong with a malformed reply."""
    if stage == Stage.STARTTLS and text[:1] in ("2", "3"):
        return "does not start TLS"
    return f"is no answer to {asked}" if is_out_of_place(stage, text) else "is no reply"


def manner_of_loss(state: SessionState) -> str:
    """Describe what the server, or the client, did in place of the reply to the final dot."""
    obstacle = state.obstacle
    if obstacle is not None and obstacle.stage == Stage.END_OF_DATA:
        return f"answered with {obstacle.text!r}, which {_objection(obstacle.stage, obstacle.text, 'the final dot')},"
    match state.end:
        case WentSilent():
            return "fell silent"
        case EndedByServer(how="rst"):
            return "reset the connection"
        case EndedByServer():
            return "closed the connection"
        case _:
            return "was left by the client"


def stage_of_command(state: SessionState) -> str:
    """Return the stage of the last command, QUIT apart."""
    return state.command_stage or Stage.GREETING


def words_for(state: SessionState, stage: str) -> str:
    """Name what the server was answering at a stage."""
    if stage == Stage.EHLO:
        return state.hello
    if stage == Stage.OTHER:
        return state.other
    return _PLACES.get(stage, stage.upper())
