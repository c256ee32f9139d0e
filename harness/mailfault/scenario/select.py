"""Which scenarios are meant: by id, story, folder, glob or tag. Pure."""

import difflib
import fnmatch
from collections.abc import Iterable, Sequence

from mailfault.scenario.model import Scenario

_TAG = "tag:"


class NothingSelected(LookupError):
    """A word selects no scenario; the message names the nearest that would."""


def select(scenarios: Iterable[Scenario], words: Sequence[str]) -> tuple[Scenario, ...]:
    """The scenarios that any of `words` selects, each once, in the given order; all where there are no words.

    A word is an id, a story (an id without its settings in brackets), a folder ("tls"), a glob ("tls/cert*") or
    "tag:NAME". Raises NothingSelected for a word that selects nothing.
    """
    everything = tuple(scenarios)
    if not words:
        return everything
    chosen: set[str] = set()
    for word in words:
        found = [one.id for one in everything if _selects(word, one)]
        if not found:
            raise NothingSelected(_nothing(word, everything))
        chosen.update(found)
    return tuple(one for one in everything if one.id in chosen)


def _selects(word: str, scenario: Scenario) -> bool:
    if word.startswith(_TAG):
        return word.removeprefix(_TAG) in scenario.tags
    story = scenario.id.partition("[")[0]
    if story.startswith(f"{word.rstrip('/')}/"):
        return True
    # "[route=mx]" in an id is no character class: brackets of a pattern are taken as they stand
    pattern = word.replace("[", "[[]")
    return word in (scenario.id, story) or any(fnmatch.fnmatchcase(name, pattern) for name in (scenario.id, story))


def _nothing(word: str, scenarios: Sequence[Scenario]) -> str:
    if word.startswith(_TAG):
        tags = sorted({tag for one in scenarios for tag in one.tags})
        return f"no scenario bears the tag {word.removeprefix(_TAG)!r}; known are {', '.join(tags) or 'none'}"
    known = sorted({name for one in scenarios for name in (one.id, one.id.partition("[")[0])})
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`mailfault list` shows them all"
    return f"no scenario is selected by {word!r}; {hint}"
