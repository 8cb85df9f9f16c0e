"""One picture: a link opened in a window of some width and theme, brought into a state, and kept small on disk."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

from tests.browsing import no_fault, open_tab, settle

Colour = tuple[int, int, int]

_DRAWN_MS: Final = 900  # charts and tables draw themselves after the script has ended
_UNSEEN: Final = 12  # of 255, in every channel
_LONGEST_PX: Final = 9000
_HEIGHT_PX: Final = {1280: 900, 390: 844}


@dataclass(frozen=True, kw_only=True)
class Face:
    """How a reader sees a screen: the width of the window and the theme of the system."""

    width: int
    dark: bool

    @property
    def name(self) -> str:
        """As in the name of a file: `390-dark`."""
        return f"{self.width}-{'dark' if self.dark else 'light'}"


DESK, NIGHT_DESK = Face(width=1280, dark=False), Face(width=1280, dark=True)
PHONE, NIGHT_PHONE = Face(width=390, dark=False), Face(width=390, dark=True)
EVERY: Final = (DESK, NIGHT_DESK, PHONE, NIGHT_PHONE)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A screen in a state.

    `bring` does what a reader would do to get there and changes nothing that is kept. `faces` are those whose pictures
    belong to the documentation. A picture is of the whole page, or, where a dialog is open, of the window alone.
    """

    name: str
    link: str
    bring: Callable[[Page], None] = settle
    faces: Sequence[Face] = (DESK, NIGHT_PHONE)
    whole: bool = True


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A browser, and the folder that its pictures go to.

    `every` takes every face of a scene instead of those of the documentation; `only` names the scenes, empty for all.
    """

    browser: Browser
    folder: Path
    every: bool
    only: Sequence[str]

    def shoot(self, address: str, *scenes: Scene) -> None:
        """Takes the scenes of a dashboard, one file a face."""
        for scene in [scene for scene in scenes if not self.only or scene.name in self.only]:
            for face in EVERY if self.every else scene.faces:
                self._take(address, scene, face)

    def _take(self, address: str, scene: Scene, face: Face) -> None:
        height = _HEIGHT_PX[face.width]
        tab = open_tab(self.browser, width=face.width, height=height, dark=face.dark)
        page = tab.page
        try:
            page.goto(address + scene.link)
            _rest(page)
            scene.bring(page)
            _rest(page)
            if scene.whole:
                _stretch(page, face.width, height)
            no_fault(page)
            if tab.strayed:
                raise RuntimeError(f"{scene.name} asked for {tab.strayed}, which is not on this machine.")
            image = page.screenshot(animations="disabled", caret="hide")
        finally:
            page.context.close()
        target = self.folder / f"{scene.name}-{face.name}.png"
        taken = small(image)
        if not (target.exists() and looks_the_same(target.read_bytes(), taken)):
            target.write_bytes(taken)
        print(f"{target.name}  {target.stat().st_size / 1000:.0f} kB", flush=True)


def small(png: bytes) -> bytes:
    """The picture in its own 256 most frequent colours: grounds, lines and letters stay exact, edges come close."""
    with Image.open(io.BytesIO(png)) as image:
        full = image.convert("RGB")
    counted = full.getcolors(full.width * full.height) or []
    frequent = sorted(((count, cast("Colour", colour)) for count, colour in counted), reverse=True)[:256]
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for _, colour in frequent for channel in colour])
    out = io.BytesIO()
    full.quantize(palette=palette, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def looks_the_same(one: bytes, other: bytes) -> bool:
    """Whether two pictures differ by less than an eye sees: round corners come out a shade apart now and then."""
    with Image.open(io.BytesIO(one)) as first, Image.open(io.BytesIO(other)) as second:
        if first.size != second.size:
            return False
        apart = ImageChops.difference(first.convert("RGB"), second.convert("RGB"))
    return max(most for _, most in cast("tuple[tuple[int, int], ...]", apart.getextrema())) <= _UNSEEN


def _rest(page: Page) -> None:
    settle(page)
    page.wait_for_timeout(_DRAWN_MS)
    settle(page)


def _stretch(page: Page, width: int, height: int) -> None:
    """Makes the window as high as what it holds: Streamlit scrolls a part of the page, which a screenshot would cut."""
    needed = int(page.locator("[data-testid=stMain]").evaluate("node => node.scrollHeight"))
    top = int(page.locator("[data-testid=stMain]").evaluate("node => node.getBoundingClientRect().top"))
    page.set_viewport_size({"width": width, "height": min(max(needed + top, height), _LONGEST_PX)})
    _rest(page)
