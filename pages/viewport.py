"""Whether the reader's window is narrow: Streamlit does not tell, so a component of ten lines does.

It answers only when the window is narrow, so a wide one costs no second run.
"""

import streamlit as st

NARROW_BELOW_PX = 640

_REPORTER = st.components.v2.component(
    "nocturne_viewport",
    html="<span></span>",
    js=f"""
export default function (component) {{
  const {{ setStateValue, data }} = component
  const tell = () => {{
    const narrow = window.innerWidth < {NARROW_BELOW_PX}
    if (narrow !== Boolean(data?.narrow)) setStateValue("narrow", narrow)
  }}
  tell()
  window.addEventListener("resize", tell)
  return () => window.removeEventListener("resize", tell)
}}
""",
)


def is_narrow() -> bool:
    """Whether the window was last reported to be narrower than a tablet's."""
    return bool(st.session_state.get("narrow_window", False))


def watch() -> None:
    """Puts the reporter on the page; the router calls it once a run."""
    with st.container(key="viewport_reporter", height=1, border=False):
        result = _REPORTER(
            key="viewport", data={"narrow": is_narrow()}, on_narrow_change=lambda: None, height=1
        )
    reported = bool(getattr(result, "narrow", False))
    if reported != is_narrow() and getattr(result, "narrow", None) is not None:
        st.session_state["narrow_window"] = reported
        st.rerun()
