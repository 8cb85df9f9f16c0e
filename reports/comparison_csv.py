"""The people of a comparison as CSV: a row a person, with every value that its statistics were computed from.

Nothing is rounded, and who is not counted is in it too with the reason, so that whoever reads it can repeat everything
or decide otherwise. What holds for all rows (dates, seed, when a night is valid) stands in columns of its own: a file
with lines of comment before its header is read wrongly by half of the programs.
"""

from collections.abc import Iterator, Mapping

from analytics.comparison import Compared
from analytics.comparison_people import METRICS, GroupValues
from analytics.period_words import valid_night_words
from analytics.resampling import RESAMPLES, SEED
from analytics.rules import ValidNight
from reports.cells import Cell, csv_bytes

__all__ = ["comparison_csv", "comparison_file_name"]


def comparison_csv(
    compared: Compared, names: Mapping[str, str], rules: ValidNight, *, score_version: str
) -> bytes:
    """A row a person of both groups, or a row a person with the values of both periods.

    Args:
        compared: both.
        names: what people are called, by person_id.
        rules: those the nights were made by.
        score_version: of the score, by its rules.
    """
    paired = compared.design == "paired"
    columns = [
        column
        for side in (("first_", "second_") if paired else ("",))
        for name in METRICS
        for column in (f"{side}{name}", f"{side}{name}_nights")
    ]
    held = _holding(compared, rules, score_version)
    rows = _paired(compared, names) if paired else _grouped(compared, names)
    return csv_bytes(
        ["person_id", "name", "group", "counted", *columns, *held],
        ([*row, *held.values()] for row in rows),
    )


def comparison_file_name(compared: Compared) -> str:
    """The name of the file, made of dates alone: names of groups may hold anything."""
    a, b = compared.a, compared.b
    if compared.design == "paired":
        return f"nocturne-periods-{a.first}-{a.last}-{b.first}-{b.last}.csv"
    return f"nocturne-groups-{b.first}-{b.last}.csv"


def _holding(compared: Compared, rules: ValidNight, score_version: str) -> dict[str, Cell]:
    a, b = compared.a, compared.b
    dates: dict[str, Cell] = (
        {"first_from": a.first, "first_to": a.last, "second_from": b.first, "second_to": b.last}
        if compared.design == "paired"
        else {"from": b.first, "to": b.last}
    )
    return {
        **dates,
        "score_version": score_version,
        "bootstrap_draws": RESAMPLES,
        "bootstrap_seed": SEED,
        "valid_night": valid_night_words(rules),
    }


def _grouped(compared: Compared, names: Mapping[str, str]) -> Iterator[list[Cell]]:
    """Everybody of both groups, once: who is in both is counted in neither."""
    both = set(compared.a.people) & set(compared.b.people)
    for of, group in ((compared.a, "a"), (compared.b, "b")):
        for who in of.people:
            if who in both and group == "b":
                continue
            label = f"{compared.a.label}; {compared.b.label}" if who in both else of.label
            counted = "no: in both groups" if who in both else f"yes: {group}"
            yield [who, names.get(who, ""), label, counted, *_values(of, who)]


def _paired(compared: Compared, names: Mapping[str, str]) -> Iterator[list[Cell]]:
    known = set(compared.a.people)
    later = [who for who in compared.b.people if who not in known]
    for who in (*compared.a.people, *later):
        yield [
            who,
            names.get(who, ""),
            compared.b.label,
            "where there is a value of both periods",
            *_values(compared.a, who),
            *_values(compared.b, who),
        ]


def _values(of: GroupValues, who: str) -> Iterator[Cell]:
    """The value and its nights of every metric; empty where there is none, or too few nights for it."""
    for name in METRICS:
        found = of.values[name]
        if who in found.values.index:
            yield float(found.values[who])
            yield int(found.nights[who])
        else:
            yield None
            yield None
