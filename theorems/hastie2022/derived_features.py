"""Features that are not all that there is, misspecified or latent: the derived limits against draws, and against the closed forms."""

from asymptotics import latent_space, misspecified, ridge, spectra
from theorems import GAMMA, LAM, R2, SIGMA2, Real, Theorem, each
from theorems.derived import Derived
from theorems.hastie2022.hidden_features import EXPLAINED
from theorems.hastie2022.hidden_features import MODEL as HIDDEN
from theorems.hastie2022.latent import DOMAIN as FACTORS
from theorems.hastie2022.latent import MODEL as LATENT
from theorems.model import Model


def _hidden(law):
    """W: the features that are not seen, q of them; theta, on them, is averaged over its directions."""
    from sympy import Identity, MatrixSymbol, Trace, symbols

    n, p, q, lam, r2, sigma2, explained = symbols("n p q lambda r2 sigma2 explained", positive=True)
    X, W = MatrixSymbol("X", n, p), MatrixSymbol("W", n, q)
    A = X.T * X / n
    R, Q = (A + lam * Identity(p)).inverse(), (X * X.T / n + lam * Identity(n)).inverse()
    seen, unseen = r2 * explained, r2 * (1 - explained)
    fitted = unseen * Trace(W.T * X * R * R * X.T * W) / n**2 / q + sigma2 * Trace(R * A * R) / n
    return {
        "expression": {
            "excess": unseen + seen * lam**2 * Trace(R * R) / p + fitted,
            "train": lam**2 * (seen * Trace(R * A * R) / p + unseen * Trace(W.T * Q * Q * W) / n / q + sigma2 * Trace(Q * Q) / n),
            "norm2": seen * Trace(A * R * R * A) / p + fitted,
        },
        "gaussian": [X, W],
        "ratios": {"gamma": p / n, "unseen": q / n},
    }


_seen_in_part = Derived(_hidden).of("excess", "train", "norm2")

misspecified_in_samples = Model(
    title="Ridge regression with misspecified features, derived from its expression",
    statement=r"M=r^2(1-\kappa):\quad R(r^2,\sigma^2,\kappa)=M+R_{\rm isotropic}(r^2\kappa,\sigma^2+M)",
    source="hastie2022surprises, Theorem 4 (numbering from memory)",
    assumptions=(*HIDDEN, "`unseen` features in w a sample: the limit does not depend on it"),
    domain={"gamma": GAMMA, "unseen": Real(0, 1e3, default=1.0), "lam": LAM, "r2": R2, "sigma2": SIGMA2}
    | {"explained": EXPLAINED},
    claim=_seen_in_part.claim(),
    cases=(
        {"gamma": 2.0, "unseen": 0.5, "lam": 0.5, "r2": 5.0, "sigma2": 2.0, "explained": 0.6},
        {"gamma": 0.5, "unseen": 2.0, "lam": 0.2, "r2": 5.0, "sigma2": 0.5, "explained": 0.3},
    ),
    rivals=_seen_in_part.rivals("gamma", "lam", "sigma2")
    | {"hidden part forgotten": _seen_in_part.by(r2=lambda *, r2, explained, **k: r2 * explained, explained=lambda **k: 1.0)},
)


def _misspecified(*, unseen, **given):
    return misspecified.ridge(**given)


misspecified_formulas = Theorem(
    title="Every closed form of ridge regression with misspecified features is what its expression gives",
    statement=misspecified_in_samples.statement,
    source=misspecified_in_samples.source,
    assumptions=misspecified_in_samples.assumptions,
    domain=misspecified_in_samples.domain,
    claim=_seen_in_part.identity(_misspecified),
    cases=(
        {"gamma": 2.0, "lam": 0.0, "r2": 5.0, "sigma2": 0.5, "explained": 0.6},
        {"gamma": 1 + 2.0**-40, "unseen": 3.0, "lam": 0.0, "explained": 0.2},
        {"gamma": 1.0, "unseen": 0.1, "lam": 1e-10, "r2": 2.0, "explained": 0.9},
        {"gamma": 0.2, "lam": 2.0, "explained": 0.0},
    ),
    rivals=misspecified_in_samples.rivals,
)


def _factors(law):
    """Z: all p coordinates, of which P keeps the d = psi p factors; theta, on these, is averaged over its directions."""
    from sympy import Identity, MatrixSymbol, Trace, sqrt, symbols

    n, p, lam, r2, sigma2, mu, psi = symbols("n p lambda r2 sigma2 mu psi", positive=True)
    Z, U, P = MatrixSymbol("Z", n, p), MatrixSymbol("U", n, p), MatrixSymbol("P", p, p)
    strength = mu / psi
    X = sqrt(strength) * Z * P + U
    A = X.T * X / n
    R, Q = (A + lam * Identity(p)).inverse(), (X * X.T / n + lam * Identity(n)).inverse()
    S, d, fit = (
        Identity(p) + strength * P,
        psi * p,
        R * X.T * Z * P / n,
    )  # the best linear predictor is sqrt(strength)/(1 + strength) P
    return {
        "expression": {
            "excess": r2 * (Trace(S * fit * fit.T) / d - 2 * sqrt(strength) * Trace(P * fit) / d + strength / (1 + strength))
            + sigma2 * Trace(S * R * A * R) / n,
            "train": lam**2 * (r2 * Trace(P * Z.T * Q * Q * Z * P) / n / d + sigma2 * Trace(Q * Q) / n),
            "norm2": r2 * Trace(fit * fit.T) / d + sigma2 * Trace(R * A * R) / n,
        },
        "gaussian": [Z, U],
        "laws": {P: law},
    }


_latent = Derived(_factors, lambda *, psi: spectra.atoms([1.0, 0.0], [psi, 1 - psi])).of("excess", "train", "norm2")


def _induced(*, gamma, psi, mu, lam, r2, sigma2):
    """The linear model of y given x: two eigenvalues, the signal on the larger."""
    at = latent_space.induced(psi=psi, mu=mu, r2=r2, sigma2=sigma2)
    return ridge.ridge(spectra.latent_space(mu, psi), gamma=gamma, lam=lam, r2=at.beta2, sigma2=at.noise)


latent_space_in_samples = Model(
    title="Ridge regression in the latent space model, derived from its expression",
    statement=r"y=\langle\theta,z\rangle+\xi,\ x=Wz+u:\quad \text{ridge at }"
    r"H=(1-\psi)\delta_1+\psi\,\delta_A,\ G=\delta_A,\ A=1+\frac\mu\psi,\ "
    r"\|\beta\|^2=\frac{r^2\mu/\psi}{A^2},\ \tilde\sigma^2=\sigma^2+\frac{r^2}{A}",
    source="hastie2022surprises, equations (31)-(35), where mu = 1 and lam = 0; the rest derived",
    assumptions=(*LATENT[:2], "d/p -> psi, p/n -> gamma; the excess risk is over the best linear predictor of y from x"),
    domain=FACTORS | {"gamma": GAMMA, "lam": LAM},
    claim=_latent.of("excess", "norm2").claim(),
    cases=(
        {"gamma": 2.0, "psi": 0.2, "mu": 1.0, "lam": 0.5, "sigma2": 0.5},
        {"gamma": 0.5, "psi": 0.5, "mu": 0.25, "lam": 0.5, "r2": 2.0, "sigma2": 2.0},
    ),
    rivals=_latent.of("excess", "norm2").rivals("gamma", "lam", "sigma2"),
)

latent_space_formulas = Theorem(
    title="The closed form of the latent space model is what its expression gives without a penalty",
    statement=r"\lambda\to0:\quad R\to\|\beta\|^2\Bigl(1+\gamma c_0\frac{E_1}{E_2}\Bigr)\frac{A}{(1+c_0\gamma A)^2}"
    r"+\tilde\sigma^2\gamma c_0\frac{E_1}{E_2}",
    source="hastie2022surprises, equations (31)-(35), where mu = 1; general mu derived",
    assumptions=latent_space_in_samples.assumptions,
    domain=FACTORS | {"gamma": GAMMA},
    claim=_latent.identity(latent_space.ridgeless, lam=0.0),
    cases=(
        {"gamma": 8.0, "psi": 0.1, "r2": 0.2, "sigma2": 2.0},
        {"gamma": 1 + 2.0**-40, "psi": 0.5, "mu": 2.0},
        {"gamma": 0.5, "psi": 0.25, "mu": 4.0, "sigma2": 0.1},
        {"gamma": 1.5, "psi": 1.0, "mu": 0.01},
    ),
    rivals={"mu = 1 whatever mu is": _latent.by(latent_space.ridgeless, mu=lambda **k: 1.0)},
)

latent_space_ridge = Theorem(
    title="Ridge regression in the latent space model is ridge on the induced linear model",
    statement=latent_space_in_samples.statement,
    source=latent_space_in_samples.source,
    assumptions=latent_space_in_samples.assumptions,
    domain=latent_space_in_samples.domain,
    claim=_latent.identity(each(("psi", "mu"), _induced)),
    cases=(
        {"gamma": 3.0, "psi": 0.1, "lam": 0.05, "r2": 2.0, "sigma2": 0.5},
        {"gamma": 1.0, "psi": 0.5, "mu": 2.0, "lam": 1e-10},
        {"gamma": 0.2, "psi": 0.25, "mu": 50.0, "lam": 2.0},
    ),
    rivals=_latent.rivals("gamma", "lam"),
)
