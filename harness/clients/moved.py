"""A client that runs in this process, moved into a world's own network: a process of its own for each delivery there."""

import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.clients.client import Client
from harness.clients.command import clean_environment
from harness.clients.process import run_program
from harness.clients.target_written import json_of
from harness.contract import Answer, Answered, Crashed, Declined, Ended, Hung, Target

STARTING_S = 15.0
"""How long Python and the client's modules may take to start, besides the time that the client has for its delivery."""


class MovedClient:
    """Opens the same client anew where the target is, and lets it deliver there."""

    placeable = True

    def __init__(self, client: Client) -> None:
        self._client = client
        self.spec = client.spec
        self.name = client.name

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._client.supports(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> Ended:
        with tempfile.TemporaryDirectory(prefix="mailfault-moved-") as name:
            folder = Path(name)
            message, told, said = folder / "message.eml", folder / "target.json", folder / "ended.json"
            message.write_bytes(target.message)
            told.write_text(json.dumps(json_of(target, message=message) | {"deadline_s": deadline_s}))
            finished = run_program(
                [sys.executable, "-m", "harness.clients.inside", self.spec, str(told), str(said)],
                environment=clean_environment() | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                folder=folder,
                deadline_s=STARTING_S + deadline_s,
                place=target.place,
            )
            if finished.status is None:
                return Hung(deadline_s)
            if not said.is_file():
                return Crashed(f"the process that it was to deliver in gave no answer: {finished.describe()}")
            return ended_of(json.loads(said.read_text()))

    def close(self) -> None:
        """The client itself is its owner's to close."""


def json_of_end(ended: Ended) -> dict[str, Any]:
    """How a delivery ended, as JSON."""
    match ended:
        case Answered(answer):
            return {"answered": answer.to_json(), "said_by": answer.said_by}
        case Crashed(reason):
            return {"crashed": reason}
        case Declined(reason):
            return {"declined": reason}
        case Hung(deadline_s):
            return {"hung": deadline_s}


def ended_of(data: dict[str, Any]) -> Ended:
    """What `json_of_end` wrote."""
    match data:
        case {"answered": answer, "said_by": said_by}:
            return Answered(replace(Answer.from_json(answer), said_by=said_by))
        case {"crashed": reason}:
            return Crashed(reason)
        case {"declined": reason}:
            return Declined(reason)
        case _:
            return Hung(float(data["hung"]))
