from dataclasses import dataclass
from typing import Any

import pytest

from mailfault.cli.shard import read_shard, shard


@dataclass(frozen=True)
class Named:
    id: str


@dataclass(frozen=True)
class Story:
    scenario: Named


def stories(*ids: str) -> Any:
    return tuple(Story(Named(identity)) for identity in ids)


MANY = [f"smtp/story-{number}" for number in range(100)]


def test_all_parts_together_are_the_whole_and_none_has_a_scenario_twice() -> None:
    parts = [story for number in range(1, 6) for story in shard(stories(*MANY), number, 5)]
    assert sorted(story.scenario.id for story in parts) == sorted(MANY)


def test_a_scenario_stays_in_its_part_when_others_come() -> None:
    before = shard(stories(*MANY[:50]), 2, 5)
    assert before
    assert set(before) <= set(shard(stories(*MANY), 2, 5))


def test_reading() -> None:
    assert read_shard("2/5") == (2, 5)


@pytest.mark.parametrize("text", ["0/5", "6/5", "2", "a/b", "2/0", "", "-1/2"])
def test_what_is_no_part_of_a_whole(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 2/5"):
        read_shard(text)
