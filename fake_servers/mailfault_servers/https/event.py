"""Events and actions of the policy host, and the base of most of its faults."""

from collections.abc import Sequence
from dataclasses import dataclass

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault

WELL_KNOWN = "/.well-known/mta-sts.txt"
"""Path of a policy (RFC 8461 3.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected(Event):
    """A connection was accepted, and TLS is to begin. Honest: `Proceed()`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested(Event):
    """A request came in. Honest: one `Respond`."""

    path: str
    """Path of the request; WELL_KNOWN if it is the policy's."""
    policy: str
    """Policy of this host, whatever the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Respond(Action):
    """Answer a request with this."""

    status: int = 200
    content_type: str = "text/plain"
    body: str = ""
    location: str | None = None
    """Target of a redirect (RFC 9110 10.2.2)."""


class PolicyFault(Fault):
    """A fault that changes what the policy host answers to a request for the policy."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, Requested) or event.path != WELL_KNOWN:
            return honest
        return [action for step in honest for action in (self.answer(step) if isinstance(step, Respond) else (step,))]

    def answer(self, honest: Respond) -> Sequence[Action]:
        """Return the actions that replace the honest answer."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it answers")
