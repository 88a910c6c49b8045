"""Bytes that are almost right: strategies that change a sample the way a broken or hostile sender would.

| change | what |
| --- | --- |
| flip, delete, insert, double, splice | at the level of bytes, one to three times |
| odd text | what programs trip over: NUL, a byte order mark, a lone surrogate's bytes, digits of other scripts |
| JSON | a member taken away, doubled, renamed, or given a value of another type, at any depth |
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

ODD = (
    b"\0",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xff",
    b"\r\n",
    "\u0661\u202e\u00e9\U0001f9ff".encode(),
    b"9" * 400,
    b"1e999",
    b"-0",
    b"NaN",
    b'"',
    b"\\u0000",
    b"\\ud800",
    b"[" * 64,
    b"a = " + b"[" * 5000,
    b'{"a":' * 40,
    b"~~",
    b"..",
    b"==",
    b"; ,",
)
STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1 << 53,
    1.5,
    "",
    "x" * 3000,
    "\u0000",
    "\u202e",
    [],
    {},
    [[]],
    {"...": "x"},
    {"_sd": [1]},
)


def anything(limit: int = 300) -> st.SearchStrategy[bytes]:
    """Bytes that nobody wrote, and text in pieces that parsers know."""
    pieces = st.sampled_from([*ODD, b"{", b"}", b":", b",", b"null", b'"a"', b"=", b"\n", b"[a]\n", b"a.b.c"])
    return st.one_of(st.binary(max_size=limit), st.lists(pieces, max_size=20).map(b"".join))


@st.composite
def changed(draw: st.DrawFn, sample: bytes) -> bytes:
    """`sample` with one to three changes; it may come out as it was."""
    raw = sample
    for _ in range(draw(st.integers(1, 3))):
        raw = draw(st.sampled_from((_flipped, _cut, _filled, _doubled, _restructured)))(draw, raw)
    return raw


def _place(draw: st.DrawFn, raw: bytes) -> int:
    return draw(st.integers(0, len(raw)))


def _flipped(draw: st.DrawFn, raw: bytes) -> bytes:
    place = min(_place(draw, raw), len(raw) - 1)
    if place < 0:
        return raw
    return raw[:place] + bytes([raw[place] ^ (1 << draw(st.integers(0, 7)))]) + raw[place + 1 :]


def _cut(draw: st.DrawFn, raw: bytes) -> bytes:
    place = _place(draw, raw)
    return raw[:place] + raw[place + draw(st.sampled_from((1, 2, 8, 64, 1 << 20))) :]


def _filled(draw: st.DrawFn, raw: bytes) -> bytes:
    place = _place(draw, raw)
    return raw[:place] + draw(st.one_of(st.sampled_from(ODD), st.binary(min_size=1, max_size=8))) + raw[place:]


def _doubled(draw: st.DrawFn, raw: bytes) -> bytes:
    begin, end = sorted((_place(draw, raw), _place(draw, raw)))
    place = _place(draw, raw)
    return raw[:place] + raw[begin : min(end, begin + 4096)] + raw[place:]


def _restructured(draw: st.DrawFn, raw: bytes) -> bytes:
    """`raw` with one node of its JSON changed; as it is, if it is no JSON."""
    try:
        tree = copy.deepcopy(json.loads(raw))
    except (ValueError, RecursionError):
        return raw
    holders = list(_holders(tree))
    if not holders:
        return raw
    holder = draw(st.sampled_from(holders))
    key: Any = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
    match draw(st.sampled_from(("take", "set", "rename", "swap"))):
        case "take":
            del holder[key]
        case "set":
            holder[key] = draw(st.sampled_from(STRANGE))
        case "rename" if isinstance(holder, dict):
            holder[draw(st.sampled_from(("", "_sd", "alg", f"{key}x", "\u202e")))] = holder.pop(key)
        case _:
            other: Any = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
            holder[key], holder[other] = holder[other], holder[key]
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _holders(tree: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    if isinstance(tree, dict | list):
        if tree:
            yield tree
        for inner in tree.values() if isinstance(tree, dict) else tree:
            yield from _holders(inner)
