"""Hastie, Montanari, Rosset and Tibshirani, Surprises in high-dimensional ridgeless least squares interpolation (2022).

Theorem and corollary numbers are from memory unless a record says otherwise. The records stand in the submodules and are reached
here by name: `theorems.hastie2022.isotropic_ridge`.
"""

from theorems.discovery import by_name

__getattr__ = by_name(__name__)
