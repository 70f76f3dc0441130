"""What a simulator of an estimator returns: a frozen record of draws."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Draws of risks and their parts, each of shape (draws, *lam.shape), or None where not computed.

    The names are those of theory: `excess` without and `test` with the noise of a new label; `gcv`, `loo` the cross-validation
    scores; `norm2` = |beta_hat|^2, `estimation` = |beta_hat - beta|^2. Unless a simulator says otherwise each draw is the
    conditional expectation given the design X, over the noise of the labels and over the signal's direction, which is uniform on
    the sphere of squared norm r2 in the subspace that the signal may have.
    """

    bias: NDArray[np.float64] | None = None
    variance: NDArray[np.float64] | None = None
    excess: NDArray[np.float64] | None = None
    test: NDArray[np.float64] | None = None
    train: NDArray[np.float64] | None = None
    gcv: NDArray[np.float64] | None = None
    loo: NDArray[np.float64] | None = None
    norm2: NDArray[np.float64] | None = None
    estimation: NDArray[np.float64] | None = None

    def to_dict(self) -> dict[str, NDArray[np.float64]]:
        """The quantities that were computed, by name."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not None}
