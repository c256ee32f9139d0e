"""Chance, made from a seed: what is drawn for one thing does not depend on whatever else is drawn, or when."""

from random import Random
from typing import TypeAlias

Chance: TypeAlias = Random
"""A source of chance. Only `chance` makes one."""


def chance(*what: object) -> Chance:
    """A source of chance for one thing, by whatever names it: the seed first, then ever smaller circles.

    The same words give the same draws, in every process and on every machine.
    """
    return Random("\x1f".join(map(str, what)))
