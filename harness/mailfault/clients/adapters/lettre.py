"""`lettre`: the mail library of Rust, by programs/lettre. Its errors are read through lettre.toml."""

from mailfault.clients.build import LETTRE
from mailfault.clients.process.library_worker import foreign_adapter


def _command() -> list[str] | None:
    built = LETTRE.built()
    return [str(built / "mailfault-lettre")] if built is not None else None


ADAPTER = foreign_adapter(
    "lettre", "the mail library of Rust, to a smart host", profile="lettre", command=_command, needs="Rust, with cargo"
)
