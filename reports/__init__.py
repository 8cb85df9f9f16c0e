"""Values of analytics become documents: a person's week as one HTML file and as CSV."""
