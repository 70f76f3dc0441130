r"""Free probability: laws given by polynomial equations P(m, z) = 0, their free sums and products, densities and transforms.

A law is made by name (`semicircle`, `marchenko_pastur`, `atoms`, ...), from an equation (`algebraic`), or by an operation on others;
m(z) = int dmu(x)/(x - z) throughout. `transforms` solves for R and S; `subordination` convolves any laws, without polynomials.

>>> mu = free_sum(atoms([-1, 1], ["1/2", "1/2"]), semicircle("1/4"))  # signal plus noise
>>> mu.equation()
Eq(m**3 + 8*m**2*z + 16*m*z**2 - 12*m + 16*z, 0)
>>> mu.cuts.round(6).tolist(), round(float(mu.cdf(0.0)), 12)
([[-1.760173, -0.369009], [0.369009, 1.760173]], 0.5)
"""

from asymptotics.free.algebraic import Algebraic, algebraic
from asymptotics.free.measures import (
    anticommutator,
    arcsine,
    atoms,
    free_poisson,
    jacobi,
    marchenko_pastur,
    semicircle,
    wachter,
)
from asymptotics.free.operations import (
    compression,
    free_power,
    free_product,
    free_sum,
    information_plus_noise,
    inverse,
    sample_covariance,
    scale,
    shift,
    square,
    symmetric_root,
)

__all__ = [
    "Algebraic",
    "algebraic",
    "anticommutator",
    "arcsine",
    "atoms",
    "compression",
    "free_poisson",
    "free_power",
    "free_product",
    "free_sum",
    "information_plus_noise",
    "inverse",
    "jacobi",
    "marchenko_pastur",
    "sample_covariance",
    "scale",
    "semicircle",
    "shift",
    "square",
    "symmetric_root",
    "wachter",
]
