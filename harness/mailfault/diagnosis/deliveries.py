"""A journal of several deliveries, told one delivery at a time.

A client may keep its connection and what it knows of names from one delivery to the next: the story of the second
message begins with what was said before it on the same connection.
"""

from collections.abc import Sequence

from mailfault.diagnosis.policy import Demands
from mailfault.diagnosis.policy_records import policy_hosts
from mailfault.diagnosis.session import SessionStory, read_session
from mailfault_servers.facts import AnswerSent, AnswerWithheld, PacketsLost, QueryReceived
from mailfault_servers.journal import Entry

_ABOUT_NAMES = (QueryReceived, AnswerSent, AnswerWithheld)


def sessions_of(
    entries: Sequence[Entry], delivery: int | None, demands: Demands | None = None
) -> tuple[SessionStory, ...]:
    """What each connection to a mail host tells of one delivery (None: of each), in the order in which the telling
    begins; given `demands`, with the policy's part in it."""
    elsewhere = policy_hosts(entries)
    by_session: dict[tuple[str, int], list[Entry]] = {}
    for entry in entries:
        if entry.session is not None and entry.server not in elsewhere:
            by_session.setdefault((entry.server, entry.session), []).append(entry)
    stories = []
    for its in by_session.values():
        for number in dict.fromkeys(one.attempt for one in its):
            if delivery in (None, number):
                earlier = [one for one in its if one.attempt < number]
                own = [one for one in its if one.attempt == number]
                lost = [one for one in entries if isinstance(one.fact, PacketsLost) and one.attempt == number]
                story = read_session([*own, *(one for one in lost if one.server == own[0].server)], earlier)
                stories.append(demands.read(story, (*earlier, *own)) if demands is not None else story)
    return tuple(sorted(stories, key=lambda story: story.first_entry))


def known_in(entries: Sequence[Entry], delivery: int | None) -> tuple[Entry, ...]:
    """How the ports stood in one delivery, and what the client knew of names: what it asked then, or else before."""
    if delivery is None:
        return tuple(entries)
    until = [one for one in entries if one.attempt <= delivery]
    asked = [one.attempt for one in until if isinstance(one.fact, QueryReceived)]
    latest = max(asked, default=delivery)
    return tuple(one for one in until if one.attempt == latest or not isinstance(one.fact, _ABOUT_NAMES))
