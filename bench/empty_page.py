"""The yardstick for the browser figures: the smallest Streamlit page with a button and a Plotly chart."""

import plotly.graph_objects as go
import streamlit as st

st.title("Yardstick")
st.button("Next", key="next", on_click=lambda: st.session_state.update(n=st.session_state.get("n", 0) + 1))
n = st.session_state.get("n", 0)
st.plotly_chart(go.Figure(go.Bar(x=list(range(100)), y=[(i * 7 + n) % 13 for i in range(100)])), key="chart")
st.markdown(f"Chart {n}")
