"""A cohort's week or month as one HTML file: font, colours, pictures and charts are inside it."""

from datetime import datetime

from reports.cohort_page import cohort_page
from reports.cohort_plots import METRICS, cohort_plots
from reports.cohort_report import CohortReport
from reports.cohort_seen import seen_by_night
from reports.page import filled, in_utc
from reports.plotly_page import Library


def cohort_html(
    report: CohortReport, *, generated_at: datetime, plotly: Library = "inside", product: str = "Nocturne"
) -> bytes:
    """The report as a UTF-8 HTML document that asks nothing of the network.

    It shows people one by one, as the Cohort page does: means of the group need 5 people, and up to 500 each is a dot.
    Where the charts cannot be drawn, the words, tables and lines are there still.

    Args:
        report: the week or month, its nights and its people.
        generated_at: when the report was made; printed in its footer.
        plotly: "inside" the document, or "beside" it as `plotly_page.PLOTLY_FILE`, for many that share it.
        product: the name printed in its footer.

    Raises:
        ValueError: `generated_at` has no time zone.
    """
    made = in_utc(generated_at)
    seen = seen_by_night(report, METRICS)
    plots = cohort_plots(seen)
    page = cohort_page(report, seen, generated_at=made, product=product)
    return filled("cohort.html.j2", plots.every, plotly, {"page": page, "plots": plots})
