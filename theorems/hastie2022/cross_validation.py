"""Generalised and leave-one-out cross-validation estimate the test error, and tune the penalty."""

import simulate.fastest
import simulate.ridge
import simulate.tuning
from asymptotics import isotropic, ridge
from theorems import GAMMA, LAM, R2, SIGMA2, Mean, Plot, Real, Theorem
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law

MODEL = (
    "x = S^(1/2) z with z of independent entries, mean 0, variance 1, bounded moments; the spectrum of S converges to H",
    "y = <x, beta> + noise with |beta|^2 = r2 and noise of variance sigma2; p/n -> gamma",
)
DOMAIN = {"spectrum": SPECTRUM, "signal": SIGNAL, "gamma": GAMMA, "lam": LAM, "r2": R2, "sigma2": SIGMA2}
CASES = (
    {"spectrum": "isotropic", "gamma": 2.0, "lam": 0.05, "r2": 5.0},
    {"spectrum": "ar1:0.7", "signal": "top:0.5", "gamma": 0.5, "lam": 0.1, "r2": 2.0, "sigma2": 0.1},
    {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 2.0, "lam": 0.05, "r2": 5.0, "sigma2": 0.5},
    {"spectrum": "power:1.2", "signal": "bottom:0.5", "gamma": 2.0, "lam": 0.05, "r2": 5.0, "sigma2": 0.2},
)


def test_error(*, spectrum, signal, **given):
    return ridge.ridge(law(spectrum, signal), **given)


RIVALS = {
    "the noise of the new label left out": lambda **k: test_error(**k).excess,
    "the training error": lambda **k: test_error(**k).train,
}

generalised_cross_validation = Theorem(
    title="Generalised cross-validation tends to the test error",
    statement=r"\mathrm{GCV}(\lambda)=\frac{\frac1n\|y-X\hat\beta_\lambda\|^2}{(1-\mathrm{df}_1/n)^2}\to R(\lambda)+\sigma^2",
    source="hastie2022surprises, Theorem 7 (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Mean(theory=test_error, simulation=simulate.fastest.ridge, of="gcv", sizes=(40, 80, 160, 320)),
    cases=CASES,
    rivals=RIVALS,
    plot=Plot(x="lam", low=0.003, high=10.0, at={"spectrum": "isotropic", "r2": 5.0, "sigma2": 1.0}, lines={"gamma": (0.5, 2.0)}),
)

leave_one_out = Theorem(
    title="Leave-one-out cross-validation tends to the test error",
    statement=r"\mathrm{CV}(\lambda)="
    r"\frac1n\sum_i\Bigl(\frac{y_i-x_i^\top\hat\beta_\lambda}{1-(S_\lambda)_{ii}}\Bigr)^2\to R(\lambda)+\sigma^2",
    source="hastie2022surprises, Theorem 7 (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Mean(theory=test_error, simulation=simulate.ridge.ridge, of="loo", sizes=(40, 80, 160, 320)),
    cases=CASES,
    rivals=RIVALS,
)

tuned_by_cross_validation = Theorem(
    title="Ridge regression tuned by generalised cross-validation attains the optimal risk",
    statement=r"\hat\lambda=\arg\min_\lambda\mathrm{GCV}(\lambda):\quad R(\hat\lambda)\to R^*="
    r"\min_\lambda R(\lambda)=\sigma^2\gamma\,m(-\lambda^*),\quad \lambda^*=\frac{\sigma^2\gamma}{r^2},\quad "
    r"m(-\lambda)=\frac{-(1-\gamma+\lambda)+\sqrt{(1-\gamma+\lambda)^2+4\gamma\lambda}}{2\gamma\lambda}",
    source="hastie2022surprises, Theorem 7 (numbering from memory)",
    assumptions=(
        "rows x are standard normal in R^p",
        MODEL[1],
        "the minimum is over a grid from lam*/100 to 100 lam*, 8 % a step",
    ),
    domain={"gamma": GAMMA, "r2": Real(0.0, 1e6, default=1.0), "sigma2": Real(0.0, 1e6, default=1.0)},
    claim=Mean(theory=isotropic.optimal, simulation=simulate.tuning.ridge, sizes=(32, 64, 128, 256)),
    cases=({"gamma": 0.5, "r2": 1.25}, {"gamma": 2.0, "r2": 5.0, "sigma2": 2.0}),
    rivals={
        "the ridgeless risk": isotropic.ridgeless,
        "three times the optimal penalty": lambda *, gamma, r2, sigma2: isotropic.ridge(
            gamma=gamma, lam=3 * gamma * sigma2 / r2, r2=r2, sigma2=sigma2
        ),
    },
)
