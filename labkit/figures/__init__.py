"""The pictures: matplotlib.figure.Figure on Agg, never pyplot. A view makes its artists once, then moves them."""
