"""Fetches Inter from npm and writes the two renamed subsets, and their licence, into `pages/static`.

The ten digits stand on their tabular glyphs, so that figures line up in tables, canvas cells and charts without any
CSS. Because the font is modified it carries another name; the licence (OFL 1.1) stays beside it.
"""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

PACKAGE = "@fontsource-variable/inter@5.3.0"
FAMILY = "Nocturne Sans"
# What the package calls a subset -> what we call it.
SUBSETS = {
    "inter-latin-wght-normal.woff2": "inter-latin-tnum.woff2",
    "inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
}
STATIC = Path(__file__).resolve().parent.parent / "pages" / "static"
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
        STATIC.mkdir(parents=True, exist_ok=True)
        for source, target in SUBSETS.items():
            build(package / "files" / source, STATIC / target)
        (STATIC / "LICENSE.txt").write_bytes((package / "LICENSE").read_bytes())
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
    tabular = tabular_glyphs(font)
    for table in font["cmap"].tables:
        for digit in _DIGITS:
            glyph = table.cmap.get(ord(digit))
            if glyph in tabular:
                table.cmap[ord(digit)] = tabular[glyph]
    rename(font)
    font.flavor = "woff2"
    font.save(target)


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


def rename(font: TTFont) -> None:
    """Gives the font our family name wherever its name table states the family."""
    for record in font["name"].names:
        if record.nameID in _FAMILY_NAMES:
            record.string = _FAMILY_NAMES[record.nameID]
        elif record.nameID == _UNIQUE_ID:
            record.string = record.toUnicode().replace("Inter-", FAMILY.replace(" ", "") + "-")


if __name__ == "__main__":
    sys.exit(main())
