"""The event of one scenario's result."""

from mailfault.play.finished import repeat_command
from mailfault.play.options import RunOptions
from mailfault.scenario.loader import find_scenario
from tests.support.functions import client, right

REFUSED = find_scenario("connect/refused[route=mx]")


def test_the_command_to_repeat_can_be_pasted() -> None:
    command = repeat_command(REFUSED, client(right), RunOptions())
    assert command == "mailfault run 'connect/refused[route=mx]' --client python:here:function"


def test_the_command_to_repeat_has_what_the_run_was_given() -> None:
    options = RunOptions(repeat_with={REFUSED.id: ("--scenarios", "my stories"), "other": ("--x",)})
    assert repeat_command(REFUSED, client(right), options).endswith("python:here:function --scenarios 'my stories'")
