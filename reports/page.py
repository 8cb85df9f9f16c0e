"""What every HTML report has in common: its template filled in, with font, colours, charts and policy inside it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.plotly_page import Library, policy, scripts
from reports.plots import Plot
from reports.style import font_base64, palettes

_TEMPLATES: Final = Path(__file__).parent / "templates"


def in_utc(generated_at: datetime) -> datetime:
    """When a report was made, in UTC.

    Raises:
        ValueError: `generated_at` has no time zone.
    """
    if generated_at.tzinfo is None:
        raise ValueError(
            "generated_at has no time zone: pass an aware datetime, for example datetime.now(UTC)"
        )
    return generated_at.astimezone(UTC)


def filled(template: str, plots: Iterable[Plot], library: Library, values: Mapping[str, Any]) -> bytes:
    """A template as a UTF-8 HTML document that asks nothing of the network.

    Args:
        template: its file in `templates`.
        plots: every chart that it shows.
        library: whether plotly.js is inside the document or beside it.
        values: what it prints, by the names it uses.
    """
    text = (
        _environment()
        .get_template(template)
        .render(
            font=font_base64(),
            palettes=palettes(),
            policy=policy(library),
            scripts=scripts(plots, library),
            **values,
        )
    )
    return text.encode("utf-8", errors="replace")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
