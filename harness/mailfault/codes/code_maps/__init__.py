"""The profiles that there are: one module each, with a `PROFILE`."""

import difflib
import functools
import importlib
import pkgutil

from mailfault.codes.code_map import CodeMap

DEFAULT = "microsoft-365"


@functools.cache
def all_code_maps() -> tuple[CodeMap, ...]:
    """Every code_map, in the order of names."""
    found = [importlib.import_module(f"{__name__}.{one.name}").PROFILE for one in pkgutil.iter_modules(__path__)]
    return tuple(sorted(found, key=lambda one: str(one.name)))


def find_code_map(name: str) -> CodeMap:
    """The code_map of a name. Raises LookupError, which names the nearest and the known ones."""
    known = {code_map.name: code_map for code_map in all_code_maps()}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}? " if near else ""
        raise LookupError(f"there is no code map {name!r}; {hint}known are {', '.join(known)}")
    return known[name]
