from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.https.event import PolicyFault, Respond


@fault
class ContentType(PolicyFault):
    """Serve the policy as something other than text/plain.

    A page that users can write on is HTML, and could hold whatever a stranger put there. RFC 8461 3.2 has a client look
    at the media type for that reason, and take what is not text/plain for no policy.
    """

    type: str = "text/html"
    """The media type."""

    def answer(self, honest: Respond) -> Sequence[Action]:
        return (replace(honest, content_type=self.type),)
