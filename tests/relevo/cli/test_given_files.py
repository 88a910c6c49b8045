"""What people hand in as files and words at the command line: whatever it is, an error of ours says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from origin_node.cli_organisations import fields_given
from origin_node.organisation_form import OrganisationInvalid, read_file, read_form
from relevo.cli.contacts import list_in
from relevo.cli.costs import proof_given, read_object
from relevo.errors import BadInput, RelevoError

DEEP, LONG = "[" * 100_000, "9" * 5000
HOME = """[[organisation]]
id = "ci:accueil/sample-home"
"""


def in_file(read: Callable[[Path], object], name: str, text: str) -> Callable[[Path], object]:
    def given(folder: Path) -> object:
        file = folder / name
        file.write_text(text, encoding="utf-8")
        return read(file)

    return given


UNFIT: dict[str, tuple[Callable[[Path], object], type[RelevoError]]] = {
    "an object nested without end": (in_file(read_object, "costs.json", '{"lines":' + DEEP), BadInput),
    "an object with a name twice": (in_file(read_object, "costs.json", '{"currency":1,"currency":2}'), BadInput),
    "contacts nested without end": (in_file(list_in, "list.json", '{"organisations":' + DEEP), BadInput),
    "contacts in TOML nested without end": (in_file(list_in, "list.toml", "organisations = " + DEEP), BadInput),
    "contacts with a number that is none": (in_file(list_in, "list.toml", "organisations = [nan]"), BadInput),
    "contacts with a number without end": (in_file(list_in, "list.toml", f"organisations = [{LONG}]"), BadInput),
    "contacts that are a list": (in_file(list_in, "list.json", "[]"), BadInput),
    "an organisation with a day within a table": (
        lambda _: read_file(f"{HOME}checked.on = 2026-11-01".encode()),
        OrganisationInvalid,
    ),
    "an organisation with a time of day": (lambda _: read_file(f"{HOME}name = 10:00:00".encode()), OrganisationInvalid),
    "organisations that are not UTF-8": (lambda _: read_file(b"\xff"), OrganisationInvalid),
    "a number of places without end": (
        lambda _: read_form(fields_given([f"places=housing:{LONG}"])),
        OrganisationInvalid,
    ),
    "a line of costs without end": (lambda _: proof_given(f"{LONG}=receipt=bill.pdf"), BadInput),
    "a document that no disk can have": (lambda _: proof_given("0=receipt=\0"), BadInput),
}


@pytest.mark.parametrize(("read", "refusal"), UNFIT.values(), ids=UNFIT)
def test_refused_is(tmp_path: Path, read: Callable[[Path], object], refusal: type[RelevoError]) -> None:
    with pytest.raises(refusal):
        read(tmp_path)


def test_a_day_in_toml_is_a_day_in_json(tmp_path: Path) -> None:
    toml, json = tmp_path / "list.toml", tmp_path / "list.json"
    toml.write_text("as_of = 2026-11-22T09:00:00Z\norganisations = []", encoding="utf-8")
    json.write_text('{"as_of": "2026-11-22T09:00:00+00:00", "organisations": []}', encoding="utf-8")
    assert list_in(toml) == list_in(json)
