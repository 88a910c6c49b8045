"""`relevo verify`: what two people read from the screen, and the exit status that a script reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from relevo.cli import app

PLAIN = {"COLUMNS": "80", "NO_COLOR": "1"}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["verify", *map(str, arguments)], env=PLAIN)
