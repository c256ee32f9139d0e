"""The block that tells of one shortfall: what was expected, what happened, what the client said, what it means, how to
see it again. The same words on the terminal, in JUnit and in pytest."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailfault.events import ScenarioFinished
from mailfault.reports.dialogue import dialogue
from mailfault.reports.printable import printable

_INDENT = "  "
_LABEL_WIDTH = 10


@dataclass(frozen=True, slots=True)
class Section:
    """One labelled part of a block."""

    label: str
    lines: tuple[str, ...]
    verbatim: bool = False
    """Lines that must not be broken: what was on the wire, or what is to be pasted."""


def sections(finished: ScenarioFinished) -> tuple[Section, ...]:
    """The parts of the block, in the order in which they are read; parts without content are left out."""
    spoken = tuple(str(line) for line in dialogue(finished.journal))
    parts = (
        Section("why", (printable(finished.sentence),)),
        Section("messages", tuple(_message(one) for one in finished.messages)),
        Section("expected", (printable(finished.expected),)),
        Section("happened", (_happened(finished),)),
        Section("client", (_said(finished),)),
        Section("dialogue", spoken or ("(no server saw anything)",), verbatim=True),
        Section("meaning", (finished.meaning,)),
        Section("causes", tuple(f"- {one}" for one in finished.causes)),
        Section("fixes", tuple(f"- {one}" for one in finished.fixes)),
        Section("repeat", tuple(finished.repeat.splitlines()), verbatim=True),
    )
    return tuple(part for part in parts if any(part.lines))


def shortfall(finished: ScenarioFinished, *, width: int = 110) -> str:
    """The whole block as plain text without a final newline; running text is broken at `width` columns."""
    lines = [f"{finished.ending}  {finished.id}"]
    for part in sections(finished):
        lines.extend(laid_out(part, width=width))
    return "\n".join(lines)


def laid_out(part: Section, *, width: int) -> list[str]:
    """A section as lines, its label before the first of them."""
    room = max(width - len(_INDENT) - _LABEL_WIDTH, 40)
    told: list[str] = []
    for line in part.lines:
        if part.verbatim:
            told.append(line)
        else:
            hang = "  " if line.startswith("- ") else ""
            told.extend(
                textwrap.wrap(line, room, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False)
            )
    labels = [part.label, *[""] * (len(told) - 1)]
    return [f"{_INDENT}{label:<{_LABEL_WIDTH}}{line}".rstrip() for label, line in zip(labels, told, strict=True)]


def _message(told: Mapping[str, Any]) -> str:
    """One of several messages: how it ended, what was expected of it and what the client said."""
    line = f"- {told.get('number')} {told.get('ending')}: expected {told.get('expected')}, said {told.get('said')}"
    return printable(line)


def _happened(finished: ScenarioFinished) -> str:
    grade = f" ({finished.grade})" if finished.grade else ""
    told = ": ".join(one for one in (finished.happened, finished.evidence) if one)
    return printable(f"{told}{grade}") if told else ""


def _said(finished: ScenarioFinished) -> str:
    answer = finished.answer
    if answer is None:
        return printable(finished.said) or f"no answer ({finished.ending})"
    said = finished.said or str(answer.get("outcome", ""))
    words = [str(answer[key]) for key in ("reply", "text") if answer.get(key)]
    quoted = [f'"{one}"' for one in dict.fromkeys(words) if one not in said]
    return printable(": ".join((said, *quoted)))
