"""Makes the description of an API (OpenAPI 3.1) say what routes do in words, and what refusals look like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from relevo.web.problems import MEDIA_TYPE, RESPONSES, Problem

PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
"""What a refusal is, also from a route whose own answer is text."""


def describe_api(document: dict[str, Any]) -> dict[str, Any]:
    """Head each operation with the first sentence of its docstring, keep refusals apart, leave out empty groups."""
    for operation in _operations(document):
        first, _, rest = operation.get("description", "").partition("\n")
        operation["summary"] = first.rstrip(".") or operation["summary"]
        operation["description"] = rest.strip()
        for kind in map(str, RESPONSES):
            if kind in operation["responses"]:
                operation["responses"][kind]["content"] = PROBLEM
    used = {tag for operation in _operations(document) for tag in operation.get("tags", ())}
    document["tags"] = [tag for tag in document.get("tags", ()) if tag["name"] in used]
    return document


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()
