"""The science: networks, propagation, statistics. NumPy alone; nothing that draws."""
