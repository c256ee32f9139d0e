"""The version of mailfault."""


def version() -> str:
    """Return the version of the installed distribution, or "0 (not installed)" for a bare source tree."""
    from importlib import metadata

    try:
        return metadata.version("mailfault")
    except metadata.PackageNotFoundError:
        return "0 (not installed)"
