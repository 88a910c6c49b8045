"""The settings of a node: a TOML file, then the environment, which wins. Unknown keys are refused.

Each key is explained in the commented files of `deploy/`. In the environment a key is its name in upper case behind
the node's prefix, such as `HOST_NODE_DATABASE`. The file itself is named by `--settings` or `<prefix>SETTINGS`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from relevo.clock import Clock, FileClock, SystemClock
from relevo.errors import Misconfigured
from relevo.protocol.endpoint import UnfitEndpoint, require_endpoint
from relevo.storage.key_store import KEY_FILE, is_known_unlock

LogLevel = Literal["debug", "info", "warning", "error"]
CLOCK_FILE = "file:"
SETTINGS = "SETTINGS"
_OF_SQLITE = "sqlite:///"
_WORDS: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not a setting of this version",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text in quotation marks",
    "string_too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "string_pattern_mismatch": "must be a country, a colon and a short name, such as es:retorno",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "tuple_type": "must be a list in square brackets",
    "literal_error": "must be one of {expected}",
    "value_error": "{error}",
}


class NodeSettings(BaseSettings):
    """What an operator decides about a node. Paths are taken relative to the settings file."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)
    prefix: ClassVar[str] = "RELEVO_"

    node_id: Annotated[str, Field(pattern=r"^[a-z]{2}:[a-z0-9-]{1,32}$")]
    title: Annotated[str, Field(min_length=1, max_length=120)]
    endpoint: str
    listen_host: str = "127.0.0.1"
    listen_port: Annotated[int, Field(ge=1, le=65535)]
    database: str
    keys: Path
    keys_unlock: str = KEY_FILE
    outside: Path | None = None
    contacts: tuple[str, ...] = ()
    public_authority: bool = False
    clock: str = "system"
    delivery_interval_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    log_level: LogLevel = "info"
    allow_private_peers: bool = False
    max_body_mebibytes: Annotated[int, Field(ge=1, le=64)] = 8
    body_seconds: Annotated[float, Field(gt=0, le=600)] = 60.0
    requests_per_minute_of_a_peer: Annotated[int, Field(ge=1)] = 600
    requests_per_minute_of_an_address: Annotated[int, Field(ge=1)] = 600
    requests_at_once_of_a_peer: Annotated[int, Field(ge=1, le=100)] = 4
    requests_at_once: Annotated[int, Field(ge=1, le=1000)] = 24
    messages_a_day_of_a_peer: Annotated[int, Field(ge=1)] = 100_000
    message_bytes_of_a_peer: Annotated[int, Field(gt=0)] = 20 << 30
    statements_of_a_peer: Annotated[int, Field(ge=2)] = 400
    file_scanner: tuple[str, ...] = ()
    file_quota_bytes: Annotated[int, Field(gt=0)] = 20 << 30

    @field_validator("endpoint")
    @classmethod
    def _fit_endpoint(cls, value: str) -> str:
        try:
            require_endpoint(value)
        except UnfitEndpoint as unfit:
            raise ValueError(f"is {unfit.detail}") from None
        return value

    @field_validator("clock")
    @classmethod
    def _known_clock(cls, value: str) -> str:
        if value != "system" and not value.startswith(CLOCK_FILE):
            raise ValueError("must be `system`, or `file:` and a path")
        return value

    @field_validator("keys_unlock")
    @classmethod
    def _known_unlock(cls, value: str) -> str:
        if not is_known_unlock(value):
            raise ValueError("must be `key-file`, `key-file:` or `passphrase-file:` and a path, or `none`")
        return value

    @field_validator("database")
    @classmethod
    def _known_database(cls, value: str) -> str:
        try:
            backend = make_url(value).get_backend_name()
        except (ArgumentError, ValueError):
            backend = ""
        if not (value.startswith(_OF_SQLITE) or backend == "postgresql"):
            raise ValueError("must be sqlite:/// and a file, or postgresql://user:password@host/database")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is theirs
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, then the file; no dotenv files and no secrets folders."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load(prefix: str, file: Path | None, environment: Mapping[str, str] | None = None) -> NodeSettings:
    """The settings in `file` (or the one that the environment names) and in the environment.

    Raises:
        Misconfigured: naming every key that is unknown, missing or unfit; never its value.
    """
    given = os.environ if environment is None else environment
    path = file or (Path(named) if (named := given.get(prefix + SETTINGS)) else None)
    if path is not None and not path.is_file():
        raise Misconfigured(f"there is no settings file {path}")
    _refuse_unknown(prefix, given)
    settings = _read(prefix, path)
    return settings.model_copy(update=_anchored(settings, path.parent if path else Path.cwd()))


def make_clock(settings: NodeSettings) -> Clock:
    """The clock that the settings name.

    Raises:
        Misconfigured: if it is a file that cannot be read as a moment.
    """
    if settings.clock == "system":
        return SystemClock()
    clock = FileClock(Path(settings.clock.removeprefix(CLOCK_FILE)))
    try:
        clock.now()
    except (OSError, ValueError):
        raise Misconfigured(
            "the file of the clock cannot be read, or holds no moment",
            field="clock",
            next_step="A node at work uses `system`; a demo writes a moment such as 2026-11-22T09:00:00+00:00 first.",
        ) from None
    return clock


def _read(prefix: str, path: Path | None) -> NodeSettings:
    class Settings(NodeSettings):
        model_config = SettingsConfigDict(env_prefix=prefix, toml_file=path, extra="forbid", frozen=True)

    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(_fault(one) for one in error.errors(include_input=False))
        nowhere = None if path else f"Name the settings file with --settings FILE, or set {prefix}{SETTINGS}."
        raise Misconfigured(faults, next_step=nowhere) from None
    except SettingsError:
        raise Misconfigured(f'{prefix}CONTACTS must be a JSON list, such as ["duty officer"]') from None
    except UnicodeDecodeError:
        raise Misconfigured("the settings file is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise Misconfigured(f"the settings file is not TOML: {error}") from None


def _refuse_unknown(prefix: str, environment: Mapping[str, str]) -> None:
    known = {prefix + name.upper() for name in NodeSettings.model_fields} | {prefix + SETTINGS, prefix + "USER"}
    unknown = sorted(name for name in environment if name.startswith(prefix) and name not in known)
    if unknown:
        raise Misconfigured(f"unknown settings in the environment: {', '.join(unknown)}")


def _anchored(settings: NodeSettings, folder: Path) -> dict[str, Any]:
    anchored: dict[str, Any] = {"keys": folder / settings.keys}
    if settings.outside is not None:
        anchored["outside"] = folder / settings.outside
    kind, colon, path = settings.keys_unlock.partition(":")
    if colon:
        anchored["keys_unlock"] = f"{kind}:{folder / path}"
    file = settings.database.removeprefix(_OF_SQLITE)
    if file != settings.database:
        anchored["database"] = f"{_OF_SQLITE}{folder / file}"
    if settings.clock.startswith(CLOCK_FILE):
        anchored["clock"] = CLOCK_FILE + str(folder / settings.clock.removeprefix(CLOCK_FILE))
    return anchored


def _fault(error: Any) -> str:  # noqa: ANN401 - Pydantic's own type is not public
    words = _WORDS.get(error["type"], "is not of the form that is needed")
    return f"{'.'.join(str(part) for part in error['loc'])} {words.format_map(error.get('ctx', {}))}"
