from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.https.event import PolicyFault, Respond


@fault
class PolicyLine(PolicyFault):
    """Serve a policy in which one line is missing, or says something else (RFC 8461 3.2).

    A policy without a version, a mode or a host, or with one that RFC 8461 does not know, is no policy at all. It must
    not be guessed at: the mail goes out as if the domain had none. A line that nobody knows is passed over.
    """

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    """The line that is meant: version, mode, mx, max_age, or one that is not there and is added."""
    value: str | None = None
    """The new value of the line. Absent: it is left out."""

    def answer(self, honest: Respond) -> Sequence[Action]:
        lines = honest.body.splitlines(keepends=True)
        places = [place for place, line in enumerate(lines) if line.startswith(f"{self.key}:")]
        kept = [line for place, line in enumerate(lines) if place not in places]
        if self.value is not None:
            kept.insert(places[0] if places else len(kept), f"{self.key}: {self.value}\r\n")
        return (replace(honest, body="".join(kept)),)
