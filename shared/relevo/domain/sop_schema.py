"""The JSON Schema of a SOP document, for editors that complete and check while somebody writes.

It is drawn from the very reader that decides (`relevo.domain.sop.read_sop`), so that the two cannot differ.
"""

from __future__ import annotations

from relevo.domain.sop import read_sop
from relevo.domain.toml_schema import DRAFT, DrawnTable, Schema

ABOUT = (
    "One version of a procedure between a host and an origin, as TOML. "
    "What several values say together is checked by `relevo sop check`."
)


def sop_schema() -> Schema:
    """The schema of a document from which `parse_sop` makes a SOP."""
    drawn = DrawnTable()
    read_sop(drawn)
    return {"$schema": DRAFT, "title": "Standard operating procedure (SOP)", "description": ABOUT, **drawn.schema()}
