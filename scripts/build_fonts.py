"""Fetches Inter from npm and writes it, renamed, for the screen and for print, each with its licence beside it.

`pages/static` gets two subsets with every weight in them; `reports/fonts` gets one file a weight with all the letters
there are (Latin, Cyrillic, Greek, Vietnamese), because a PDF is set with fixed weights and from no other font.

The ten digits stand on their tabular glyphs, so that figures line up in tables, canvas cells and charts without any
CSS. Because the font is modified it carries another name; the licence (OFL 1.1) stays beside it.
"""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from fontTools.merge import Merger  # type: ignore[import-untyped]
from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fontTools.varLib.instancer import instantiateVariableFont  # type: ignore[import-untyped]

PACKAGE = "@fontsource-variable/inter@5.3.0"
FAMILY = "Nocturne Sans"
# What the package calls a subset -> what we call it.
SUBSETS = {
    "inter-latin-wght-normal.woff2": "inter-latin-tnum.woff2",
    "inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
}
# The weights of print; where two subsets have a letter, the first has it.
WEIGHTS = {400: "Regular", 500: "Medium", 600: "SemiBold"}
PRINTED = ("latin", "latin-ext", "vietnamese", "cyrillic", "cyrillic-ext", "greek", "greek-ext")
# WHITE VERTICAL RECTANGLE; `reports.typesetting` prints it where a letter is missing.
BOX = 0x25AF
_PRINT_FEATURES = ["kern", "mark", "mkmk", "ccmp"]
_ROOT = Path(__file__).resolve().parent.parent
STATIC, PRINT = _ROOT / "pages" / "static", _ROOT / "reports" / "fonts"
_DIGITS = "0123456789"
# Name records that hold the family: family, unique id, full name, PostScript name, typographic family.
_FAMILY_NAMES = {1: FAMILY, 4: f"{FAMILY} Regular", 6: FAMILY.replace(" ", "") + "-Regular", 16: FAMILY}
_UNIQUE_ID = 3


def main() -> int:
    """Writes the fonts; 0 when done, 1 with a sentence when npm cannot fetch them."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            package = fetch(Path(folder))
        except (OSError, subprocess.CalledProcessError) as reason:
            detail = getattr(reason, "stderr", "") or str(reason)
            sys.stderr.write(
                f"{PACKAGE} could not be fetched; is npm installed and a registry set?\n{detail}\n"
            )
            return 1
        for folder_of in (STATIC, PRINT):
            folder_of.mkdir(parents=True, exist_ok=True)
            (folder_of / "LICENSE.txt").write_bytes((package / "LICENSE").read_bytes())
        for source, target in SUBSETS.items():
            build(package / "files" / source, STATIC / target)
        for weight, style in WEIGHTS.items():
            build_print(package / "files", weight, PRINT / f"NocturneSans-{style}.ttf")
        write_letters(PRINT / "NocturneSans-Regular.ttf", PRINT / "letters.txt")
    return 0


def fetch(folder: Path) -> Path:
    """The unpacked package inside `folder`, fetched by npm from the registry of its own configuration."""
    command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    archive = next(folder.glob("*.tgz"))
    with tarfile.open(archive) as package:
        package.extractall(folder, filter="data")
    return folder / "package"


def build(source: Path, target: Path) -> None:
    """Writes a subset with tabular digits under our family name; the same source gives the same bytes."""
    font = TTFont(source, recalcTimestamp=False)
    set_tabular(font)
    rename(font)
    font.flavor = "woff2"
    font.save(target)


def build_print(files: Path, weight: int, target: Path) -> None:
    """Writes one weight of every subset as a single TTF under our family name; the same source gives the same bytes."""
    taken: set[int] = set()
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for subset in PRINTED:
            font = TTFont(files / f"inter-{subset}-wght-normal.woff2", recalcTimestamp=False)
            made = font["head"].created, font["head"].modified
            instance = one_weight(font, weight, without=taken)
            taken |= set(instance.getBestCmap())
            parts.append(str(Path(folder) / f"{subset}.ttf"))
            instance.save(parts[-1])
        whole = Merger().merge(parts)
    whole.recalcTimestamp = False
    whole["head"].created, whole["head"].modified = made
    whole["OS/2"].usWeightClass = weight
    add_box(whole)
    rename(whole, style=WEIGHTS[weight])
    whole.save(target)


def add_box(font: TTFont) -> None:
    """Gives the font the empty box that is printed for a letter it does not have.

    A PDF for everybody may not show the font's own box for missing letters, because it stands for no letter.
    """
    box = f"uni{BOX:04X}"
    font.setGlyphOrder([*font.getGlyphOrder(), box])
    font["glyf"].glyphOrder = font.getGlyphOrder()
    font["glyf"][box] = font["glyf"][".notdef"]
    font["hmtx"][box] = font["hmtx"][".notdef"]
    for table in font["cmap"].tables:
        table.cmap[BOX] = box


def write_letters(font: Path, target: Path) -> None:
    """Writes which letters a font has, one range of code points a line, for whoever sets type without fontTools."""
    with TTFont(font) as opened:
        points = sorted(point for point in opened.getBestCmap() if point >= ord(" "))
    starts = [point for point in points if point - 1 not in set(points)]
    ends = [point for point in points if point + 1 not in set(points)]
    lines = [f"{first:04x}-{last:04x}" for first, last in zip(starts, ends, strict=True)]
    target.write_text("\n".join(lines) + "\n", encoding="ascii")


def one_weight(font: TTFont, weight: int, *, without: set[int]) -> TTFont:
    """The font at one weight with tabular digits, kerning and marks, without letters that another part has."""
    set_tabular(font)
    instance = instantiateVariableFont(font, {"wght": weight}, inplace=True)
    instance.flavor = None
    options = Options()
    options.layout_features = _PRINT_FEATURES
    options.hinting = False
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.drop_tables += ["STAT"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=set(instance.getBestCmap()) - without)
    subsetter.subset(instance)
    return instance


def set_tabular(font: TTFont) -> None:
    """Puts the ten digits on their tabular glyphs."""
    tabular = tabular_glyphs(font)
    for table in font["cmap"].tables:
        for digit in _DIGITS:
            glyph = table.cmap.get(ord(digit))
            if glyph in tabular:
                table.cmap[ord(digit)] = tabular[glyph]


def tabular_glyphs(font: TTFont) -> dict[str, str]:
    """Glyph -> its tabular form, from the font's own `tnum` feature."""
    layout = font["GSUB"].table
    chosen = {
        index
        for record in layout.FeatureList.FeatureRecord
        if record.FeatureTag == "tnum"
        for index in record.Feature.LookupListIndex
    }
    mapping: dict[str, str] = {}
    for index in sorted(chosen):
        for subtable in layout.LookupList.Lookup[index].SubTable:
            mapping.update(getattr(subtable, "ExtSubTable", subtable).mapping)
    return mapping


def rename(font: TTFont, style: str = "Regular") -> None:
    """Gives the font our family name wherever its name table states the family, and the style of a fixed weight."""
    compact = FAMILY.replace(" ", "")
    styled = (
        {4: f"{FAMILY} {style}", 6: f"{compact}-{style}", 2: style, 17: style} if style != "Regular" else {}
    )
    for record in font["name"].names:
        if record.nameID in styled:
            record.string = styled[record.nameID]
        elif record.nameID in _FAMILY_NAMES:
            record.string = _FAMILY_NAMES[record.nameID]
        elif record.nameID == _UNIQUE_ID:
            record.string = record.toUnicode().replace("Inter-", compact + "-")


if __name__ == "__main__":
    sys.exit(main())
