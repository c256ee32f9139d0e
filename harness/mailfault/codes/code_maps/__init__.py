"""The code maps that are shipped: one TOML file each. The file's name is the code map's name."""

import difflib
import functools
from importlib import resources

from mailfault.codes.code_map import CodeMap, UnknownCodeMap
from mailfault.codes.parse import parse_code_map

DEFAULT = "microsoft-365"


@functools.cache
def all_code_maps() -> tuple[CodeMap, ...]:
    """Return every code map, by name. Raises CodeMapError if a file is wrong."""
    files = (file for file in resources.files(__name__).iterdir() if file.name.endswith(".toml"))
    code_maps = (parse_code_map(file.name.removesuffix(".toml"), file.read_text("utf-8")) for file in files)
    return tuple(sorted(code_maps, key=lambda code_map: code_map.name))


def find_code_map(name: str) -> CodeMap:
    """Return the code map of a name. Raises UnknownCodeMap, or CodeMapError if a file is wrong."""
    known = {code_map.name: code_map for code_map in all_code_maps()}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        nearest = f"did you mean {near[0]}? " if near else ""
        raise UnknownCodeMap(f"there is no code map {name!r}", hint=f"{nearest}known are {', '.join(known)}")
    return known[name]
