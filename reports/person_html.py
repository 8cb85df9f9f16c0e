"""A person's week or month as one HTML file: font, colours, pictures and charts are inside it."""

from datetime import datetime

from reports.page import filled, in_utc
from reports.person_page import person_page
from reports.person_plots import month_plots, week_plots
from reports.person_report import PersonReport
from reports.plotly_page import Library


def person_html(
    report: PersonReport, *, generated_at: datetime, plotly: Library = "inside", product: str = "Nocturne"
) -> bytes:
    """The report as a UTF-8 HTML document that asks nothing of the network.

    A week prints on one sheet of A4, without the charts that follow it on a screen; a month on a few. Where the charts
    cannot be drawn, without JavaScript or without the library, the pictures, words and tables are there still.

    Args:
        report: the week or month and its main sleeps.
        generated_at: when the report was made; printed in its footer.
        plotly: "inside" the document, or "beside" it as `plotly_page.PLOTLY_FILE`, for many that share it.
        product: the name printed in its footer.

    Raises:
        ValueError: `generated_at` has no time zone.
    """
    page = person_page(report, generated_at=in_utc(generated_at), product=product)
    monthly = report.kind == "monthly"
    plots = month_plots(report) if monthly else week_plots(report)
    return filled(
        "person_month.html.j2" if monthly else "person_week.html.j2",
        plots.every,
        plotly,
        {"page": page, "plots": plots, "insights": report.period.insights},
    )
