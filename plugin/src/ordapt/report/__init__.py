"""One self-contained page from a result file: `ordapt-report result.nxs -o report.html`.

From bottom to top: `model` (what a file says), `reading` and `ions` (from HDF5), `words` and `markup` (text), `figure`, `charts`, `scenes`,
`volumes`, `provenance` (parts), `sections` and `page` (the whole), `cli`.
"""

from .cli import main, make_page

__all__ = ["main", "make_page"]
