"""Selection of scenarios by id, story, folder, glob or tag. Pure."""

import fnmatch
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from mailfault.errors import MailfaultError

_TAG = "tag:"


class Selectable(Protocol):
    """A scenario, or its row in a list."""

    @property
    def id(self) -> str: ...

    @property
    def tags(self) -> tuple[str, ...]: ...


_T = TypeVar("_T", bound=Selectable)


class NothingSelected(MailfaultError, LookupError):
    """A word selects no scenario. The message names the nearest ids or the known tags."""


def story_of(identity: str) -> str:
    """Return the id without its settings: "connect/refused" of "connect/refused[route=mx]"."""
    return identity.partition("[")[0]


def select(
    scenarios: Iterable[_T], words: Sequence[str], *, known: Callable[[], Iterable[str]] = tuple
) -> tuple[_T, ...]:
    """Return the scenarios that any of `words` selects, each once, in the given order. No words select all.

    A word is an id, a story (an id without its settings in brackets), a folder ("tls"), a glob ("tls/cert*") or
    "tag:NAME". `known` returns further ids, for the hint of an error. Raises NothingSelected for a word that selects
    nothing.
    """
    candidates = tuple(scenarios)
    if not words:
        return candidates
    chosen: set[str] = set()
    for word in words:
        found = [scenario.id for scenario in candidates if _selects(word, scenario)]
        if not found:
            raise _nothing_selected(word, candidates, known)
        chosen.update(found)
    return tuple(scenario for scenario in candidates if scenario.id in chosen)


def can_select(words: Sequence[str], story: str) -> bool:
    """Return False if `words` can select no scenario of `story`, whatever the file of the story says."""
    return not words or any(_can_select(word, story) for word in words)


def _can_select(word: str, story: str) -> bool:
    if word.startswith(_TAG):
        return True
    literal = re.split(r"[*?]", word, maxsplit=1)[0]
    if literal == word:
        return story == story_of(word) or story.startswith(f"{word.rstrip('/')}/")
    return story.startswith(literal) or literal.startswith(f"{story}[")


def _selects(word: str, scenario: Selectable) -> bool:
    if word.startswith(_TAG):
        return word.removeprefix(_TAG) in scenario.tags
    story = story_of(scenario.id)
    if story.startswith(f"{word.rstrip('/')}/"):
        return True
    # "[route=mx]" in an id is not a character class: match the brackets of a pattern literally
    pattern = word.replace("[", "[[]")
    return word in (scenario.id, story) or any(fnmatch.fnmatchcase(name, pattern) for name in (scenario.id, story))


def _nothing_selected(
    word: str, scenarios: Sequence[Selectable], known: Callable[[], Iterable[str]]
) -> NothingSelected:
    if word.startswith(_TAG):
        tags = sorted({tag for scenario in scenarios for tag in scenario.tags})
        return NothingSelected(
            f"no scenario has the tag {word.removeprefix(_TAG)!r}", hint=f"known are {', '.join(tags) or 'none'}"
        )
    import difflib

    ids = {name for scenario in scenarios for name in (scenario.id, story_of(scenario.id))}
    near = difflib.get_close_matches(word, sorted({*ids, *known()}), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`mailfault list` shows them all"
    return NothingSelected(f"no scenario is selected by {word!r}", hint=hint)
