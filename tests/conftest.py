"""What all kinds of tests share."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from tests import canary
from tests.serving import CHROMIUM_FLAGS, chromium

# A property holds or not; how long an example takes says how busy the machine is. Speed has bounds of its own.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

_MAIN = sys.modules["__main__"]


def pytest_configure(config: pytest.Config) -> None:
    canary.watch(config)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        message = "Chromium is not installed, so no page was opened. Install it: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield started
        started.close()


@pytest.fixture(autouse=True)
def main_module_kept() -> Iterator[None]:
    """Streamlit's test runner puts the page in the place of the main module; a child process would start from it.

    Fixtures of a whole module, which run pages too, come before this one: the module from the start is put back.
    """
    yield
    sys.modules["__main__"] = _MAIN
