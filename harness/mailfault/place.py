"""Where a client's programs have to be started to be in the world that they are sent to."""

from collections.abc import Sequence
from typing import Protocol


class Place(Protocol):
    """A network of the world's own, with its own name service, host name and process numbers."""

    def wrapped(self, arguments: Sequence[str]) -> list[str]:
        """The argument list that starts this program inside: it keeps its working directory, environment, standard
        files and exit status. Whatever it leaves running ends with the world."""
        ...
