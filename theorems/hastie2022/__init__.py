"""Hastie, Montanari, Rosset and Tibshirani, Surprises in high-dimensional ridgeless least squares interpolation (2022).

Theorem and corollary numbers are from memory unless a record says otherwise.
"""
