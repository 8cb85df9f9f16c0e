"""What a printed page says of a person's period: the words of every document of it, and the places of its pictures."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from analytics.insights import Insight
from analytics.summary import PersonPeriod
from analytics.usual import in_words
from reports.person_page import PersonPage, person_page
from reports.person_report import PersonReport
from reports.print_figures import (
    mean_note,
    regularity_rows,
    score_parts,
    share_words,
    statistic_foot,
    table_columns,
)
from reports.print_month import month_data, trend_places
from reports.print_nights import clock_of_nights, drawn_nights, naps_by_date, stage_parts, ticks_of
from reports.print_paths import uprights
from reports.print_pictures import band_places, dots_places
from reports.rows import Row
from reports.week_facts import recommended_h
from reports.week_nights import NightLine, night_rows
from reports.weeks import hours_axis

__all__ = ["person_data"]

Data = dict[str, Any]

WEEKS_DAYS: Final = 56
_FLAT_TICKS: Final = 4
_HEAD_LETTERS: Final = 48


def person_data(report: PersonReport, *, generated_at: datetime) -> Data:
    """Everything that both layouts print, in the order in which it is read.

    Args:
        report: the week or month with its main sleeps.
        generated_at: when the document is made, in UTC.
    """
    period = report.period
    rows = night_rows(period.nights)
    page = person_page(report, generated_at=generated_at, product="Nocturne", drawn=False, rows=rows)
    return {
        "header": {
            "left": f"{page.kind} · {_shortened(page.person)}",
            "right": f"{page.dates} · {page.zone}",
        },
        "foot": f"{page.disclaimer} {page.made}",
        "title": page.title,
        "lead": page.lead,
        "basis": page.basis,
        "score": _score(page, period),
        "nights": {
            "shares": share_words(period),
            "naps": list(page.naps),
            "counted-naps": period.figures["naps"].text,
            **(_nights(report, page, rows) if report.kind == "weekly" else {}),
        },
        "against": _against(page, period),
        "regularity": regularity_rows(period),
        "table": _table(page, period),
        "weeks": _weeks(page, period, trend=report.kind == "monthly"),
        "insights": [_insight(each) for each in period.insights],
        "talk": page.talk,
        "quality": {
            "coverage": page.coverage,
            "left_out": list(page.left_out),
            "remarks": list(page.remarks),
        },
        "method": page.method,
        **(month_data(report) if report.kind == "monthly" else {}),
    }


def _shortened(name: str) -> str:
    """A name as the head of a page has room for; the title has all of it."""
    return name if len(name) <= _HEAD_LETTERS else f"{name[: _HEAD_LETTERS - 1].rstrip()}…"


def _insight(insight: Insight) -> Data:
    confidence = f"{insight.confidence} confidence"
    return {
        "observation": insight.observation,
        "evidence": f"{insight.evidence} {confidence[0].upper()}{confidence[1:]}.",
        "suggestion": insight.suggestion,
    }


def _score(page: PersonPage, period: PersonPeriod) -> Data:
    score = page.score
    return {
        "value": score.value,
        "band": score.band,
        "change": score.change,
        "sum": score.sum,
        "parts": [
            {
                "name": part.name,
                "value": part.value,
                "weight": part.weight,
                "reason": part.reason,
                "share": share,
            }
            for part, share in zip(score.parts, score_parts(period), strict=True)
        ],
    }


def _nights(report: PersonReport, page: PersonPage, rows: Sequence[Row]) -> Data:
    naps = naps_by_date(report, rows)
    axis = clock_of_nights(report, naps)
    ticks = ticks_of(axis) if axis else []
    drawn = drawn_nights(report, page.nights, axis, naps) if axis else [None for _ in page.nights]
    by_session = {row["session_id"]: row for row in rows}
    longest = max((float(row["tst_min"]) for row in rows if row["kind"] == "main"), default=0.0)
    return {
        "title": page.nights_title,
        "ticks": ticks,
        "lines": uprights(place for place, _ in ticks),
        "rows": [
            {
                "label": line.label,
                "drawn": picture,
                "said": line.said,
                "values": [line.asleep, line.efficiency, line.awake],
                "bar": _bar(line, by_session, longest),
                "missing": line.missing,
                "brief": line.brief,
                "note": line.note,
            }
            for line, picture in zip(page.nights, drawn, strict=True)
        ],
    }


def _bar(line: NightLine, rows: dict[str, Row], longest_min: float) -> list[tuple[str, float]]:
    counted = rows.get(line.session_id) if not line.missing else None
    return stage_parts(counted, longest_min) if counted is not None and longest_min else []


def _against(page: PersonPage, period: PersonPeriod) -> Data:
    return {
        "title": page.against_title,
        "basis": page.against_basis,
        "note": page.against_note,
        "rows": [
            {
                "label": line.label,
                "value": line.value,
                "usual": in_words(row.kind, row.usual) if row.has_usual else line.usual,
                "delta": line.delta,
                "drawn": band_places(row),
                "said": f"{line.label} {line.value}, {line.usual} ({row.usual_text})",
            }
            for line, row in zip(page.against, period.against, strict=True)
        ],
    }


def _table(page: PersonPage, period: PersonPeriod) -> Data:
    kept = table_columns(page.columns)
    doubt = mean_note(period)
    return {
        "note": "; ".join(
            part
            for part in ("valid nights, dated by the morning they end", "awake: after falling asleep", doubt)
            if part
        ),
        "head": ["Night", *(page.columns[n] for n in kept)],
        "rows": [[line.label, *(line.cells[n] for n in kept)] for line in page.nights if not line.missing],
        "foot": statistic_foot(period) if len(period.valid) else [],
    }


def _sparse(ticks: Sequence[tuple[float, str]]) -> Sequence[tuple[float, str]]:
    """So many labels as a flat chart has room for."""
    return ticks if len(ticks) <= _FLAT_TICKS else ticks[::2]


def _weeks(page: PersonPage, period: PersonPeriod, *, trend: bool) -> Data:
    first = min(period.last - timedelta(days=WEEKS_DAYS - 1), period.first)
    inside = period.history["night"].between(pd.Timestamp(first), pd.Timestamp(period.last))
    nights = period.history[inside]
    low_h, high_h, _ = recommended_h(period.sleeper, period.last)
    block = page.weeks
    drawn: Data | None = None
    caption = ""
    if len(nights):
        axis = hours_axis(nights["tst_min"].tolist(), low_h, high_h)
        drawn = dots_places(
            nights,
            first=first,
            since=period.first,
            last=period.last,
            recommended_h=(low_h, high_h),
            axis=axis,
            ticks=block.ticks if trend else _sparse(block.ticks),
        )
        if trend:
            drawn |= trend_places(period, first=first, axis=axis)
            caption = drawn.pop("caption")
    return {
        "title": block.title,
        "note": block.note,
        "drawn": drawn,
        "said": f"{block.title}. {block.note}",
        "first": block.first,
        "shaded": block.shaded,
        "last": block.last,
        "caption": caption,
    }
