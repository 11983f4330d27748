"""Documents of settings and of set-up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ccingest.documents.keys import Document

if TYPE_CHECKING:
    from ccingest.documents import types
    from ccingest.models import Check, ClientSetup, Configuration, SettingValue


def of_checks(checks: Iterable[Check]) -> types.DoctorDocument:
    documents: list[types.CheckDocument] = [
        {
            "name": one.name,
            "ok": one.ok,
            "detail": one.detail,
            "advice": one.advice,
            "damaged": list(one.damaged),
        }
        for one in checks
    ]
    return {"ok": all(one["ok"] for one in documents), "checks": documents}


def setting_document(setting: SettingValue) -> types.SettingDocument:
    return {
        "key": setting.key,
        "value": setting.value,
        "source": setting.source,
        "variable": setting.variable,
    }


def configuration_document(found: Configuration) -> Document:
    return {
        "settings": [setting_document(one) for one in found.settings],
        "path": str(found.path),
        "unknown": list(found.unknown),
    }


def client_setup_document(done: ClientSetup) -> types.ClientSetupDocument:
    return {
        "client": done.client,
        "path": str(done.path),
        "action": done.action,
        "text": done.text,
    }
