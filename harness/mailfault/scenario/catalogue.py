"""The catalogue page: every story, what a right client says of it, and who says so. Generated, and drift-checked.

`python -m mailfault.scenario.catalogue > scenarios/README.md` writes it anew.
"""

import itertools
import sys
from collections.abc import Callable, Iterable

from mailfault.codes.code_maps import DEFAULT, find_code_map
from mailfault.scenario.family import FOLDER
from mailfault.scenario.loader import SHIPPED, file_of, load_shipped
from mailfault.scenario.model import Expect, Scenario

_HEAD = """# The catalogue

Every scenario that comes with mailfault, with what a right client says under profile `{profile}`. One TOML file is one
story; its place is its id. A story that is told for several connector settings has one scenario for each:
`connect/refused[route=mx]`. A family is a Python file that tells many like stories: `smtp-reply[stage=rcpt,reply=451]`.

`mailfault explain ID` tells a story whole; `mailfault run ID --client ...` plays it. This page is generated:
`python -m mailfault.scenario.catalogue`.

Writing one: copy a neighbour. Three levels at most, no conditions, no variables; the schema in the first line gives
completion in editors. Each scenario is also played without its faults (its control), which has to deliver.

Several messages through one client: `messages = 2` below `[connector]`. `[expect]` then holds for each of them, and
`[expect.messages.2]` for the second where that differs. `attempts = [1]` makes a fault act in the first message's
delivery only.
"""
_FOLDERS = {
    "control": "Nothing is wrong",
    "dns": "The look-up",
    "connect": "The connection",
    "smtp": "The conversation",
    "tls": "TLS and certificates",
    "policy": "MTA-STS and DANE",
    "session": "Several messages, one after another",
    "compound": "Failures that meet",
    FOLDER: "Each reply, each way to break off: one story for each of many settings",
}


def catalogue(scenarios: Iterable[Scenario]) -> str:
    """The page, in Markdown."""
    lines = [_HEAD.format(profile=DEFAULT)]
    ordered = sorted(scenarios, key=lambda one: (_place(one), _story(one), one.id))
    for folder, stories in itertools.groupby(ordered, key=_folder):
        lines += [
            f"## {folder}: {_FOLDERS.get(folder, folder)}",
            "",
            "| story | what happens | a right client says | and | source |",
            "|---|---|---|---|---|",
        ]
        for story, variants in itertools.groupby(stories, key=one_row):
            first = next(variants)
            says, action = _each(first, _says), _each(first, lambda expect: expect.action)
            refs = "; ".join(first.refs)
            file = file_of(SHIPPED, first.id).relative_to(SHIPPED).as_posix()
            lines.append(f"| [{story}]({file}) | {_cell(first.title)} | {_cell(says)} | {action} | {_cell(refs)} |")
        lines.append("")
    return "\n".join(lines)


def one_row(scenario: Scenario) -> str:
    """What has a row of its own: a story, however many connectors it is told for; each member of a family."""
    return scenario.id if _folder(scenario) == FOLDER else _story(scenario)


def _folder(scenario: Scenario) -> str:
    folder, slash, _ = scenario.id.partition("[")[0].partition("/")
    return folder if slash else FOLDER


def _place(scenario: Scenario) -> int:
    folder = _folder(scenario)
    return list(_FOLDERS).index(folder) if folder in _FOLDERS else len(_FOLDERS)


def _story(scenario: Scenario) -> str:
    return scenario.id.partition("[")[0]


def _each(scenario: Scenario, told: Callable[[Expect], str]) -> str:
    """What is told of the expectation; of several messages' one by one, where they differ."""
    each = [told(scenario.of_message(number).expect) for number in range(1, scenario.connector.messages + 1)]
    if len(set(each)) == 1:
        return each[0]
    return "; ".join(f"{number}: {one}" for number, one in enumerate(each, start=1))


def _says(expect: Expect) -> str:
    if expect.failure is None:
        return "delivered"
    if expect.reply is not None:
        return expect.reply
    return find_code_map(DEFAULT).status(expect.failure, expect.code)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(catalogue(load_shipped()))
