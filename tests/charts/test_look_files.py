"""What the look is shipped as: our copy of the tokens, the theme of the app, and the fonts."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from streamlit import config

from charts.theme import TOKENS
from scripts.write_theme import CONFIG, config_toml

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "pages" / "static"


def written() -> dict[str, Any]:
    return tomllib.loads(CONFIG.read_text(encoding="utf-8"))


def test_our_tokens_are_the_ones_we_were_given() -> None:
    handed = ROOT.parent / "shared" / "design" / "tokens.json"
    if not handed.exists():
        pytest.skip("the folder shared/ with design/tokens.json is not beside the project here")
    assert json.loads(handed.read_text(encoding="utf-8")) == TOKENS


def test_the_committed_theme_is_what_the_script_writes() -> None:
    assert CONFIG.read_text(encoding="utf-8") == config_toml(TOKENS)


def test_the_theme_file_holds_every_value_of_the_tokens() -> None:
    found = written()
    for name, section in TOKENS["streamlit_config"].items():
        assert section.items() <= found[name].items()
    assert found["client"]["showErrorDetails"] == "none"
    assert found["browser"]["gatherUsageStats"] is False
    assert found["server"]["enableStaticServing"] is True


def flat(section: dict[str, Any], name: str = "") -> list[str]:
    keys = []
    for key, value in section.items():
        full = f"{name}.{key}".lstrip(".")
        keys += flat(value, full) if isinstance(value, dict) else [full]
    return keys


def test_streamlit_knows_every_option() -> None:
    known = set(config._config_options_template)
    assert set(flat(written())) <= known


def test_the_font_files_named_in_the_theme_are_there_with_their_licence() -> None:
    for face in TOKENS["streamlit_config"]["theme"]["fontFaces"]:
        folder, name = face["url"].rsplit("/", 1)
        assert folder == "app/static"
        assert (STATIC / name).read_bytes()[:4] == b"wOF2"
    assert "SIL Open Font License, Version 1.1" in (STATIC / "LICENSE.txt").read_text(encoding="utf-8")


def test_all_digits_are_equally_wide_under_our_own_name() -> None:
    with TTFont(STATIC / "inter-latin-tnum.woff2") as font:
        glyphs = font.getBestCmap()
        widths = {font["hmtx"][glyphs[ord(digit)]][0] for digit in "0123456789"}
        family = font["name"].getDebugName(1)
        for character in "\u00a0\u2212\u2013·’…":
            assert ord(character) in glyphs, hex(ord(character))
        weight = next(axis for axis in font["fvar"].axes if axis.axisTag == "wght")
    assert len(widths) == 1
    assert family == TOKENS["typography"]["family"]
    assert (weight.minValue, weight.maxValue) == (100, 900)


def test_the_second_font_has_the_letters_of_central_europe() -> None:
    with TTFont(STATIC / "inter-latin-ext.woff2") as font:
        assert {ord(letter) for letter in "čřžłőș"} <= set(font.getBestCmap())
        assert font["name"].getDebugName(1) == TOKENS["typography"]["family"]
