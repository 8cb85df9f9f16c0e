"""Each screen in front of its reader at 500 and 5,000 people: from a click to the new chart, in Chromium.

Every round clicks on an empty Streamlit + Plotly page too: the floor, in the same browser at the same moment. What the
server sends for a change is counted at the socket, and the server notes how long its script ran.
"""

import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, WebSocket, sync_playwright

from bench import archives
from bench.archives import id_of
from bench.results import Figure
from tests.serving import CHROMIUM_FLAGS, Served, chromium, serve_script

_ROUNDS: Final = {500: 9, 5000: 5}
_SCRIPT_MS: Final = 60.0
_MOST_MB: Final = 1.5
_OF_MANY: Final = 2.5
_PAUSE_MS: Final = 700
"""Between clicks: what follows the chart has arrived by then."""

_PATIENCE_MS: Final = 30_000
_FLOOR: Final = ".js-plotly-plot .barlayer"
_OURS: Final = "bench/dashboards/many_people.py"

Act = Callable[[Page, int], None]


@dataclass(frozen=True, kw_only=True)
class Screen:
    """A screen, the click that changes it, and what is new then.

    Attributes:
        name: as the table calls it.
        link: where it opens.
        click: what a reader does, given how often it was done before.
        drawn: CSS of what has changed once the answer is there.
        bound: of the ratio to the floor at 500 people.
    """

    name: str
    link: str
    click: Act
    drawn: str
    bound: float


def _button(name: str) -> Act:
    return lambda page, _: page.get_by_role("button", name=name, exact=True).click()


def _segment(*names: str) -> Act:
    return lambda page, number: page.get_by_role("radio", name=names[number % len(names)], exact=True).click()


def _option(label: str, *names: str) -> Act:
    def act(page: Page, number: int) -> None:
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=names[number % len(names)]).first.click()

    return act


_SOMEBODY: Final = f"person={id_of(7)}"
SCREENS: Final = (
    Screen(
        name="Night",
        link=f"/night?{_SOMEBODY}",
        click=_button("Previous"),
        drawn=".st-key-hypnogram .barlayer",
        bound=1.5,
    ),
    Screen(
        name="Person",
        link=f"/person?{_SOMEBODY}",
        click=_segment("6 weeks", "4 weeks"),
        drawn=".st-key-timing .barlayer",
        bound=1.5,
    ),
    Screen(
        name="Home",
        link="/",
        click=_option("Cohort", "Early", "Late"),
        drawn="[class*=st-key-who]",
        bound=1.5,
    ),
    Screen(
        name="Cohort",
        link="/cohort?cohort=everyone",
        click=_segment("Efficiency", "Asleep"),
        drawn=".st-key-people_map .heatmaplayer",
        bound=2.0,
    ),
    Screen(
        name="Compare",
        link="/compare?a=Early&b=Late",
        click=_option("Statistic", "Efficiency", "Score"),
        drawn=".st-key-card_estimation .scatterlayer",
        bound=2.0,
    ),
    Screen(
        name="Quality",
        link="/quality?cohort=everyone",
        click=_segment("6 weeks", "4 weeks"),
        drawn=".st-key-quality_flow .infolayer",
        bound=2.0,
    ),
)


def figures() -> list[Figure]:
    """Medians over a few rounds; without Chromium there is nothing to measure, and that is said."""
    path = chromium()
    if path is None:
        print("Chromium is not installed: the figures of the screens are left out.")
        return []
    found: list[Figure] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        try:
            for people in _ROUNDS:
                with (
                    tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder,
                    many_people(people, folder) as stage,
                ):
                    found += [figure for screen in SCREENS for figure in _screen(browser, stage, screen)]
        finally:
            browser.close()
    return found


@dataclass
class Stage:
    """Ours over so many people, the floor, and the file in which our server notes its runs."""

    people: int
    ours: Served
    floor: Served
    runs: Path
    webhooks: Path
    seen: int = 0

    def runs_ms(self) -> list[float]:
        """How long each run took since it was last asked, in their order."""
        lines = self.runs.read_text().splitlines()
        new, self.seen = [json.loads(line) for line in lines[self.seen :]], len(lines)
        return [run["ms"] for run in new]


@contextmanager
def many_people(people: int, folder: str) -> Iterator[Stage]:
    """A dashboard over the archive of so many people, and the floor beside it; `folder` takes what they write."""
    archives.kept(people)
    runs = Path(folder) / "runs.jsonl"
    runs.touch()
    webhooks = Path(folder) / "webhooks.txt"
    # What follows the files on disk would take time from both.
    calm = {"STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none"}
    asked = {
        "NOCTURNE_BENCH_PEOPLE": str(people),
        "NOCTURNE_BENCH_RUNS": str(runs),
        "NOCTURNE_BENCH_WEBHOOKS": str(webhooks),
        "PYTHONPATH": ".",
    }
    ours_says, floor_says = Path(folder) / "ours.txt", Path(folder) / "floor.txt"
    with (
        serve_script(_OURS, output=ours_says, environment=calm | asked) as ours,
        serve_script("bench/empty_page.py", output=floor_says, environment=calm) as floor,
    ):
        yield Stage(people=people, ours=ours, floor=floor, runs=runs, webhooks=webhooks)


@dataclass
class _Sent:
    """Bytes that came over a page's socket since it was last asked."""

    total: int = 0

    def listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._add)

    def _add(self, payload: str | bytes) -> None:
        self.total += len(payload)

    def taken(self) -> int:
        total, self.total = self.total, 0
        return total


@dataclass
class _Measured:
    """One value a round."""

    ours_ms: list[float] = field(default_factory=list)
    floor_ms: list[float] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    script_ms: list[float] = field(default_factory=list)

    def figures(self, screen: Screen, people: int) -> Iterator[Figure]:
        """Medians of the rounds; of what was sent the most."""
        many = people > min(_ROUNDS)
        name = f"{screen.name}, {people:,} x {archives.NIGHTS}"
        ratios = [ours / floor for ours, floor in zip(self.ours_ms, self.floor_ms, strict=True)]
        yield Figure(name=f"{name}: click to chart", value=statistics.median(self.ours_ms), unit="ms")
        bound = _OF_MANY if many else screen.bound
        yield Figure(
            name=f"{name}: beside the floor", value=statistics.median(ratios), unit="ratio", bound=bound
        )
        script = statistics.median(self.script_ms)
        yield Figure(name=f"{name}: script", value=script, unit="ms", bound=None if many else _SCRIPT_MS)
        yield Figure(name=f"{name}: sent", value=max(self.sent) / 1e6, unit="MB", bound=_MOST_MB)


def _screen(browser: Browser, stage: Stage, screen: Screen) -> Iterator[Figure]:
    sent = _Sent()
    page = _opened(browser, stage.ours.address + screen.link, screen.drawn, sent)
    yardstick = _opened(browser, stage.floor.address, _FLOOR, _Sent())
    found = _Measured()
    # Two rounds that do not count: what has not been computed yet is computed, on both sides.
    for number in range(_ROUNDS[stage.people] + 2):
        if number == 2:
            found = _Measured()
        sent.taken()
        stage.runs_ms()
        found.ours_ms.append(_until_new(page, screen.drawn, screen.click, number))
        page.wait_for_timeout(_PAUSE_MS)
        found.floor_ms.append(_until_new(yardstick, _FLOOR, _button("Next"), number))
        yardstick.wait_for_timeout(200)
        found.sent.append(sent.taken())
        found.script_ms.append(_noted(stage, page)[0])
    page.context.close()
    yardstick.context.close()
    yield from found.figures(screen, stage.people)


def _noted(stage: Stage, page: Page) -> list[float]:
    """The runs since it was last asked; a run is noted when all of it has ended, what follows its chart too."""
    for _ in range(_PATIENCE_MS // _PAUSE_MS):
        if runs := stage.runs_ms():
            return runs
        page.wait_for_timeout(_PAUSE_MS)
    raise RuntimeError("No run of the script was noted, so the click did not reach the server.")


def _opened(browser: Browser, address: str, drawn: str, sent: _Sent) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    page.on("websocket", sent.listen)
    page.goto(address)
    page.locator("h1").first.wait_for()
    page.locator(drawn).first.wait_for(state="attached")
    page.wait_for_timeout(2000)
    return page


_STATE = "drawn => [...document.querySelectorAll(drawn)].map(node => node.innerHTML).join()"


def _until_new(page: Page, drawn: str, click: Act, number: int) -> float:
    """Milliseconds from the click until what is drawn is another, as the page itself sees it."""
    page.evaluate(
        f"""drawn => {{
            const state = {_STATE}
            const before = state(drawn)
            const begun = performance.now()
            window.drawnAt = new Promise((done, fail) => {{
                const look = () => {{
                    const now = state(drawn)
                    if (now && now !== before) done(performance.now())
                    else if (performance.now() - begun > {_PATIENCE_MS}) fail(new Error('nothing new was drawn'))
                    else requestAnimationFrame(look)
                }}
                requestAnimationFrame(look)
            }})
            document.addEventListener('click', () => {{ window.clickedAt = performance.now() }}, {{capture: true}})
        }}""",
        drawn,
    )
    click(page, number)
    return float(page.evaluate("async () => (await window.drawnAt) - window.clickedAt"))
