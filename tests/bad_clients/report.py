"""Who catches whom: every miniature taken through every scenario.

    python -m tests.bad_clients.report > who-catches-whom.md
    python -m tests.bad_clients.report tls smtp/second-reply-* --known plays.json

A scenario that catches nobody but the blunt ones proves nothing yet; a miniature that nobody catches is a hole. `--known`
keeps what was played and plays only the rest, so that a new scenario or miniature costs no more than its own row.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from mailfault.clients import open_client
from mailfault.contract import Limits
from mailfault.events import ScenarioFinished
from mailfault.judging.verdict import Ending
from mailfault.play.options import RunOptions
from mailfault.play.run import run
from mailfault.scenario.loader import load_shipped
from mailfault.scenario.model import Scenario
from mailfault.scenario.select import select

HERE = Path(__file__).parent
NOT_MINIATURES = ("making", "keeping", "report", "test_miniatures")
BLUNT = frozenset({"always_4_4_0", "says_delivered_without_trying", "guesses_without_trying"})
"""Wrong about everything: that they are caught shows nothing about a scenario."""
Endings = dict[str, dict[str, str]]
"""By miniature and scenario."""


def miniatures() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NOT_MINIATURES)


def play(name: str, scenarios: Sequence[Scenario], known: Mapping[str, str], jobs: int) -> dict[str, str]:
    """The endings of one miniature in all scenarios; those in `known` are not played again."""
    limits = Limits(connect_s=0.5, command_s=0.5, dns_s=0.5)
    options = RunOptions(control=False, jobs=jobs, deadline_s=4.0, limits=limits)
    endings = dict(known)
    client = open_client(f"python:tests.bad_clients.{name}:deliver")
    for event in run([one for one in scenarios if one.id not in known], [client], options, version="report"):
        if isinstance(event, ScenarioFinished):
            endings[event.id] = event.ending
    client.close()
    return endings


def report(endings: Mapping[str, Mapping[str, str]], scenarios: Sequence[Scenario]) -> str:
    """The report, in Markdown."""
    ids = [one.id for one in scenarios]
    catches: dict[str, list[str]] = defaultdict(list)
    for name, its in endings.items():
        for one in ids:
            if one in its and Ending(its[one]).is_shortfall:
                catches[one].append(name)
    telling = {one: [name for name in catches[one] if name not in BLUNT] for one in ids}
    idle = [one for one in ids if not telling[one]]
    lines = [
        "# Who catches whom",
        "",
        f"{len(endings)} deliberately wrong clients, {len(ids)} scenarios.",
        f"Scenarios that catch nobody but the blunt ones: {len(idle)}.",
        "",
        "## Miniatures",
        "",
        "| miniature | caught by | endings | among them |",
        "|---|---|---|---|",
    ]
    for name in endings:
        by = [one for one in ids if name in catches[one]]
        kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(endings[name][one] for one in by).most_common())
        rare = sorted(by, key=lambda one: (len(telling[one]), one))[:3]
        lines.append(f"| {name} | {len(by)} | {kinds or 'nobody'} | {', '.join(rare)} |")
    lines += ["", "## Scenarios", "", "| scenario | catches | alone or nearly alone | |", "|---|---|---|---|"]
    counts = Counter(name for one in ids for name in telling[one])
    for one in ids:
        nearly = [name for name in telling[one] if counts[name] <= 3]
        shown = ", ".join(telling[one][:4]) + (", ..." if len(telling[one]) > 4 else "")
        lines.append(f"| {one} | {len(telling[one])} | {', '.join(nearly)} | {shown or 'nobody but the blunt ones'} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m tests.bad_clients.report", description=__doc__)
    words.add_argument("select", nargs="*", help="which scenarios; absent: all")
    words.add_argument("--known", type=Path, help="JSON file of what was played: read where it is there, and written")
    words.add_argument("--jobs", type=int, default=24, help="how many plays at once")
    given = words.parse_args()
    scenarios = select(load_shipped(), given.select)
    known: Endings = {}
    if given.known is not None and given.known.exists():
        known = json.loads(given.known.read_text("utf-8"))
    endings: Endings = {}
    names = miniatures()
    for number, name in enumerate(names, start=1):
        print(f"{number}/{len(names)} {name}", file=sys.stderr)
        endings[name] = play(name, scenarios, known.get(name, {}), given.jobs)
        if given.known is not None:
            given.known.write_text(json.dumps(known | endings), "utf-8")
    sys.stdout.write(report(endings, scenarios))
    free = [name for name, its in endings.items() if not any(Ending(it).is_shortfall for it in its.values())]
    for name in free:
        print(f"nobody catches {name}", file=sys.stderr)
    return 1 if free else 0


if __name__ == "__main__":
    sys.exit(main())
