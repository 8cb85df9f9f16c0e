"""No screen, chart or report computes a statistic: what is printed anywhere was computed in analytics, once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHOWING = ("pages", "charts", "reports", "nocturne")
METHODS = {
    "mean", "median", "std", "var", "quantile", "sem", "skew", "kurt", "corr", "cov", "mode", "rolling", "expanding",
    "ewm", "describe", "polyfit",
}  # fmt: skip
OF_NUMPY = {
    "average", "percentile", "ptp", "corrcoef", "histogram", "nanmean", "nanmedian", "nanstd", "nanvar", "nanquantile",
    "nanpercentile",
}  # fmt: skip
LIBRARIES = {"statistics", "scipy", "statsmodels"}
# Functions of analytics on bare numbers: whoever draws takes the value that was made of them, behind its gate.
OF_ANALYTICS = {"circular_mean_h", "clock_statistics"}


def computed(source: str) -> Iterator[str]:
    """What a module computes that belongs into analytics: each call, import or borrowed function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.split(".")[0] in LIBRARIES)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if module.split(".")[0] in LIBRARIES:
                yield module
            yield from (f"{module}.{name.name}" for name in node.names if name.name in OF_ANALYTICS)
            if module.split(".")[0] == "numpy":
                yield from (f"numpy.{name.name}" for name in node.names if name.name in METHODS | OF_NUMPY)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = node.func
            of_numpy = isinstance(called.value, ast.Name) and called.value.id in {"np", "numpy"}
            if called.attr in METHODS or (of_numpy and called.attr in OF_NUMPY):
                yield ast.unparse(called)


def modules() -> dict[str, str]:
    paths = [path for room in SHOWING for path in sorted((ROOT / room).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in paths}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("frame['tst_min'].mean()", ["frame['tst_min'].mean"]),
        ("groups.agg(1).median()", ["groups.agg(1).median"]),
        ("np.nanquantile(values, 0.9)", ["np.nanquantile"]),
        ("np.percentile(values, (10, 90))", ["np.percentile"]),
        ("from statistics import fmean", ["statistics"]),
        ("import scipy.stats", ["scipy.stats"]),
        ("from statsmodels.api import OLS", ["statsmodels.api"]),
        ("from numpy import median", ["numpy.median"]),
        ("from analytics.regularity import circular_mean_h", ["analytics.regularity.circular_mean_h"]),
        ("period.mean_h + summary.median", []),
        ("values.min(), values.max(), values.sum(), len(values)", []),
        ("from analytics.trends import rolling_mean\nrolling_mean(dates, values)", []),
    ],
)
def test_the_check_tells_a_statistic_from_what_is_none(line: str, found: list[str]) -> None:
    assert list(computed(line)) == found


def test_no_screen_chart_or_report_computes_a_statistic() -> None:
    read = modules()
    assert {name.split("/")[0] for name in read} == set(SHOWING)
    guilty = {name: list(computed(source)) for name, source in read.items()}
    assert {name: calls for name, calls in guilty.items() if calls} == {}
