"""The matrix as one HTML page that needs nothing else: no script, style or picture is fetched from anywhere."""

from mailfault.events import Ending
from mailfault.reports.matrix.matrix import Matrix
from mailfault.reports.printable import printable


def as_page(matrix: Matrix) -> str:
    """The page, whatever a client's words contain: they are escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("mailfault.reports.matrix", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printable"] = printable
    return environment.get_template("page.html.jinja").render(matrix=matrix, endings=tuple(Ending))
