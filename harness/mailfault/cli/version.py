"""Which mailfault this is."""

from importlib import metadata


def version() -> str:
    """The installed distribution's version; "0 (not installed)" where it runs from a bare source tree."""
    try:
        return metadata.version("mailfault")
    except metadata.PackageNotFoundError:
        return "0 (not installed)"
