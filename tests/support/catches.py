"""Report which deliberately wrong client is caught by which scenario.

    python -m tests.support.catches > catches.md
    python -m tests.support.catches tls smtp/second-reply-* --known plays.json

A scenario that fails no client but the blunt ones proves nothing yet. A wrong client that passes everything is a hole
(exit status 1). `--known FILE` keeps the endings, so that a new scenario or client costs only its own row.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from mailfault.clients import open_client
from mailfault.contract import Limits
from mailfault.events import Ending, ScenarioFinished
from mailfault.play.options import RunOptions
from mailfault.play.run import run
from mailfault.scenario.loader import load_shipped
from mailfault.scenario.model import Scenario
from mailfault.scenario.select import select

BAD_CLIENTS = Path(__file__).parents[1] / "bad_clients"
BLUNT = frozenset({"always_4_4_0", "says_delivered_without_trying", "guesses_without_trying"})
"""Clients that are wrong about everything: catching them says nothing about a scenario."""
Endings = dict[str, dict[str, str]]
"""Endings by client and scenario id."""


def bad_clients() -> list[str]:
    """Return the names of all deliberately wrong clients."""
    return sorted(path.stem for path in BAD_CLIENTS.glob("*.py"))


def play(name: str, scenarios: Sequence[Scenario], known: Mapping[str, str], jobs: int) -> dict[str, str]:
    """Return the endings of one client in all scenarios; do not play those in `known` again."""
    limits = Limits(connect_s=0.5, command_s=0.5, dns_s=0.5)
    options = RunOptions(control=False, jobs=jobs, deadline_s=4.0, limits=limits)
    endings = dict(known)
    client = open_client(f"python:tests.bad_clients.{name}:deliver", in_process=True)
    unknown = [scenario for scenario in scenarios if scenario.id not in known]
    for event in run(unknown, [client], options, version="report"):
        if isinstance(event, ScenarioFinished):
            endings[event.id] = event.ending
    client.close()
    return endings


def report(endings: Mapping[str, Mapping[str, str]], scenarios: Sequence[Scenario]) -> str:
    """Render the report as Markdown."""
    ids = [scenario.id for scenario in scenarios]
    catches: dict[str, list[str]] = defaultdict(list)
    for name, endings_of_client in endings.items():
        for identity in ids:
            if identity in endings_of_client and Ending(endings_of_client[identity]).is_shortfall:
                catches[identity].append(name)
    telling = {identity: [name for name in catches[identity] if name not in BLUNT] for identity in ids}
    idle = [identity for identity in ids if not telling[identity]]
    lines = [
        "# Which wrong client is caught where",
        "",
        f"{len(endings)} deliberately wrong clients, {len(ids)} scenarios.",
        f"Scenarios that catch only the blunt clients: {len(idle)}.",
        "",
        "## Clients",
        "",
        "| client | caught by | endings | rarest |",
        "|---|---|---|---|",
    ]
    for name in endings:
        by = [identity for identity in ids if name in catches[identity]]
        counted = Counter(endings[name][identity] for identity in by).most_common()
        kinds = ", ".join(f"{count} {kind}" for kind, count in counted)
        rare = sorted(by, key=lambda identity: (len(telling[identity]), identity))[:3]
        lines.append(f"| {name} | {len(by)} | {kinds or 'none'} | {', '.join(rare)} |")
    lines += ["", "## Scenarios", "", "| scenario | catches | hardly caught elsewhere | clients |", "|---|---|---|---|"]
    counts = Counter(name for identity in ids for name in telling[identity])
    for identity in ids:
        nearly = [name for name in telling[identity] if counts[name] <= 3]
        shown = ", ".join(telling[identity][:4]) + (", ..." if len(telling[identity]) > 4 else "")
        lines.append(
            f"| {identity} | {len(telling[identity])} | {', '.join(nearly)} | {shown or 'only blunt clients'} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.catches", description=__doc__)
    parser.add_argument("select", nargs="*", help="scenarios (default: all)")
    parser.add_argument("--known", type=Path, help="JSON file of known endings: read if it exists, and written")
    parser.add_argument("--jobs", type=int, default=24, help="scenarios played at once")
    given = parser.parse_args()
    scenarios = select(load_shipped(), given.select)
    known: Endings = {}
    if given.known is not None and given.known.exists():
        known = json.loads(given.known.read_text("utf-8"))
    endings: Endings = {}
    names = bad_clients()
    for number, name in enumerate(names, start=1):
        print(f"{number}/{len(names)} {name}", file=sys.stderr)
        endings[name] = play(name, scenarios, known.get(name, {}), given.jobs)
        if given.known is not None:
            given.known.write_text(json.dumps(known | endings), "utf-8")
    sys.stdout.write(report(endings, scenarios))
    uncaught = [name for name in names if not any(Ending(ending).is_shortfall for ending in endings[name].values())]
    for name in uncaught:
        print(f"no scenario catches {name}", file=sys.stderr)
    return 1 if uncaught else 0


if __name__ == "__main__":
    sys.exit(main())
