"""The contrast of every pair of colours that the page shows, as WCAG 2.2 computes it."""

from __future__ import annotations

import re
from itertools import chain

import pytest

from ccingest.server.page.rendering import assets

TEXT, CONTROL = 4.5, 3.0  # level AA: of text, and of what is no text but must be seen
_DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}", re.DOTALL)
_LIGHT = re.compile(r"^:root \{(.*?)^\}", re.DOTALL | re.MULTILINE)
_COLOUR = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")

# text, and all that it stands on
PAIRS = {
    "text": ["bg", "panel"],
    "dim": ["bg", "panel"],
    "accent": ["bg", "panel"],
    "on-accent": ["accent"],
    "ok": ["bg", "notice-bg"],
    "bad": ["bg", "panel", "problem-bg"],
    "on-bad": ["bad"],
    "warn": ["bg", "panel", "caution-bg"],
    **{
        f"code-{name}": ["code-bg", "code-on", "code-mark"]
        for name in ("text", "k", "s", "c", "m", "f", "b")
    },
    "code-number": ["code-bg", "code-on"],
}
CONTROLS = {"edge": ["bg", "panel"], "accent": ["bg"], "ok": ["bg"], "bad": ["bg"]}


def colours(scheme: str) -> dict[str, str]:
    """Name -> colour in a scheme."""
    pattern = _DARK if scheme == "dark" else _LIGHT
    sheets = [assets()[name][0].decode() for name in ("page.css", "code.css")]
    found = chain.from_iterable(pattern.findall(sheet) for sheet in sheets)
    return dict(pair for block in found for pair in _COLOUR.findall(block))


def luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_known_pairs() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_controls_stand_out(scheme: str) -> None:
    found = colours(scheme)
    weak = [
        f"{scheme}: {front} on {back} has {ratio:.2f}"
        for wanted, pairs in ((TEXT, PAIRS), (CONTROL, CONTROLS))
        for front, backs in pairs.items()
        for back in backs
        if (ratio := contrast(found[front], found[back])) < wanted
    ]
    assert weak == []


def test_both_schemes_have_the_same_colours() -> None:
    assert colours("light").keys() == colours("dark").keys()


def test_every_text_colour_of_the_sheets_is_tested() -> None:
    sheets = "".join(assets()[name][0].decode() for name in ("page.css", "code.css"))
    used = set(re.findall(r"(?<![\w-])(?:color|fill): var\(--([\w-]+)\)", sheets))
    assert used <= PAIRS.keys() | CONTROLS.keys()
    assert not re.search(r"(?<![\w-])color: (?!var|inherit|currentColor)", sheets)
