"""`nodemailer`: the SMTP library of Node.js, by programs/nodemailer/send.js. Its errors are read through
nodemailer.toml."""

import shutil

from mailfault.clients.build import NODEMAILER, PROGRAMS
from mailfault.clients.process.library_worker import foreign_adapter


def _command() -> list[str] | None:
    node, installed = shutil.which("node"), NODEMAILER.built()
    if node is None or installed is None:
        return None
    return [node, str(PROGRAMS / "nodemailer" / "send.js"), str(installed)]


ADAPTER = foreign_adapter(
    "nodemailer",
    "the SMTP library of Node.js, to a smart host",
    profile="nodemailer",
    command=_command,
    needs="node and npm",
)
