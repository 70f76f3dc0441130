"""Certified forms of `asymptotics.misspecified`: the isotropic risks at the seen signal and all noise, plus the unseen signal."""

from __future__ import annotations

from typing import Any

from asymptotics.certified import isotropic


def _parts(gamma: Any, explained: Any, decay: Any, r2: Any, sigma2: Any) -> tuple[Any, Any, Any]:
    unseen = 1 - explained if decay is None else (1 + gamma) ** -decay
    return r2 * (1 - unseen), r2 * unseen, sigma2 + r2 * unseen


def _risk(at: dict[str, Any], missing: Any) -> dict[str, Any]:
    return at | {"bias": at["bias"] + missing, "excess": at["excess"] + missing}


def ridge(*, gamma: Any, lam: Any, explained: Any, decay: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    signal, missing, noise = _parts(gamma, explained, decay, r2, sigma2)
    return _risk(isotropic.ridge(gamma=gamma, lam=lam, r2=signal, sigma2=noise), missing)


def ridgeless(*, gamma: Any, explained: Any, decay: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    signal, missing, noise = _parts(gamma, explained, decay, r2, sigma2)
    return _risk(isotropic.ridgeless(gamma=gamma, r2=signal, sigma2=noise), missing)


def optimal_penalty(*, gamma: Any, explained: Any, decay: Any, r2: Any, sigma2: Any) -> Any:
    signal, _, noise = _parts(gamma, explained, decay, r2, sigma2)
    return isotropic.optimal_penalty(gamma=gamma, r2=signal, sigma2=noise)


def optimal(*, gamma: Any, explained: Any, decay: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    signal, missing, noise = _parts(gamma, explained, decay, r2, sigma2)
    return _risk(isotropic.optimal(gamma=gamma, r2=signal, sigma2=noise), missing)
