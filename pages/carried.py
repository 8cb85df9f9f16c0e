"""The link of what is shown: every page names its view in full, and takes what it can to the next one.

Pages say with `settle` what they show. At the end of a run the address in the browser is made to say the same, without
an entry of its own in the browser's history: whatever was opened from a bare address can be copied, and Back leads to
what was seen. The navigation on top opens bare addresses; person, cohort and period then come from the page before.
Remarks about a link that names nothing stand above the page for as long as that view is shown.
"""

from collections.abc import Sequence
from typing import Any, Final, NoReturn
from urllib.parse import urlencode

import streamlit as st

CARRIED: Final = ("person", "cohort", "period", "from", "to")
"""What goes from page to page; a night, a metric or a filter belongs to its page."""

ACTING: Final = "acting_on"
"""Mark of the session: whose dialog about a flag is open."""
ERASING: Final = "admin_erasing"
"""Mark of the session: whom the open dialog would erase."""
DELETING: Final = "night_deleting"
"""Mark of the session: which recording the open dialog would delete."""
EDITED_NOTES: Final = "notes_edited"
"""Mark of the session: the notes that are being edited, as they were read."""
EDITED_PHASE: Final = "phase_edited"
"""Mark of the session: the phase that is being edited, as it was read."""

_OPEN: Final = (ACTING, ERASING, DELETING, EDITED_NOTES, EDITED_PHASE)
_SUBJECT: Final = ("person", "session", "section", "cohort")

_ADDRESS = st.components.v2.component(
    "nocturne_address",
    html="<span></span>",
    js="""
export default function (component) {
  const { data } = component
  if (!data) return
  const here = window.location.pathname.split("/").pop()
  if (here !== data.path && (data.path !== "" || data.others.includes(here))) return
  const now = new URLSearchParams(window.location.search)
  const wanted = new URLSearchParams(data.query)
  for (const [name, value] of now) if (name.startsWith("embed")) wanted.append(name, value)
  const told = (names) => [...names].map((pair) => pair.join("=")).sort().join("&")
  // Only the address that this run was asked with is completed, or what it was completed to before: after Back or
  // Forward another one may stand there already.
  const asked = told(new URLSearchParams(data.asked))
  const before = window.nocturneAddress
  if (told(now) !== asked && !(before?.asked === asked && before.completed === told(now))) return
  window.nocturneAddress = { asked, completed: told(wanted) }
  if (told(now) === told(wanted)) return
  const query = wanted.toString()
  window.history.replaceState(window.history.state, "", window.location.pathname + (query ? `?${query}` : ""))
}
""",
)


def arrive(page: str) -> None:
    """Begins a run of a page; the router calls it before the page, where remarks shall stand."""
    state = st.session_state
    if state.get("page") != page:
        state["carried_in"] = dict(state.get("carried", {})) if "page" in state else {}
        state["page"] = page
        state["subjects"] = set()
        state["foreign"] = (_query(_asked_for()), state.pop("left_with", frozenset()))
    subject = _subject(_asked_for())
    if subject not in state["subjects"]:
        # What was settled is the same view as what it was asked for with: the address was completed meanwhile.
        state["subjects"] = {subject}
        _close()
    state["view"] = {}
    state["remarks_place"] = st.container(key="remarks", gap="small")
    before: tuple[str, list[str]] = state.get("remarks", ("", []))
    state["remarks"] = ("", [])
    if before[1] and before[0] == _query(_asked_for()):
        for sentence in before[1]:
            remark(sentence)


def depart(path: str, others: Sequence[str]) -> None:
    """Ends a run: the browser's address says what was settled."""
    view: dict[str, Any] = st.session_state["view"]
    named = {name: value for name, value in view.items() if value is not None and value != []}
    st.session_state["remarks"] = (_query(named), st.session_state["remarks"][1])
    st.session_state["subjects"].add(_subject(named))
    with st.container(key="address_reporter", height=1, border=False):
        data = {
            "path": path,
            "others": list(others),
            "asked": urlencode(_asked_for(), doseq=True),
            "query": urlencode(named, doseq=True),
        }
        _ADDRESS(key="address", data=data, height=1)


def settle(name: str, value: str | list[str] | None) -> None:
    """Says that the page shows this; None where the view has nothing of that name, or the page's own default."""
    st.session_state.setdefault("view", {})[name] = value
    if name in CARRIED:
        # At once: a reader who goes on before the page is complete takes it along too.
        carried: dict[str, Any] = st.session_state.setdefault("carried", {})
        carried.pop(name, None)
        if value is not None:
            carried[name] = value


def choose(**changes: str | list[str] | None) -> None:
    """Names the view as it is settled, with these changes, in the link: for callbacks.

    Within a fragment nobody completes the address afterwards, and what it was completed by before need not have
    reached the server yet.
    """
    view: dict[str, Any] = {**st.session_state.get("view", {}), **changes}
    st.query_params.from_dict({name: value for name, value in view.items() if value not in (None, "", [])})


def leave_for(page: str, **values: str) -> NoReturn:
    """Leads to another page, and Back from there to this view as it is.

    On the way Streamlit writes the parameters of the new page into the history under the address of the old one. So
    they hold all that is shown here; the new page reads nothing of it but person, cohort and period, nor keeps it.
    What this run has not come to yet is still as the link has it.

    Args:
        page: its file.
        values: what the new page shows.
    """
    named: dict[str, Any] = {**{name: in_link(name) for name in st.query_params}, **st.session_state["view"]}
    view = {name: value for name, value in named.items() if value not in (None, "", [])}
    st.session_state["left_with"] = frozenset(view) - {*CARRIED, *values}
    st.switch_page(page, query_params={**view, **values})


def in_link(name: str) -> list[str]:
    """Every value that the link gives a parameter, but for what stands there only for the way back."""
    query, names = st.session_state.get("foreign", ("", frozenset()))
    if name in names and query == _query(_asked_for()):
        return []
    return st.query_params.get_all(name)


def asked(name: str) -> str | None:
    """What the link says, or where it is a bare address what comes from the page before."""
    value = next(reversed(in_link(name)), None)
    if value is None and not any(known in st.query_params for known in CARRIED):
        carried: dict[str, str] = st.session_state.get("carried_in", {})
        return carried.get(name)
    return value


def forget_person(person_id: str) -> None:
    """Takes somebody who is erased out of what goes from page to page."""
    for name in ("carried", "carried_in"):
        carried: dict[str, str] = st.session_state.get(name, {})
        if carried.get("person") == person_id:
            del carried["person"]


def taken_along(**values: str | None) -> dict[str, str]:
    """Parameters for the way to another page: the period that is shown, and those given."""
    kept = {name: st.session_state.get("view", {}).get(name) for name in ("period", "from", "to")}
    return {name: value for name, value in {**kept, **values}.items() if value is not None}


def remark(sentence: str) -> None:
    """Says above the page what the link got wrong and what is shown instead; plain text, each sentence once."""
    from pages.parts import escape  # noqa: PLC0415 - parts reads links, which read this

    said: list[str] = st.session_state.setdefault("remarks", ("", []))[1]
    if sentence in said:
        return
    said.append(sentence)
    place = st.session_state.get("remarks_place") or st
    place.info(escape(sentence), icon=":material/link_off:")


def busy() -> bool:
    """Whether a dialog or an edit is open, of those that are marked in the session."""
    return any(st.session_state.get(mark) for mark in _OPEN)


def _close() -> None:
    """Closes what was open about what is left: a dialog that deletes must not come back by itself, nor an old edit."""
    for mark in _OPEN:
        st.session_state.pop(mark, None)


def _subject(view: "dict[str, Any]") -> str:
    """Whom and what a view is about; its period and filters may change while something is open."""
    return _query({name: value for name, value in view.items() if name in _SUBJECT})


def _asked_for() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _query(view: "dict[str, Any]") -> str:
    pairs = [
        f"{name}={value}"
        for name, values in view.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    return "&".join(sorted(pairs))
