"""The people of a comparison as CSV: a row a person, with every value that its statistics were computed from.

Nothing is rounded, and who is not counted in a statistic is in it too, with the reason beside the value, so that
whoever reads it can repeat everything or decide otherwise. What holds for all rows (dates, seed, when a night is valid)
stands in columns of its own: a file with lines of comment before its header is read wrongly by half of the programs.
"""

from collections.abc import Iterator, Mapping

from analytics.comparison import Compared
from analytics.comparison_people import METRICS, GroupValues
from analytics.comparison_words import left_out
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
    sides = ("first_", "second_") if paired else ("",)
    columns = [
        column
        for side in sides
        for column in (
            *(part for name in METRICS for part in (f"{side}{name}", f"{side}{name}_nights")),
            f"{side}estimator",
        )
    ]
    held = _holding(compared, rules, score_version)
    why = {name: _reasons(compared, name) for name in METRICS}
    rows = _paired(compared, names) if paired else _grouped(compared, names)
    return csv_bytes(
        ["person_id", "name", "group", "side", *columns, *(f"{name}_counted" for name in METRICS), *held],
        ([*row, *(reasons[str(row[0])] for reasons in why.values()), *held.values()] for row in rows),
    )


def _reasons(compared: Compared, name: str) -> dict[str, str]:
    """By person_id "yes", or why somebody is not counted in a statistic."""
    found = compared.metrics[name]
    whole = dict.fromkeys((*compared.a.people, *compared.b.people), f"no: {found.withheld or 'no value'}")
    reasons: dict[str, list[str]] = {}
    for why, ids in left_out(compared, name):
        for who in ids:
            reasons.setdefault(who, []).append(why)
    told = {who: f"no: {'; '.join(said)}" for who, said in reasons.items()}
    counted = (*found.contrast.a.values.index, *found.contrast.b.values.index)
    return {**whole, **told, **{str(who): "yes" for who in counted}}


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
            side = "both" if who in both else group
            yield [who, names.get(who, ""), label, side, *_values(of, who)]


def _paired(compared: Compared, names: Mapping[str, str]) -> Iterator[list[Cell]]:
    known = set(compared.a.people)
    later = [who for who in compared.b.people if who not in known]
    for who in (*compared.a.people, *later):
        yield [
            who,
            names.get(who, ""),
            compared.b.label,
            "both periods",
            *_values(compared.a, who),
            *_values(compared.b, who),
        ]


def _values(of: GroupValues, who: str) -> Iterator[Cell]:
    """Every metric's value and its nights, empty where there is none; then what the score's consistency comes from."""
    for name in METRICS:
        found = of.values[name]
        if who in found.values.index:
            yield float(found.values[who])
            yield int(found.nights[who])
        else:
            yield None
            yield None
    yield str(of.estimators.get(who, ""))
