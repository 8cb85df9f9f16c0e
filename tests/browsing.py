"""How a browser looks at a running dashboard: an own tab, and waiting until a page says what it has to say.

Browser tests and `make pictures` open pages in the same way.
"""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route, expect


@dataclass
class Tab:
    """A page, and the requests it made that did not go to this machine."""

    page: Page
    strayed: list[str] = field(default_factory=list)


def open_tab(browser: Browser, *, width: int = 1280, height: int = 900, dark: bool = False) -> Tab:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        accept_downloads=True,
        timezone_id="Europe/Berlin",
    )
    page = context.new_page()
    tab = Tab(page=page)

    def guard(route: Route) -> None:
        if urlsplit(route.request.url).hostname in {"127.0.0.1", None}:
            route.continue_()
        else:
            tab.strayed.append(route.request.url)
            route.abort()

    context.route("**/*", guard)
    page.on("websocket", lambda socket: _note_socket(tab, socket.url))
    page.set_default_timeout(30_000)
    return tab


def _note_socket(tab: Tab, url: str) -> None:
    if urlsplit(url).hostname != "127.0.0.1":
        tab.strayed.append(url)


def settle(page: Page) -> None:
    """Waits until the page has a title and no script is running."""
    expect(page.locator("h1").first).to_be_visible(timeout=60_000)
    expect(page.locator("[data-testid=stStatusWidget]")).to_have_count(0, timeout=60_000)
    page.wait_for_timeout(250)


def no_fault(page: Page) -> None:
    text = page.locator("[data-testid=stMain]").inner_text()
    assert "Traceback" not in text
    assert page.locator("[data-testid=stException]").count() == 0


def wait_until_synchronised(page: Page, *, within_s: float = 120) -> None:
    expect(page.get_by_text("Synchronise now")).to_be_visible(timeout=within_s * 1000)
    settle(page)
