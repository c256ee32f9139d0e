from collections.abc import Sequence
from typing import Literal

from mailfault_servers.action import Action, Send
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.dns.wire import about_another_name, with_other_id
from mailfault_servers.fault import fault


@fault
class ForgedFirst(DnsFault):
    """Send a wrong answer, and then the right one (RFC 5452 9.1).

    A client takes no notice of what does not answer its question, and goes on listening: the right answer is next.
    """

    wrong: Literal["id", "question"] = "id"
    """The flaw of the first."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if query.transport != "udp":
            return honest
        forge = with_other_id if self.wrong == "id" else about_another_name
        return (*(Send(forge(action.data)) for action in honest if isinstance(action, Send)), *honest)
