"""Tables of docs/protocol.md: what each step and each data class says, in which form, read from the models."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path

from relevo import messages
from relevo.domain import deadlines
from relevo.domain.referral import NEXT, Move
from relevo.domain.sides import Side
from relevo.messages.classes import CLASSES
from relevo.messages.classes_shape import DataClassModel, Strict
from relevo.messages.registry import MESSAGES, MessageType
from relevo.messages.steps import PAYLOADS, StepPayload
from relevo.protocol.record import FIELDS, MAY_BE_NULL
from relevo.vectors.check import SUBJECTS
from vectors.making.cases import Vectors

_LIST = re.compile(r"tuple\[(\w+), \.\.\.\]")
_MOST, _RANGE = re.compile(r"max_length=([0-9_]+)"), re.compile(r"ge=(\d+), le=([\w< ]+)\)")


def rows(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    first = [*head]
    lines = [first, ["---"] * len(first), *([*line] for line in body)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def subjects(files: list[Vectors]) -> str:
    """The subjects of vectors, what goes in and comes out, and how many cases there are."""
    count = {one.subject: len(one.cases) for one in files}
    said = {name: " ".join((run.__doc__ or "").split()) for name, run in SUBJECTS.items()}
    body = ((f"`{name}`", said[name].rstrip("."), str(count.get(name, 0))) for name in SUBJECTS)
    return rows(("subject", "input → result", "cases"), body)


def steps() -> str:
    """Every step: its kind, who says it, which classes it may carry, its members."""
    body = (
        (
            f"`{step}`",
            f"`{row.kind}`",
            _sides(row),
            _members(PAYLOADS[step]),
            ", ".join(f"`{name}`" for name in sorted(row.classes)) or "none",
        )
        for step, row in MESSAGES.items()
    )
    return rows(("step", "kind", "said by", "members beside `name` and `by`", "data classes"), body)


def lifecycle() -> str:
    """The life of a referral: which step each side may take where, and where it leads."""
    body = (
        (f"`{status}`", ", ".join(_move(step, move) for step, move in moves.items()) or "none")
        for status, moves in NEXT.items()
    )
    return rows(("status", "step (who) → status"), body)


def duties() -> str:
    """Which step starts which clock: the table with which the rules themselves begin."""
    return "\n".join(line for line in (deadlines.__doc__ or "").splitlines() if line.startswith("|"))


def _move(step: str, move: Move) -> str:
    who = " or ".join(side.value for side in Side if side in move.by)
    return f"`{step}` ({who}) → {f'`{move.to}`' if move.to else 'the status before'}"


def classes() -> str:
    """Every data class and its fields."""
    body = ((f"`{name}`", _members(model)) for name, model in CLASSES.items())
    return rows(("data class", "fields"), body)


def objects() -> str:
    """The objects that stand in fields."""
    apart = {Strict, StepPayload, DataClassModel, *PAYLOADS.values(), *CLASSES.values()}
    used = _used([*PAYLOADS.values(), *CLASSES.values()])
    body = ((f"`{name}`", _members(model)) for name, model in sorted(used.items()) if model not in apart)
    return rows(("object", "members"), body)


def words() -> str:
    """The closed lists of words."""
    found = {name: kind for name, kind in _enums().items() if name in _mentioned()}
    body = ((f"`{name}`", ", ".join(f"`{word}`" for word in kind)) for name, kind in sorted(found.items()))
    return rows(("list", "words"), body)


def values() -> str:
    """The forms of single values."""
    body = ((f"`{name}`", *written) for name, written in sorted(_aliases().items()) if name in _mentioned())
    return rows(("value", "JSON", "at most", "the whole of"), body)


def records() -> str:
    """The records of a log."""
    body = ((f"`{kind}`", ", ".join(_field(kind, name) for name in names)) for kind, names in FIELDS.items())
    return rows(("type", "members after `type` and `at`, in this order"), body)


def _field(kind: str, name: str) -> str:
    return f"`{name}`" + (" (may be null)" if (kind, name) in MAY_BE_NULL else "")


def _sides(row: MessageType) -> str:
    return " or ".join(side.value for side in Side if side in row.by)


def _members(model: type[Strict]) -> str:
    members = model.__annotations__.items()
    return ", ".join(_member(name, str(annotation)) for name, annotation in members) or "none"


def _member(name: str, annotation: str) -> str:
    optional = annotation.endswith("| None") or "Words" in annotation
    return f"`{name}{'?' if optional else ''}` {_form(annotation.removesuffix('| None').strip())}"


def _form(annotation: str) -> str:
    """An annotation in words."""
    if annotation.startswith("Literal"):
        return "`" + annotation.split("'")[1] + "`"
    if found := _LIST.search(annotation):
        most = _MOST.search(annotation)
        least = "1" if "(some)" in annotation else "0"
        once = ", each once" if "each_once" in annotation else ""
        return f"list of {least} to {most[1] if most else '?'} {found[1]}{once}"
    if found := _RANGE.search(annotation):
        return f"integer {found[1]} to {_number(found[2])}"
    if annotation.startswith("Annotated["):
        return annotation.removeprefix("Annotated[").split(",")[0]
    return {"bool": "true or false", "str": "text", "int": "integer"}.get(annotation, annotation)


def _number(source: str) -> int:
    """A bound as it is written: digits, a shift, or the name of a constant."""
    if source.isdigit():
        return int(source)
    if "<<" in source:
        base, _, shift = source.partition("<<")
        return int(base) << int(shift)
    return next(int(vars(module)[source]) for module in _modules() if source in vars(module))


@cache
def _modules() -> tuple[object, ...]:
    found = pkgutil.iter_modules(messages.__path__, f"{messages.__name__}.")
    return tuple(importlib.import_module(module.name) for module in found)


@cache
def _named() -> dict[str, type[Strict]]:
    """Every model by its name."""
    members = (vars(module).values() for module in _modules())
    return {
        one.__name__: one for values in members for one in values if isinstance(one, type) and issubclass(one, Strict)
    }


def _used(models: Iterable[type[Strict]]) -> dict[str, type[Strict]]:
    """The models that stand in fields of others, however deep."""
    found: dict[str, type[Strict]] = {}
    waiting = [*models]
    while waiting:
        inside = {name for name in _names(waiting.pop()) if name in _named() and name not in found}
        found |= {name: _named()[name] for name in inside}
        waiting += [_named()[name] for name in inside]
    return found


def _names(model: type[Strict]) -> Iterator[str]:
    for annotation in model.__annotations__.values():
        yield from re.findall(r"[A-Z]\w+", str(annotation))


@cache
def _mentioned() -> frozenset[str]:
    """Every name that a field of a step or class, or an object in one, is given in; aliases lead further."""
    models = [*PAYLOADS.values(), *CLASSES.values()]
    direct = {name for model in [*models, *_used(models).values()] for name in _names(model)}
    return frozenset(direct | {name for one in direct for name in re.findall(r"[A-Z]\w+", _sources().get(one, ""))})


@cache
def _enums() -> dict[str, type[StrEnum]]:
    values = (one for module in _modules() for one in vars(module).values())
    return {one.__name__: one for one in values if isinstance(one, type) and issubclass(one, StrEnum)}


@cache
def _sources() -> dict[str, str]:
    """The source of every value type, `Name = Annotated[…]`, by its name."""
    found: dict[str, str] = {}
    for file in sorted(Path(messages.__path__[0]).glob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                source = ast.unparse(node.value)
                if source.startswith("Annotated["):
                    found[node.targets[0].id] = source
    return found


def _aliases() -> dict[str, tuple[str, str, str]]:
    return {name: _alias(source) for name, source in _sources().items()}


def _alias(source: str) -> tuple[str, str, str]:
    base = source.removeprefix("Annotated[").split(",")[0]
    kind = {"str": "text", "int": "integer", "date": "text", "AwareDatetime": "text", "Day": "text"}.get(base, "list")
    most, bounds, pattern = (
        _MOST.search(source),
        _RANGE.search(source),
        re.search(r"written\('((?:[^'\\]|\\.)*)'", source),
    )
    limit = most[1].replace("_", "") if most else f"{bounds[1]} to {bounds[2]}" if bounds else ""
    whole = ast.literal_eval(f"'{pattern[1]}'") if pattern else ""
    shown = whole.replace("|", "\\|")
    return kind, limit, f"`{shown}`" if shown else ""
