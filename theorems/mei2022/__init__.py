"""Mei and Montanari, The generalization error of random features regression: precise asymptotics and double descent curve (2022).

The records take d/n, called `inputs`, in place of psi = d/k: along a figure's axis k/n the data stay the same. The paper has
psi_1 = gamma/inputs, psi_2 = 1/inputs, and the penalty lam/psi_1. They stand in the submodules and are reached here by name:
`theorems.mei2022.test_error`.
"""

from theorems.discovery import by_name

__getattr__ = by_name(__name__)
