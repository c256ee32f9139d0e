"""The first file that the process of a `python:` client runs, as a script, under the interpreter of that client.

It needs nothing but the standard library: mailfault's own modules are found in the harness's folders, and no other
package is. What the client prints goes to stderr, so that it cannot be taken for an answer.
"""

from __future__ import annotations  # an older Python has to read this file far enough to name its version

import json
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

OLDEST = (3, 11)


class OwnPackages:
    """Finds mailfault's packages, and no others, where the harness has them: both sides speak one contract."""

    def __init__(self, folders: dict[str, str]) -> None:
        """`folders` holds the folder of each package."""
        self._folders = folders

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return the spec of a package of mailfault; None for any other module."""
        return PathFinder.find_spec(name, [self._folders[name]]) if name in self._folders else None


def main() -> None:
    """Take the standard files for the harness, then serve it."""
    asked, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if sys.version_info < OLDEST:
        os.write(answers, json.dumps({"refused": _too_old()}).encode() + b"\n")
        return
    given = json.loads(sys.argv[1])
    del sys.argv[1:]
    own_folder = Path(__file__).parent
    sys.path[:] = given["sys_path"] or [entry for entry in sys.path if Path(entry) != own_folder]
    sys.meta_path.insert(0, OwnPackages(given["packages"]))
    from mailfault.clients.process.python_service import serve

    serve(given["kind"], given["function"], asked, answers)


def _too_old() -> dict[str, str]:
    return {
        "message": f"{sys.executable} cannot be used",
        "cause": f"it is Python {sys.version_info[0]}.{sys.version_info[1]}",
        "hint": f"a python: client needs Python {OLDEST[0]}.{OLDEST[1]} or later",
    }


if __name__ == "__main__":
    main()
