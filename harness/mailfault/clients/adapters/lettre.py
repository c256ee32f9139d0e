"""`lettre`: the mail library of Rust, by programs/lettre.

Its errors are read through lettre.toml.
"""

from mailfault.clients.build import LETTRE
from mailfault.clients.process.library_worker import built_adapter

ADAPTER = built_adapter(
    LETTRE,
    "the mail library of Rust, to a smart host",
    command=lambda built: [str(built / "mailfault-lettre")],
    needs="Rust, with cargo",
)
