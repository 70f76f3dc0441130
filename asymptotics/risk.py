"""What a formula of this package returns for an estimator: a frozen record of arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Value = NDArray[np.float64] | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Risks and their parts; every field has the broadcast shape of the arguments, or is None where it does not apply.

    `excess` is without the noise of a new label, `test = excess + sigma2` is with it. `gcv` and `loo` are the limits of
    generalised cross-validation and leave-one-out. `norm2` is E|beta_hat|^2, `estimation` is E|beta_hat - beta|^2.
    `df1`, `df2` are degrees of freedom: per sample where the arguments are (gamma, lam), counts where they are (n, delta).
    Infinite risks are `inf`, never `nan`.
    """

    bias: Value | None = None
    variance: Value | None = None
    excess: Value | None = None
    test: Value | None = None
    train: Value | None = None
    gcv: Value | None = None
    loo: Value | None = None
    norm2: Value | None = None
    estimation: Value | None = None
    kappa: Value | None = None
    df1: Value | None = None
    df2: Value | None = None

    def to_dict(self) -> dict[str, Value]:
        """The fields that apply, by name."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not None}
