"""A data class as people are shown it, in terminals and over the API, and back.

    {"files": [{"kind": "certificate", "digest": …, "key": …}]}    as it is kept and sent
    {"files": [{"kind": "certificate", "digest": …}]}              as it is shown

The key that opens a sealed file helps nobody who reads a screen, and would stay in whatever keeps screens.
"""

from __future__ import annotations

from collections.abc import Mapping

from relevo.domain.data_classes import DataClass
from relevo.messages.classes import CLASSES
from relevo.protocol.strict_json import JsonObject, JsonValue

_FILES, _KEY = "files", "key"


def readable(data_class: str, fields: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The fields of a class in the order of its model, without the keys of files."""
    ordered = {name: fields[name] for name in CLASSES[data_class].model_fields if name in fields}
    if data_class == DataClass.DOCUMENTS:
        ordered[_FILES] = [{name: one[name] for name in one if name != _KEY} for one in _files(fields)]
    return ordered


def with_keys(fields: Mapping[str, JsonValue], stands: JsonValue) -> dict[str, JsonValue]:
    """The same fields, where a file without a key that stands there already, by its digest, has its key again."""
    keys = {one.get("digest"): one[_KEY] for one in _files(stands) if _KEY in one}
    listed = fields.get(_FILES)
    if not keys or not isinstance(listed, list):
        return dict(fields)
    return {**fields, _FILES: [_with_key(one, keys) for one in listed]}


def _with_key(file: JsonValue, keys: Mapping[object, JsonValue]) -> JsonValue:
    key = keys.get(file.get("digest")) if isinstance(file, dict) else None
    return {_KEY: key, **file} if isinstance(file, dict) and key else file


def _files(fields: object) -> list[JsonObject]:
    listed = fields.get(_FILES) if isinstance(fields, Mapping) else None
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
