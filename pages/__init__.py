"""What a person sees in the browser; together with the launcher the only place that knows Streamlit."""
