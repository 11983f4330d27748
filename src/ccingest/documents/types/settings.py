"""The types of the documents of settings, checks and texts."""

from __future__ import annotations

from typing import TypedDict


class CheckDocument(TypedDict):
    name: str
    ok: bool
    detail: str
    advice: str
    damaged: list[str]  # names of datasets


class DoctorDocument(TypedDict):
    ok: bool
    checks: list[CheckDocument]


class TextDocument(TypedDict):
    """A text for people or shells: help, or a script."""

    text: str


class SettingDocument(TypedDict):
    """`source` is `environment`, `config` or `default`. The value of a token is never shown."""

    key: str
    value: str | int | None
    source: str
    variable: str | None


class ConfigurationDocument(TypedDict):
    settings: list[SettingDocument]
    path: str
    unknown: list[str]


class ConfigPathDocument(TypedDict):
    path: str


class ClientSetupDocument(TypedDict):
    """`action` is `added`, `updated`, `removed` or `unchanged`; `text` is our part of the file."""

    client: str
    path: str
    action: str
    text: str
