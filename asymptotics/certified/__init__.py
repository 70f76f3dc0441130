r"""Enclosures that provably hold the exact value of a formula: what `certified=True` returns, by ball arithmetic (python-flint).

>>> from asymptotics import isotropic
>>> isotropic.ridge(gamma=2, lam=0, r2=5, certified=True).excess
Enclosure[3.5, 3.5]
>>> isotropic.ridge(gamma=2, lam=0.1, certified=True).kappa  # (1.1 + sqrt 1.61)/2, of the double next to 0.1
Enclosure[1.184428877022476, 1.1844288770224762]

Arguments are the float64 numbers as they stand, exact binary fractions; the value is that of the formula at them. Every formula
stands here a second time, in a module of the same name, in its textbook form: digits that cancel are bought by precision, which
is raised until the enclosure is as tight as doubles allow (`calls`). Fixed points are enclosed by Krawczyk's operator, which
proves existence and uniqueness inside a box, and by a monotonicity that makes the root in the box the one meant (`krawczyk`).
A law is meant as the `Law` holds it (`laws`). A function without a form here refuses `certified=True` and names those that have one.

Source: krawczyk1969newton; johansson2017arb.
"""

from asymptotics.certified.enclosure import Enclosure

__all__ = ["Enclosure"]
