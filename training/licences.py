"""What a package says its licence is, and whether training on it needs no more than a notice."""

from __future__ import annotations

import json
import re
from email.parser import BytesParser
from pathlib import Path

from archives import read_files

_PERMISSIVE = re.compile(
    r"(?<![a-z])(mit|expat|bsd|apache|isc|zlib|libpng|boost|bsl|unlicense|public[- ]domain|cc0"
    r"|postgresql|psf|python|hpnd|ofl|0bsd|ssleay|openssl|curl|sqlite|x11|ncsa|php|ruby|zpl)",
    re.IGNORECASE,
)
_COPYLEFT = re.compile(
    r"gpl|mpl|mozilla|cddl|epl|eclipse|eupl|sspl|busl|cecill|artistic|osl|gnu|proprietary|noncommercial",
    re.IGNORECASE,
)


def permissive(licence: str) -> bool:
    """Whether a permissive licence is offered: "MIT or GPL-2" is, "MIT and GPL-2" is not."""
    offers = re.split(r"\s+or\s+|\s*\|\s*", licence.strip("() "), flags=re.IGNORECASE)
    return any(_PERMISSIVE.search(offer) and not _COPYLEFT.search(offer) for offer in offers)


def licence_of(registry: str, archives: list[Path]) -> str:
    """The licence by the package's own description; empty if it names none."""
    for path, data in read_files(archives):
        if registry == "pypi" and path.endswith(".dist-info/METADATA"):
            return _of_wheel(data)
        if registry == "npm" and path == "package.json":
            return _of_npm(data)
        if path == "debian/copyright" or (registry == "deb" and path.endswith("/copyright")):
            return _of_debian(data)
    return ""


def _of_wheel(data: bytes) -> str:
    metadata = BytesParser().parsebytes(data, headersonly=True)
    classifiers = metadata.get_all("Classifier") or []
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License ::")]
    text = (
        metadata.get("License-Expression") or " and ".join(named) or metadata.get("License") or ""
    )
    return " ".join(text.split())[:80]


def _of_npm(data: bytes) -> str:
    licence = json.loads(data).get("license") or ""
    named = licence.get("type", "") if isinstance(licence, dict) else licence
    return str(named)


def _of_debian(data: bytes) -> str:
    """That of `Files: *` in a machine-readable debian/copyright."""
    for paragraph in re.split(r"\n\s*\n", data.decode("utf8", errors="replace")):
        fields: dict[str, str] = dict(
            re.findall(r"^(\S+):[ \t]*(.*(?:\n[ \t]+\S.*)*)", paragraph, re.MULTILINE)
        )
        if "*" in fields.get("Files", "").split():
            return fields.get("License", "").partition("\n")[0].strip()
    return ""
