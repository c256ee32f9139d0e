"""Random numbers from a seed: the draws for one purpose do not depend on other draws, nor on their order."""

from random import Random
from typing import TypeAlias

Chance: TypeAlias = Random
"""A source of random numbers, made by `chance` alone."""


def chance(*what: object) -> Chance:
    """Return a source of random numbers for one purpose, named from the seed down to the detail.

    The same names give the same draws, in every process and on every machine.
    """
    return Random("\x1f".join(map(str, what)))
