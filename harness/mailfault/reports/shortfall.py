"""The block that explains a shortfall: expectation, evidence, answer, meaning, and the command to repeat it.

The terminal, JUnit and pytest show the same words.
"""

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
    """Lines that must not be wrapped: a dialogue, or a command to paste."""


def sections(finished: ScenarioFinished) -> tuple[Section, ...]:
    """Return the parts of the block in reading order, without empty ones."""
    spoken = tuple(str(line) for line in dialogue(finished.journal))
    parts = (
        Section("why", (printable(finished.sentence),)),
        Section("messages", tuple(_message(message) for message in finished.messages)),
        Section("expected", (printable(finished.expected),)),
        Section("happened", (_happened(finished),)),
        Section("client", (_said(finished),)),
        Section("dialogue", spoken or ("(no server saw anything)",), verbatim=True),
        Section("meaning", (finished.meaning,)),
        Section("causes", tuple(f"- {cause}" for cause in finished.causes)),
        Section("fixes", tuple(f"- {fix}" for fix in finished.fixes)),
        Section("repeat", tuple(finished.repeat.splitlines()), verbatim=True),
    )
    return tuple(part for part in parts if any(part.lines))


def shortfall(finished: ScenarioFinished, *, width: int = 110) -> str:
    """Return the block as plain text, without a final newline; prose is wrapped at `width` columns."""
    lines = [f"{finished.ending}  {finished.id}"]
    for part in sections(finished):
        lines.extend(section_lines(part, width=width))
    return "\n".join(lines)


def section_lines(part: Section, *, width: int) -> list[str]:
    """Return a section as lines, the first with its label."""
    room = max(width - len(_INDENT) - _LABEL_WIDTH, 40)
    lines: list[str] = []
    for line in part.lines:
        if part.verbatim:
            lines.append(line)
        else:
            hang = "  " if line.startswith("- ") else ""
            lines.extend(
                textwrap.wrap(line, room, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False)
            )
    labels = [part.label, *[""] * (len(lines) - 1)]
    return [f"{_INDENT}{label:<{_LABEL_WIDTH}}{line}".rstrip() for label, line in zip(labels, lines, strict=True)]


def _message(message: Mapping[str, Any]) -> str:
    """Format the result of one of several messages."""
    voices = f"expected {message.get('expected')}, said {message.get('said')}"
    return printable(f"- {message.get('number')} {message.get('ending')}: {voices}")


def _happened(finished: ScenarioFinished) -> str:
    grade = f" ({finished.grade})" if finished.grade else ""
    happened = ": ".join(part for part in (finished.happened, finished.evidence) if part)
    return printable(f"{happened}{grade}") if happened else ""


def _said(finished: ScenarioFinished) -> str:
    answer = finished.answer
    if answer is None:
        return printable(finished.said) or f"no answer ({finished.ending})"
    said = finished.said or str(answer.get("outcome", ""))
    words = [str(answer[key]) for key in ("reply", "text") if answer.get(key)]
    quoted = [f'"{text}"' for text in dict.fromkeys(words) if text not in said]
    return printable(": ".join((said, *quoted)))
