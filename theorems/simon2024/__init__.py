"""Simon, Karkada, Ghosh and Belkin, More is better in modern machine learning (2024): random features, and kernels as their limit.

The records stand in the submodules and are reached here by name: `theorems.simon2024.more_is_better`.
"""

from theorems.discovery import by_name

__getattr__ = by_name(__name__)
