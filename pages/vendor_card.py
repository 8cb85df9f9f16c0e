"""The vendor's own averages of a person's period beside ours, asked for when somebody opens them."""

from datetime import date

import pandas as pd
import streamlit as st

from analytics.wording import plural, span
from asleep.errors import AsleepError
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.vendor_averages import LONGEST_DAYS, VendorAverages, vendor_averages
from pages.parts import escape, reader_clock

_WHY = (
    "They differ where the two count differently: ours are the valid main sleeps of these nights, computed from the "
    "stages; the vendor averages every session with sleep that began on the same days (UTC), naps and sessions that we "
    "leave out among them, and does not say how. Shares are of sums there; ours is the mean of nights. Awakenings it "
    "serves as a whole number: half a one apart is no difference."
)


def vendor_section(
    application: Application, actor: Actor, person_id: str, *, first: date, last: date
) -> None:
    """The section; the vendor is asked only while it is open.

    Args:
        application: whose client asks.
        actor: who looks.
        person_id: whose means.
        first: first night label of the period.
        last: last one.
    """
    section = st.expander(
        "The vendor’s own averages of this period",
        icon=":material/compare_arrows:",
        key="vendor_averages",
        on_change="rerun",
    )
    with section:
        if not section.open:
            return
        try:
            found = vendor_averages(application, actor, person_id, first=first, last=last)
        except AsleepError as reason:
            st.warning(f"The vendor’s averages cannot be shown now. {escape(str(reason))}")
            st.caption("Everything else on this page rests on what has arrived, and stays as it is.")
            return
        _show(found)


def _show(found: VendorAverages) -> None:
    if found.stale:
        st.badge(f"as of {reader_clock(found.fetched_at)}", color="orange", icon=":material/history:")
        st.caption(f"The vendor could not be asked again: {escape(found.reason)}")
    if found.cut:
        st.caption(
            f"The vendor averages at most {LONGEST_DAYS} days at once; both columns are of "
            f"{span(found.first, found.last)}."
        )
    if not found.rows:
        st.markdown("The vendor has no averages of this period: it found no sleep in it.")
        return
    counted = f"Ours: {plural(found.nights, 'valid main sleep')}. Vendor: {plural(found.slept, 'session')}"
    without = f", and {found.never_slept} without sleep that are in no mean" if found.never_slept else ""
    st.caption(f"{counted}{without}. ◆ differs as printed.")
    st.table(
        pd.DataFrame(
            [
                {"Mean": row.label, "Ours": row.ours, "Vendor": row.vendor + (" ◆" if row.differs else "")}
                for row in found.rows
            ]
        ),
        border="horizontal",
        hide_index=True,
        alt="Means of the period as we compute them and as the vendor serves them",
    )
    st.caption(_WHY)
