"""Vectors about a log in public: tiles, bundles of entries, what witnesses are asked and what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from relevo.protocol.keys import SigningKey
from vectors.making import logs
from vectors.making.cases import Json, Vectors, bad, good, vectors
from vectors.making.logs import HEAD, growth, leaf, note, padded, root_of
from vectors.making.parties import NOW, ORIGIN, ORIGIN_ID, STRANGER

ENTRIES = [hashlib.sha256(number.to_bytes(2)).digest() for number in range(261)]
LEAVES = [leaf(entry) for entry in ENTRIES]
WITNESS = f"{ORIGIN_ID}/witness"


def files() -> Iterator[Vectors]:
    """All of them."""
    yield vectors("tile-path", "Names of tiles (C2SP tlog-tiles).", _paths())
    yield vectors("tiles", "The root of a log from its tiles (C2SP tlog-tiles).", _tiles())
    yield vectors("entry-bundle", "Entries of a log in bundles (C2SP tlog-tiles).", _bundles())
    key = ORIGIN.witness.public.jwk
    yield vectors("cosignature", "The word of a witness (C2SP tlog-cosignature).", _words(), witness=ORIGIN_ID, key=key)
    yield vectors("witness-request", "What a witness is asked (C2SP tlog-witness).", _requests())


PATHS: dict[str, tuple[int | None, int, int]] = {
    "tile/0/000": (0, 0, 256),
    "tile/0/000.p/1": (0, 0, 1),
    "tile/7/999.p/255": (7, 999, 255),
    "tile/0/x001/000": (0, 1000, 256),
    "tile/2/x001/x234/067": (2, 1_234_067, 256),
    "tile/entries/000": (None, 0, 256),
    "tile/entries/x001/002.p/17": (None, 1002, 17),
}
NO_PATHS = (
    "",
    "tile/0/0",
    "tile/0/0000",
    "tile/0/1000",
    "tile/0/x000/001",
    "tile/0/001/x000",
    "tile/0/000.p/0",
    "tile/0/000.p/01",
    "tile/0/000.p/256",
    "tile/0/000.p/257",
    "tile/0/000/",
    "tile/8/000",
    "tile/00/000",
    "tile/-1/000",
    "tile/data/000",
    "tile/entries/000.P/17",
    "tile/0/\u0660\u0660\u0660",
    "tile/0/../0/000",
    "/tile/0/000",
    "checkpoint/../tile/0/000",
)


def _paths() -> Iterator[Json]:
    for path, (level, index, width) in PATHS.items():
        yield good(path, {"level": level, "index": index, "width": width}, path=path)
    yield from (bad(f"not {path!a}", "tile-unknown", path=path) for path in NO_PATHS)


def _files_of(size: int) -> dict[str, str]:
    """The tiles from which the root of the first `size` entries follows."""
    full, rest = divmod(size, 256)
    found = {f"tile/0/{index:03}": b"".join(LEAVES[256 * index : 256 * index + 256]).hex() for index in range(full)}
    if rest:
        found[f"tile/0/{full:03}.p/{rest}"] = b"".join(LEAVES[256 * full : size]).hex()
    if full:
        found[f"tile/1/000.p/{full}"] = b"".join(
            root_of(LEAVES[256 * index : 256 * index + 256]) for index in range(full)
        ).hex()
    return found


def _tiles() -> Iterator[Json]:
    for size in (0, 1, 7, 255, 256, 261):
        yield good(f"{size} entries", root_of(LEAVES[:size]).hex(), size=size, tiles=_files_of(size))
    seven = _files_of(7)
    (name,) = seven
    yield bad("a tile too short", "tile-malformed", size=7, tiles={name: seven[name][:-2]})
    yield bad("a tile too long", "tile-malformed", size=7, tiles={name: seven[name] + "00"})
    yield bad("a tile with a hash too many", "tile-malformed", size=7, tiles={name: seven[name] + seven[name][:64]})
    yield bad("a tile that is not there", "tile-unknown", size=8, tiles=seven)


def _bundles() -> Iterator[Json]:
    def bundle(count: int) -> bytes:
        return b"".join(b"\0\x20" + entry for entry in ENTRIES[:count])

    for count in (1, 3, 256):
        yield good(f"{count} entries", [one.hex() for one in ENTRIES[:count]], raw=bundle(count).hex(), width=count)
    faults = {
        "an entry too few": bundle(2),
        "an entry too many": bundle(4),
        "cut by a byte": bundle(3)[:-1],
        "a byte more": bundle(3) + b"\0",
        "an entry of 31 bytes": bundle(2) + b"\0\x1f" + ENTRIES[2][:31],
        "a length of 33": b"\0\x21" + bundle(3)[2:],
        "lengths in little endian": bundle(3).replace(b"\0\x20", b"\x20\0"),
        "nothing": b"",
    }
    yield from (bad(name, "tile-malformed", raw=raw.hex(), width=3) for name, raw in faults.items())


def _line(
    text: str = HEAD, at: int = NOW, name: str = WITNESS, key: SigningKey = ORIGIN.witness, *, told: bytes | None = None
) -> str:
    """The line of a witness, written by hand from C2SP tlog-cosignature."""
    key_id = hashlib.sha256(name.encode() + b"\n\4" + key.public.raw).digest()[:4]
    time = at.to_bytes(8)
    signature = key.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
    return f"\N{EM DASH} {name} {padded(key_id + (time + signature if told is None else told))}\n"


def _words() -> Iterator[Json]:
    head = note(HEAD)
    yield good("a cosignature", NOW, note=head + _line())
    yield good("beside that of another witness", NOW, note=head + _line(name="gn:passage/witness") + _line())
    yield good("the later of two", NOW + 60, note=head + _line(at=NOW + 60) + _line())
    yield bad("none", "cosignature-missing", note=head)
    yield bad("of another witness", "cosignature-missing", note=head + _line(name="gn:passage/witness"))
    yield bad("by another key", "cosignature-missing", note=head + _line(key=STRANGER.witness))
    signed = ORIGIN.witness.sign(f"cosignature/v1\ntime {NOW}\n{HEAD}".encode())
    faults = {
        "under another checkpoint": _line(HEAD.replace("\n7\n", "\n8\n")),
        "at another time than it signed": _line(told=(NOW + 1).to_bytes(8) + signed),
        "a signature over the checkpoint alone": _line(told=NOW.to_bytes(8) + ORIGIN.witness.sign(HEAD.encode())),
        "without a time": _line(told=signed),
        "a time beyond the year 9999": _line(at=253_402_300_800),
        "a byte more": _line(told=NOW.to_bytes(8) + signed + b"\0"),
        "one of two": _line() + _line(told=NOW.to_bytes(8) + bytes(64)),
    }
    yield from (bad(name, "cosignature-bad", note=head + lines) for name, lines in faults.items())
    yield bad("no note", "note-malformed", note=HEAD)
    yield bad("no newline at the end", "note-malformed", note=(head + _line())[:-1])


def _requests() -> Iterator[Json]:
    head, proof = note(HEAD), growth(3, logs.LEAVES[:7])
    lines = "".join(f"{padded(one)}\n" for one in proof)
    told: Json = {"old": 3, "proof": [one.hex() for one in proof], "checkpoint": head}
    yield good("from 3 to 7", told, body=f"old 3\n{lines}\n{head}")
    yield good("from nothing", {**told, "old": 0, "proof": []}, body=f"old 0\n\n{head}")
    many = "".join(f"{padded(bytes(32))}\n" for _ in range(63))
    yield good("63 hashes", {**told, "proof": [bytes(32).hex()] * 63}, body=f"old 3\n{many}\n{head}")
    faults = {
        "nothing": "",
        "no old size": f"{lines}\n{head}",
        "an old size with a leading zero": f"old 03\n{lines}\n{head}",
        "a negative old size": f"old -3\n{lines}\n{head}",
        "an old size of 17 digits": f"old {10**16}\n{lines}\n{head}",
        "two spaces": f"old  3\n{lines}\n{head}",
        "64 hashes": f"old 3\n{many}{padded(bytes(32))}\n\n{head}",
        "a hash of 31 bytes": f"old 3\n{padded(bytes(31))}\n\n{head}",
        "a hash in base64url": f"old 3\n{'_' * 43}=\n\n{head}",
        "a hash with a space behind it": f"old 3\n{padded(bytes(32))} \n\n{head}",
        "other line ends": f"old 3\n{lines}\n{head}".replace("\n", "\r\n"),
        "no empty line": f"old 3\n{lines}",
        "more than 64 KiB": f"old 3\n{lines}\n{head}{'x' * 65_536}",
    }
    yield from (bad(name, "witness-request-malformed", body=body) for name, body in faults.items())
