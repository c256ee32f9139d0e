from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from mailfault_servers.action import Action, Close, Hang, Reset, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.proxy.event import BytesReceived
from mailfault_servers.proxy.toxic_fault import Stream
from mailfault_servers.smtp.reply import Stage


@fault
class Cut(Fault):
    """Cut the connection at one byte of one direction: by FIN, by RST, or by letting nothing more through.

    Toxiproxy's `limit_data` can only close. A link that goes dead in one direction is the worst of the three: what the
    client says still arrives, and no answer ever comes back.
    """

    stream: Stream = "downstream"
    """The direction in which the bytes are counted."""
    at: Stage | None = None
    """Count from the beginning of this stage of the session (in clear only: TLS hides the stages). Absent: from the
    beginning of the connection."""
    after_bytes: Annotated[int, Field(ge=0)] = 0
    """Bytes that pass."""
    how: Literal["close", "reset", "silent"] = "reset"
    """FIN or RST to both ends; or silence in this direction while the other goes on."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, BytesReceived) or event.stream != self.stream:
            return honest
        if self.at not in (None, event.stage):
            return honest
        passed = event.passed if self.at is None else event.passed_in_stage
        if passed + len(event.data) <= self.after_bytes:
            return honest
        endings: dict[str, Action] = {"close": Close(), "reset": Reset(), "silent": Hang()}
        return (Send(event.data[: max(0, self.after_bytes - passed)]), endings[self.how])
