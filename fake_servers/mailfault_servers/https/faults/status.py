from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.https.event import PolicyFault, Respond


@fault
class Status(PolicyFault):
    """Answer the request for the policy with an error (RFC 8461 3.3: only 200 brings a policy).

    The body is still the policy's text, so that only the status tells. A policy that cannot be fetched is no policy:
    the mail goes out as if the domain had none, unless one is known from before.
    """

    status: Annotated[int, Field(ge=400, le=599)] = 404
    """The status code, 400 to 599."""

    def answer(self, honest: Respond) -> Sequence[Action]:
        return (Respond(status=self.status, body=honest.body),)
