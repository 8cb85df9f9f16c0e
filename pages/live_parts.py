"""What each part of Live shows, as values: by them it is known which parts have to be drawn anew.

Only what is said counts. A number that no sentence names may change without it.
"""

from collections.abc import Mapping
from typing import Final

from nocturne.live import LiveView
from nocturne.webhook_health import WebhookHealth
from pages.live_people import nobody_words, said_of_nights
from pages.parts import reader_clock

TITLE: Final = "live_title"
NIGHTS: Final = "live_nights"
ARRIVED: Final = "live_arrived"
AWAITED: Final = "live_awaited"
HEALTH: Final = "live_health"


def of_title(view: LiveView) -> tuple[str, str]:
    """The finding, and in one line whether all is well."""
    facts = view.facts
    if view.known_at is not None:
        facts = f"as of {reader_clock(view.known_at)} · {facts}"
    return view.title, facts[:1].upper() + facts[1:]


def of_nights(view: LiveView, health: WebhookHealth) -> object:
    """The nights that are shown; without any the words about webhooks instead, which go on as events come."""
    return said_of_nights(view) if view.under_way else nobody_words(health)


def of_arrived(view: LiveView) -> object:
    """What last night brought."""
    return view.arrived_title, view.night, view.arrived


def of_awaited(view: LiveView) -> object:
    """Who is missing."""
    return view.awaited


def of_health(health: WebhookHealth) -> object:
    """The sentences about webhooks."""
    return health.title, health.well, health.ever, health.sentences(reader_clock)


def parts_changed(shown: Mapping[str, object], view: LiveView, health: WebhookHealth) -> list[str]:
    """The parts that show something else than what is so now."""
    now = {
        TITLE: of_title(view),
        NIGHTS: of_nights(view, health),
        ARRIVED: of_arrived(view),
        AWAITED: of_awaited(view),
        HEALTH: of_health(health),
    }
    return [part for part, value in now.items() if part not in shown or shown[part] != value]
