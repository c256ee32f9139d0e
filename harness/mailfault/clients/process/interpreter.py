"""The Python interpreter of a `python:` client, chosen by its path or by its virtual environment."""

import os
import shutil
from pathlib import Path

from mailfault.clients.errors import ClientError

_IN_ENVIRONMENT = ("bin/python", "bin/python3", "Scripts/python.exe")


def find_interpreter(named: str) -> str:
    """Return the path of an interpreter: a file, a program on the PATH, or that of a virtual environment's folder.

    Raises ClientError. A link is not followed: an interpreter finds its environment by the path it is started with.
    """
    path = Path(named).expanduser()
    if path.is_dir():
        for name in _IN_ENVIRONMENT:
            if os.access(path / name, os.X_OK):
                return str((path / name).absolute())
        hint = "name a folder with bin/python, or the interpreter itself"
        raise ClientError(f"--python {named}: this folder is no virtual environment", hint=hint)
    found = shutil.which(str(path))
    if found is None:
        hint = "name an interpreter, or the folder of a virtual environment (python3 -m venv FOLDER)"
        raise ClientError(f"--python {named}: there is no such interpreter", hint=hint)
    return str(Path(found).absolute())
