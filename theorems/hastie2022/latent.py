"""Latent space: features that are noisy linear images of few factors; overparametrisation is optimal here."""

import simulate.latent_space
from asymptotics import correlated, isotropic, spectra
from asymptotics import latent_space as formula
from theorems import OVER, R2, SIGMA2, Identity, Mean, Plot, Real, Theorem, through

MODEL = (
    "x = W z + u with z standard normal in R^d, u standard normal in R^p, W'W = (p mu/d) I",
    "y = <theta, z> + xi with |theta|^2 = r2 and xi of variance sigma2",
    "d/p -> psi, p/n -> gamma > 1; the excess risk is over the best linear predictor of y from x",
)
DOMAIN = {"gamma": OVER, "psi": Real(0.0, 1.0, "]"), "mu": Real(0.0, 1e3, default=1.0), "r2": R2, "sigma2": SIGMA2}


def _through_the_spectrum(*, gamma, psi, mu, r2, sigma2):
    """The induced linear model in the general formula: |beta|^2 and the noise that the factors leave."""
    spectrum = spectra.latent_space(mu, psi)
    strength = mu / psi
    induced = r2 * strength / (1 + strength) ** 2
    return correlated.ridgeless(spectrum, gamma=gamma, r2=induced, sigma2=sigma2 + r2 / (1 + strength))


def _fixed_dimension(*, gamma, inputs, **given):
    """The latent dimension d = inputs n stays as p grows."""
    return formula.ridgeless(gamma=gamma, psi=inputs / gamma, **given)


_at_fixed_dimension = through(
    simulate.latent_space.ridge, lambda *, gamma, inputs, **k: k | {"gamma": gamma, "psi": inputs / gamma}
)
DIMENSION = {"low": 0.4, "high": 20.0, "at": {"r2": 1.0, "sigma2": 0.1, "mu": 1.0}, "lines": {"inputs": (0.05, 0.1, 0.2)}} | {
    "theory": _fixed_dimension,
    "simulation": _at_fixed_dimension,
}

latent_space = Theorem(
    title="Ridgeless least squares in the latent space model",
    statement=r"R\to\|\beta\|^2\Bigl(1+\gamma c_0\frac{E_1}{E_2}\Bigr)\frac{A}{(1+c_0\gamma A)^2}"
    r"+\tilde\sigma^2\gamma c_0\frac{E_1}{E_2},\quad A=1+\frac\mu\psi,\quad \|\beta\|^2=\frac{r^2\mu/\psi}{A^2},\quad "
    r"\tilde\sigma^2=\sigma^2+\frac{r^2}{A},\quad E_j=\frac{1-\psi}{(1+c_0\gamma)^2}+\frac{\psi A^{3-j}}{(1+c_0\gamma A)^2},\quad "
    r"1-\frac1\gamma=\frac{1-\psi}{1+c_0\gamma}+\frac{\psi}{1+c_0\gamma A}",
    source="hastie2022surprises, equations (31)-(35), where mu = 1; general mu derived",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Mean(theory=formula.ridgeless, simulation=simulate.latent_space.ridge, sizes=(40, 80, 160)),
    cases=(
        {"gamma": 8.0, "psi": 0.1, "r2": 0.2, "sigma2": 2.0},
        {"gamma": 4.0, "psi": 0.05, "sigma2": 0.05},
        {"gamma": 2.5, "psi": 0.2, "mu": 2.0, "sigma2": 0.05},
        {"gamma": 2.0, "psi": 1.0, "mu": 0.25, "r2": 2.0, "sigma2": 0.5},
    ),
    rivals={
        "noise of the factors forgotten": lambda *, gamma, psi, mu, r2, sigma2: correlated.ridgeless(
            spectra.latent_space(mu, psi), gamma=gamma, r2=r2 * (mu / psi) / (1 + mu / psi) ** 2, sigma2=sigma2
        ),
        "psi read as d/n": lambda *, gamma, psi, **k: formula.ridgeless(gamma=gamma, psi=psi / gamma, **k),
        "features taken as isotropic": lambda *, gamma, psi, mu, r2, sigma2: isotropic.ridgeless(
            gamma=gamma, r2=r2, sigma2=sigma2
        ),
    },
    plot={
        "figure 9": Plot(
            **DIMENSION,
            of="test",
            text="Few factors behind many features, d/n fixed (parameters as recalled); test error: the noise of y given x falls with p.",
        ),
        "figure 9, norm": Plot(
            **DIMENSION,
            of="norm2",
            text="The norm of the same fits (parameters as recalled).",
        ),
        "figure 9, d/p": Plot(
            theory=formula.ridgeless,
            simulation=simulate.latent_space.ridge,
            low=0.4,
            high=20.0,
            at={"r2": 1.0, "sigma2": 0.1, "mu": 1.0},
            lines={"psi": (0.02, 0.05, 0.1, 0.2)},
            text="The same at fixed d/p (values as recalled).",
        ),
    },
)

latent_space_two_routes = Theorem(
    title="The latent-space formula is the correlated one at the induced spectrum and signal",
    statement=r"H=(1-\psi)\delta_1+\psi\,\delta_{1+\mu/\psi},\qquad G=\delta_{1+\mu/\psi}",
    source="hastie2022surprises, equations (31)-(35) and Theorem 3 (its number from memory); general mu derived",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Identity(theory=formula.ridgeless, other=_through_the_spectrum, rtol=1e-11),
    cases=(
        {"gamma": 1.01, "psi": 0.5},
        {"gamma": 3.0, "psi": 0.05, "mu": 4.0, "r2": 2.0},
        {"gamma": 50.0, "psi": 1.0, "sigma2": 0.1},
    ),
    rivals={"mu = 1 whatever mu is": lambda *, mu, **k: formula.ridgeless(mu=1.0, **k)},
)
