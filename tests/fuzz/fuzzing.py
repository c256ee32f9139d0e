"""Bytes that nobody should send, and a watch over the servers' loop while they are sent.

In the normal run the examples are the same each time and few. MAILFAULT_FUZZ_EXAMPLES=20000 tries so many, each time others.
"""

import asyncio
import contextlib
import gc
import os
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from mailfault.diagnosis.diagnose import diagnose
from mailfault_servers.journal import Entry, Journal
from mailfault_servers.loop import run_on_loop, server_loop
from mailfault_servers.normal_form import normalised

_ASKED = os.environ.get("MAILFAULT_FUZZ_EXAMPLES")


def fuzz(examples: int) -> settings:
    """Configure fuzzing: `examples` examples in the normal run."""
    return settings(
        max_examples=int(_ASKED) if _ASKED else examples,
        derandomize=_ASKED is None,
        deadline=None,
        database=None,
        phases=list(Phase) if _ASKED else [Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


@st.composite
def mangled(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """A sound message with something wrong: flipped, cut, doubled, spliced with another, with noise put in."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.sampled_from(("flip", "cut", "double", "splice", "noise", "long", "swap"))):
            case "flip" if data:
                data[place] ^= draw(st.integers(1, 255))
            case "cut":
                del data[place:]
            case "double":
                data += data[place:]
            case "splice":
                data[place:] = draw(st.sampled_from(seeds))
            case "noise":
                data[place:place] = draw(st.binary(max_size=40))
            case "long":
                data[place:place] = draw(st.binary(min_size=1, max_size=2)) * draw(st.sampled_from((600, 12_000)))
            case _:
                data = bytearray(
                    bytes(data).replace(b"\r\n", draw(st.sampled_from((b"\n", b"\r", b"\0", b"\r\n\r\n"))))
                )
    return bytes(data)


@contextlib.contextmanager
def watched_loop() -> Iterator[list[str]]:
    """Collect the exceptions that reach the loop's handler while the context lasts."""
    loop = server_loop()
    found: list[str] = []

    def take(_: Any, context: dict[str, Any]) -> None:
        found.append(f"{context.get('message')}: {context.get('exception')!r}")

    loop.call_soon_threadsafe(loop.set_exception_handler, take)
    try:
        yield found
    finally:
        gc.collect()  # a task whose exception nobody took says so when it goes
        run_on_loop(asyncio.sleep(0))
        loop.call_soon_threadsafe(loop.set_exception_handler, None)
        assert not found, "; ".join(found)


def check_journal(journal: Journal) -> None:
    """Every entry can be written and read back, and the whole be judged."""
    entries = journal.entries
    again = [Entry.from_json(entry.to_json()) for entry in entries]
    assert [entry.fact for entry in again] == [entry.fact for entry in entries]
    assert diagnose(entries).sentence
    normalised(entries)


def tasks_left() -> int:
    """Count the tasks of the servers' loop, this query's own apart."""

    async def count() -> int:
        return len(asyncio.all_tasks()) - 1

    return run_on_loop(count())
