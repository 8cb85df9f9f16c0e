"""Charts: values of analytics as Plotly figures and small SVGs, each with its alternative text and table."""
