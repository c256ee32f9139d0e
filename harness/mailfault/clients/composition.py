"""The declaration of a client that composes the message itself, from the parts of the one that it is given."""


def composes(client: object) -> bool:
    """Return what the client declares in `composes`; False for a user's object that declares nothing."""
    declared = getattr(client, "composes", False)
    if not isinstance(declared, bool):
        raise TypeError(f"{type(client).__name__}.composes is {declared!r}; it is True or False")
    return declared
