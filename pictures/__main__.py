"""Takes the pictures of docs/screens.md: `python -m pictures`; with `--every`, all widths and themes."""

import argparse
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from pictures import demo, installation
from pictures.shooting import Camera
from tests.serving import CHROMIUM_FLAGS, ROOT, chromium

DOCUMENTED: Final = ROOT / "docs" / "pictures"
EVERYTHING: Final = ROOT / "pictures-out"
PARTS: Final = {"demo": demo.shoot, "installation": installation.shoot}


def main() -> int:
    """0 when every picture was taken, 1 with a sentence where there is no Chromium."""
    parser = argparse.ArgumentParser(prog="python -m pictures", description=__doc__)
    parser.add_argument(
        "--every", action="store_true", help=f"every width and theme, into {EVERYTHING.name}/"
    )
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part (default: both)")
    parser.add_argument("--scene", action="append", default=[], help="only this scene (default: all)")
    asked = parser.parse_args()
    every, parts = asked.every, asked.part or list(PARTS)
    path = chromium()
    if path is None:
        sys.stderr.write("Chromium is not installed, so no picture was taken: apt-get install chromium\n")
        return 1
    target = EVERYTHING if every else DOCUMENTED
    target.mkdir(parents=True, exist_ok=True)
    # What was started ends with us, also when we are told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        camera = Camera(browser=browser, folder=target, every=every, only=asked.scene)
        try:
            for part in parts:
                with _folder(part) as folder:
                    PARTS[part](camera, folder)
        finally:
            browser.close()
    return 0


@contextmanager
def _folder(part: str) -> Iterator[Path]:
    """An empty folder that is gone afterwards; always the same one, because Admin shows its name."""
    folder = EVERYTHING / part
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
