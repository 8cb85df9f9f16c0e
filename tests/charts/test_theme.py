"""The palette's gates, computed from the tokens themselves: contrast, and stages told apart by everybody."""

import itertools
from dataclasses import fields

import numpy as np
import pytest
from numpy.typing import NDArray

from charts.theme import (
    CONFIG,
    TOKENS,
    Margin,
    StageColours,
    Theme,
    ThemeName,
    faded,
    font_family,
    plotly_layout,
    theme,
)

Floats = NDArray[np.float64]

NAMES: tuple[ThemeName, ...] = ("light", "dark", "print")
GATES = TOKENS["gates"]

# Machado, Oliveira and Fernandes 2009, severity 1.0, for linear RGB.
VISIONS: dict[str, list[list[float]]] = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour: str) -> Floats:
    channels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    bright, dark = sorted(
        (float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other)), reverse=True
    )
    return (bright + 0.05) / (dark + 0.05)


def lab(rgb: Floats) -> Floats:
    xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    ratio = xyz @ rgb / [0.95047, 1.0, 1.08883]
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def stages(shown: Theme) -> dict[str, str]:
    return {field.name: shown.stages.of(field.name) for field in fields(StageColours)}


def test_the_measures_of_the_gates_are_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert lab(linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_each_stage_stands_out_from_every_ground(name: ThemeName) -> None:
    shown = theme(name)
    for stage, colour in stages(shown).items():
        for ground in (shown.background, shown.surface):
            assert contrast(colour, ground) >= GATES["stage_contrast_min"], (stage, ground)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("name", NAMES)
def test_no_two_stages_look_alike_to_anybody(name: ThemeName, vision: str) -> None:
    matrix = np.array(VISIONS[vision])
    seen = {
        stage: lab(np.clip(matrix @ linear(colour), 0, 1)) for stage, colour in stages(theme(name)).items()
    }
    assert len(seen) == 5
    for (one, here), (other, there) in itertools.combinations(seen.items(), 2):
        assert np.linalg.norm(here - there) >= GATES["stage_dE76_min"], (one, other)


@pytest.mark.parametrize("name", NAMES)
def test_every_text_can_be_read_on_every_ground(name: ThemeName) -> None:
    shown = theme(name)
    texts = ("text", "text_secondary", "text_tertiary", "accent", "positive", "negative", "attention")
    grounds = ("background", "surface", "sunken")
    pairs = [(text, ground) for text in texts for ground in grounds]
    pairs += [(text, f"{text}_soft") for text in ("accent", "positive", "negative", "attention")]
    pairs.append(("reference_band_text", "reference_band"))
    for text, ground in pairs:
        assert contrast(getattr(shown, text), getattr(shown, ground)) >= GATES["text_contrast_min"], (
            text,
            ground,
        )


@pytest.mark.parametrize("name", NAMES)
def test_the_colours_of_the_map_go_one_way_in_lightness(name: ThemeName) -> None:
    lightness = [float(lab(linear(colour))[0]) for colour in theme(name).sequential]
    steps = np.diff(lightness)
    assert (steps < 0).all() or (steps > 0).all()


def test_a_theme_holds_what_the_tokens_say() -> None:
    light = TOKENS["themes"]["light"]
    assert theme("light").accent == light["accent"]
    assert theme("light").stages.unknown == light["stages"]["unknown_hatch"]["line"]
    assert theme("light").categorical == tuple(light["categorical"])


def test_other_names_are_refused_with_the_legal_ones() -> None:
    with pytest.raises(ValueError, match="light, dark, print"):
        theme("sepia")
    with pytest.raises(ValueError, match="awake, rem, light, deep, unknown"):
        theme("light").stages.of("n3")


def test_a_colour_can_be_faded() -> None:
    assert faded("#4450b8", 0.16) == "rgba(68,80,184,0.16)"


def test_the_base_layout_leaves_nothing_to_plotly() -> None:
    layout = plotly_layout(theme("dark"), height_px=300, margin=Margin(l=1, r=2, t=3, b=4))
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert layout["margin"] == {"l": 1, "r": 2, "t": 3, "b": 4, "pad": 0, "autoexpand": False}
    assert layout["font"]["family"] == font_family()
    assert font_family().startswith("'Nocturne Sans'")
    assert layout["hoverlabel"]["bgcolor"] == theme("dark").surface
    assert "layout" not in layout["template"]
    assert CONFIG["displayModeBar"] is False
