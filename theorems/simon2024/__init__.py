"""Simon, Karkada, Ghosh and Belkin, More is better in modern machine learning (2024): random features, and kernels as their limit."""

import numpy as np

import simulate.power_laws
import simulate.random_features
from asymptotics import equivalents, power_laws, random_features, ridge, spectra
from theorems import GAMMA, LAM, R2, SIGMA2, Bound, Identity, Mean, Plot, Real, Theorem, each, through
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law
from theorems.plots import simon2024 as figures

MODEL = (
    "x Gaussian of covariance S in R^p, or so in effect: the eigenfunctions of a kernel, by universality; k features h(x) = W'x with "
    "entries of W independent N(0, 1/k)",
    "the spectrum of S converges to H, the signal's energy over its eigenvectors to G, |beta|^2 = r2; noise of variance sigma2",
    "the fit is a'h(x), a = H'(H H' + n lam)^-1 y; k/n -> gamma, p/k -> psi",
)
DOMAIN = {
    "spectrum": SPECTRUM,
    "signal": SIGNAL,
    "gamma": GAMMA,
    "psi": Real(0.0, 1e3),
    "lam": LAM,
    "r2": R2,
    "sigma2": SIGMA2,
}
ATOMS = "atoms:4@0.5,0.25@0.5"
CASES = (
    {"spectrum": ATOMS, "signal": "top:0.5", "gamma": 1.5, "psi": 2.0, "lam": 0.1, "r2": 2.0, "sigma2": 0.5},
    {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 0.5, "psi": 4.0, "lam": 0.1, "r2": 5.0, "sigma2": 0.2},
    {"spectrum": "power:1.2", "gamma": 4.0, "psi": 0.5, "lam": 0.05, "r2": 5.0},
    {"spectrum": "isotropic", "gamma": 1.0, "psi": 2.0, "lam": 0.2, "r2": 2.0, "sigma2": 2.0},
)
RIDGELESS = ({"spectrum": ATOMS, "gamma": 2.0, "psi": 2.0, "lam": 0.0, "r2": 2.0, "sigma2": 0.5},)
KAPPA = r"1=\gamma\psi\int\frac{s\,dH}{s+\kappa}+\frac{\lambda}{\kappa_1},\quad 1=\psi\int\frac{s\,dH}{s+\kappa}+\frac{\kappa_1}{\kappa}"
SIZES = (30, 60, 120)


def theory(*, spectrum, signal, **given):
    return random_features.ridge(law(spectrum, signal), **given)


def _kernel(*, spectrum, signal, gamma, psi, **given):
    return ridge.ridge(law(spectrum, signal), gamma=gamma * psi, **given)


def _rivals(of):
    def field(**given):
        return getattr(theory(**given), of)

    return {
        "infinitely many features": lambda **k: getattr(_kernel(**k), of),
        "samples and features exchanged": lambda *, gamma, psi, lam, **k: field(
            gamma=1 / gamma, psi=psi * gamma, lam=lam / gamma, **k
        ),
        "features not divided by the root of k": lambda *, gamma, lam, **k: field(gamma=gamma, lam=lam / gamma, **k),
        "sigma in place of sigma2": lambda *, sigma2, **k: field(sigma2=sigma2**0.5, **k),
        "the signal taken as isotropic": lambda *, signal, **k: field(signal="isotropic", **k),
    }


def _claim(of):
    return Mean(theory=theory, simulation=simulate.random_features.ridge, of=of, sizes=SIZES)


random_features_ridge = Theorem(
    title="Ridge regression on random features: the test error",
    statement=KAPPA
    + r",\quad R+\sigma^2\to\frac{B_2+(1-\rho)C+\sigma^2}{1-\mathrm{df}_1+\rho(\mathrm{df}_1-\mathrm{df}_2)},\quad "
    r"\rho=\frac{\gamma-\mathrm{df}_1}{\gamma-\mathrm{df}_2},\quad B_2=r^2\kappa^2\!\int\!\frac{s\,dG}{(s+\kappa)^2},\quad "
    r"C=r^2\kappa\!\int\!\frac{s^2dG}{(s+\kappa)^2}",
    source="simon2024more, equations (6) to (8) (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("test"),
    cases=CASES + RIDGELESS,
    rivals=_rivals("test")
    | {
        "noise of the new label left out": lambda **k: theory(**k).excess,
        "what the features cannot express costs no variance": lambda **k: theory(**k).variance + k["sigma2"] + _kernel(**k).bias,
    },
    plot={
        "": Plot(
            at={"spectrum": ATOMS, "psi": 2.0, "r2": 1.0, "sigma2": 0.2},
            lines={"lam": (0.001, 0.1, 1.0)},
            low=0.2,
            high=5.0,
            n=60,
        ),
        **figures.FIGURE_1,
    },
)

training_error = Theorem(
    title="Random features: the training error is (delta/(n kappa1))^2 times the test error",
    statement=KAPPA + r",\quad \tfrac1n\|y-Ha\|^2\to\frac{\lambda^2}{\kappa_1^2}\,(R+\sigma^2)",
    source="simon2024more, equation (9) (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("train"),
    cases=({**CASES[0], "lam": 1.0}, *CASES[1:]),
    rivals=_rivals("train") | {"(lam/kappa)^2": lambda *, lam, **k: (at := theory(lam=lam, **k)).test * (lam / at.kappa) ** 2},
)

coefficient_norm = Theorem(
    title="Random features: the squared norm of the coefficients",
    statement=KAPPA + r",\quad \|a\|^2\to\frac{1}{\kappa_1}\Bigl[\int\frac{r^2\kappa s\,dG}{s+\kappa}+\sigma^2\Bigr]"
    r"-\frac{\lambda}{\kappa_1^2}\,(R+\sigma^2)",
    source="simon2024more, from equations (6) to (9) (numbering from memory): |a|^2 = y'(K + delta)^-1 y - n train/delta",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("norm2"),
    cases=CASES + RIDGELESS,
    rivals=_rivals("norm2") | {"the norm of the function": lambda **k: theory(**k).rkhs2},
)


def _inside(*, spectrum, signal, gamma, psi, lam, r2, sigma2):
    """The norm of the function as for a kernel, at this kappa and test error."""
    given = {"gamma": gamma, "psi": psi, "lam": lam}
    at = random_features.effective((pair := law(spectrum, signal)).H, **given)
    kept = r2 * pair.G.integrate(lambda s: (s / (s + at.kappa)) ** 2)
    return kept + np.asarray(at.slope) * np.asarray(random_features.ridge(pair, r2=r2, sigma2=sigma2, **given).test)


function_norm = Theorem(
    title="Random features: the squared norm of the function in the space of the mean kernel",
    statement=KAPPA + r",\quad \|f\|^2\to r^2\int\frac{s^2dG}{(s+\kappa)^2}+(R+\sigma^2)\,\gamma\psi\int\frac{s+(1-\rho)\kappa}"
    r"{(s+\kappa)^2}dH+\frac{C}{\gamma-\mathrm{df}_2}\,\gamma\psi\int\frac{\kappa\,dH}{(s+\kappa)^2}",
    source="simon2024more, from equations (6) and (7) (numbering from memory), by a derivative: derived here",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Mean(theory=theory, simulation=simulate.random_features.function_norm, of="rkhs2", sizes=(20, 40, 80)),
    cases=CASES,
    rivals={
        "infinitely many features": lambda **k: _kernel(**k).norm2,
        "the norm of the coefficients": lambda **k: theory(**k).norm2,
        "the function within the inputs' own directions": _inside,
    },
)


def _larger(*, spectrum, signal, lam, gamma, psi, samples, features, **given):
    """The optimal test error with `samples` times the samples, `features` times the features, and the same inputs."""
    sizes = {"gamma": gamma * features / samples, "psi": psi / features}
    return random_features.optimal(law(spectrum, signal), **sizes, **given).test


more_is_better = Theorem(
    title="More samples and more features are better, at the optimal penalty",
    statement=r"n'\ge n,\ k'\ge k\ \Rightarrow\ \min_\delta E_{\rm test}(n',k',\delta)\le\min_\delta E_{\rm test}(n,k,\delta)",
    source="simon2024more, Theorem 1, equation (5)",
    assumptions=(
        *MODEL,
        "`samples` = n'/n >= 1, `features` = k'/k >= 1: no penalty does better at (n, k) than the best at (n', k')",
    ),
    domain=DOMAIN | {"samples": Real(1.0, 100.0, "["), "features": Real(1.0, 100.0, "[")},
    claim=Bound(
        theory=_larger,
        simulation=through(simulate.random_features.ridge, lambda *, samples, features, **k: k),
        of="test",
        sizes=SIZES,
    ),
    cases=(
        {"spectrum": ATOMS, "gamma": 1.5, "psi": 2.0, "lam": 4.0, "samples": 1.0, "features": 1.0, "r2": 2.0, "sigma2": 0.5},
        {"spectrum": "ar1:0.7", "gamma": 0.5, "psi": 3.0, "lam": 0.8, "samples": 1.0, "features": 1.2, "r2": 5.0, "sigma2": 0.2},
        {"spectrum": "power:1.2", "gamma": 2.0, "psi": 1.0, "lam": 0.8, "samples": 1.2, "features": 1.0, "r2": 5.0},
    ),
    rivals={
        "fewer features are better": lambda *, features, **k: _larger(features=features / 2, **k),
        "fewer samples are better": lambda *, samples, **k: _larger(samples=samples / 2, **k),
        "no penalty is best": lambda *, spectrum, signal, gamma, psi, lam, samples, features, **k: (
            theory(spectrum=spectrum, signal=signal, gamma=gamma * features / samples, psi=psi / features, lam=0.0, **k).test
        ),
    },
)


def _at_powers(risk):
    return each("alpha", each("beta", lambda *, alpha, beta, **given: risk(spectra.power_law(alpha, beta), **given)))


_power_law, _limit = _at_powers(random_features.ridge), _at_powers(ridge.ridge)


kernel_limit = Theorem(
    title="With infinitely many features the random-features equations are those of kernel ridge regression",
    statement=r"k\to\infty:\quad\kappa_1=\kappa,\quad n=\sum_i\frac{\lambda_i}{\lambda_i+\kappa}+\frac\delta\kappa,\quad "
    r"R+\sigma^2=\frac{\sum_i(\kappa/(\lambda_i+\kappa))^2v_i^2+\sigma^2}{1-\mathrm{df}_2/n}",
    source="simon2024more, section 4 (numbering from memory)",
    assumptions=("eigenvalues i^-alpha, powers v_i^2 = i^-beta of the target, i = 1, 2 and so on; n samples, penalty delta",),
    domain={
        "alpha": Real(1.05, 8.0, "[]"),
        "beta": Real(1.05, 8.0, "[]"),
        "n": Real(1.0, 1e6, "[]"),
        "delta": Real(0.0, np.inf, "["),
        "sigma2": SIGMA2,
    },
    claim=Identity(theory=lambda **given: _power_law(k=np.inf, **given), other=_limit, of="test", rtol=1e-12),
    cases=(
        {"alpha": 1.5, "beta": 1.5, "n": 256.0, "delta": 0.0, "sigma2": 0.5},
        {"alpha": 1.36, "beta": 1.11, "n": 1000.0, "delta": 1e-3, "sigma2": 0.0},
        {"alpha": 2.0, "beta": 3.0, "n": 20.0, "delta": 1.0},
    ),
    rivals={
        "k = 1000 n is as good": lambda *, n, **given: _power_law(n=n, k=1000 * n, **given),
        "the training error": lambda **given: _power_law(k=np.inf, **given).train,
    },
)


def _beta(alpha, source):
    return 1 + 2 * alpha * np.asarray(source)


def _relative(*, alpha, source, fitting, noise):
    return power_laws.relative_test(alpha=alpha, beta=_beta(alpha, source), fitting=fitting, noise=noise)


def _at_fitting(*, n, alpha, source, fitting, noise, draws, rng):
    """Test errors at the penalty of this fitting ratio and the noise in units of test_0, in those units."""
    beta = float(_beta(alpha, source))
    unit = power_laws.interpolation(alpha=alpha, beta=beta, n=n)
    delta = n * fitting * unit.kappa * (1 - fitting) ** -alpha
    given = {"alpha": alpha, "beta": beta, "delta": delta, "sigma2": noise * unit.test}
    return np.asarray(simulate.power_laws.ridge(n=n, draws=draws, rng=rng, **given).test) / unit.test


_at_fitting.cost = 3.0  # type: ignore[attr-defined]

POWERS = (
    "eigenfunctions Gaussian, kernel eigenvalues i^-alpha, target powers v_i^2 = i^-beta, i = 1, 2 and so on",
    "`source` is (beta - 1)/(2 alpha)",
    "noise of variance sigma2 = `noise` test_0, test_0 the test error of noiseless interpolation; `fitting` is q = sqrt(train/test)",
)


power_law = Theorem(
    title="Power laws: the test error as a function of the fitting ratio",
    statement=r"\frac{E_{\rm te}(q)}{E_0}\to\frac{(1-q)^{1-\beta}+\alpha\,\sigma^2/E_0}{1+(\alpha-1)q},"
    r"\quad q^2=\frac{E_{\rm tr}}{E_{\rm te}}",
    source="simon2024more, Theorem 2 and Eq. (10)",
    assumptions=POWERS,
    domain={
        "alpha": Real(1.2, 3.0, "[]"),
        "source": Real(0.0, 1.0),
        "fitting": Real(0.0, 1.0, "["),
        "noise": Real(0.0, 1e6, "["),
    },
    claim=Mean(theory=_relative, simulation=_at_fitting, sizes=(20, 40, 80)),
    cases=(
        {"alpha": 1.5, "source": 0.2, "fitting": 0.3, "noise": 1.0},
        {"alpha": 1.5, "source": 0.3, "fitting": 0.5, "noise": 0.0},
        {"alpha": 1.3, "source": 0.3, "fitting": 0.0, "noise": 2.0},
    ),
    rivals={
        "q^2 in the place of q": lambda *, fitting, **k: _relative(fitting=np.asarray(fitting) ** 2, **k),
        "noise without alpha": lambda *, alpha, noise, **k: _relative(alpha=alpha, noise=noise / alpha, **k),
        "alpha and beta swapped in the signal": lambda *, alpha, source, fitting, noise: (
            ((1 - fitting) ** (1 - alpha) + alpha * noise) / (1 + (_beta(alpha, source) - 1) * fitting)
        ),
        "the fitting ratio does not matter": lambda *, fitting, **k: _relative(fitting=0 * np.asarray(fitting), **k),
    },
    plot=figures.figure_2(_relative, _at_fitting),
)


def _critical(*, alpha, source):
    return np.maximum(power_laws.critical_noise(alpha=alpha, beta=_beta(alpha, source)), 0.0)


def _where_the_slope_vanishes(*, alpha, source):
    """sigma2/test_0 at which delta = 0 is a stationary point of the exact sums at n = 1e9, Eq. (5) of `asymptotics.ridge`."""
    spectrum, n = spectra.power_law(alpha, float(_beta(alpha, source))), 1e9
    at = equivalents.effective_ridge(spectrum.H, n=n, delta=0.0)
    signal, kernel = (ridge.sums(law, np.array([at.kappa]))[:, 0] for law in (spectrum.G, spectrum.H))
    sigma2 = at.kappa * signal[4] * at.gap / kernel[4] - signal[1]
    return max(sigma2 / (n * signal[1] / at.gap), 0.0)


interpolation_is_optimal = Theorem(
    title="Power laws: interpolation is optimal if and only if there is little noise",
    statement=r"q^*=0\iff\frac{\sigma^2}{E_0}\le\frac{\beta-\alpha}{\alpha(\alpha-1)}",
    source="simon2024more, Corollary 1",
    assumptions=(
        *POWERS,
        "n -> infinity: the second route sums exactly, with analytic tails, at n = 10^9; the value is the largest noise",
    ),
    domain={"alpha": Real(1.2, 3.0, "[]"), "source": Real(0.0, 0.6, "]")},
    claim=Identity(theory=_critical, other=_where_the_slope_vanishes, rtol=1e-8),  # 1/n + n^(beta - 1 - 2 alpha)
    cases=({"alpha": 1.5, "source": 0.5}, {"alpha": 2.0, "source": 0.4}, {"alpha": 1.3, "source": 0.6}),
    rivals={
        "(beta - alpha)/alpha": lambda *, alpha, source: np.maximum(_beta(alpha, source) - alpha, 0) / alpha,
        "sigma in place of sigma2": lambda **k: np.sqrt(_critical(**k)),
        "alpha and beta swapped in the product": lambda *, alpha, source: (
            np.maximum((b := _beta(alpha, source)) - alpha, 0) / (b * np.maximum(b - 1, 1e-3))
        ),
    },
)
