"""Marks for other systems: one module per format, each made from results and totals."""
