"""`nodemailer`: the SMTP library of Node.js, by programs/nodemailer/send.js.

Its errors are read through nodemailer.toml.
"""

from mailfault.clients.build import NODEMAILER, PROGRAMS
from mailfault.clients.process.library_worker import built_adapter

ADAPTER = built_adapter(
    NODEMAILER,
    "the SMTP library of Node.js, to a smart host",
    command=lambda built: ["node", str(PROGRAMS / "nodemailer" / "send.js"), str(built)],
    runtime="node",
    needs="node and npm",
)
