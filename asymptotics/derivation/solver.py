r"""The reduced equations solved: Newton's method along the path on which the random matrices are faded in.

All variances are multiplied by h. At small h the equations are a contraction; from there log h grows to 0 by steps that the tangent
predicts, each corrected by Newton's method, in logarithms of the unknowns where they are positive. The branch is therefore the one that
is continuous from the absence of randomness, which is the limit of the random matrices wherever that path meets no singularity.

Linear blocks take one step. One kernel serves every model, on real and on complex numbers.
"""

from __future__ import annotations

import numba
import numpy as np

from asymptotics.derivation.tables import Points, Tables

OK, STUCK, DEGENERATE = 0, 1, 2  # status of a point

STEPS = 400  # of the path, at most
GENTLE = 0.2  # a predicted point is accepted if the first correction is at most so large, relatively


def _polynomial_py(t, p, V, G, width, gradient):
    """The value of polynomial p at V, the sum of its terms' moduli, and into `gradient` its derivative along the columns of G."""
    total, size = V[0] * 0, 0.0
    for j in range(width):
        gradient[j] = 0
    for i in range(t.term_end[p], t.term_end[p + 1]):
        term = t.coefficient[i] + V[0] * 0
        for k in range(t.power_end[i], t.power_end[i + 1]):
            term *= V[t.variable[k]] ** t.exponent[k]
        total += term
        size += abs(term)
        for k in range(t.power_end[i], t.power_end[i + 1]):
            v = t.variable[k]
            live = False
            for j in range(width):
                live |= G[v, j] != 0
            if live:
                slope = t.coefficient[i] * t.exponent[k] + V[0] * 0
                for m in range(t.power_end[i], t.power_end[i + 1]):
                    slope *= V[t.variable[m]] ** (t.exponent[m] - (1 if m == k else 0))
                for j in range(width):
                    gradient[j] += slope * G[v, j]
    return total, size


def _function_py(t, r, V, G, width, gradient, other):
    """The same for rational function r; the second number is the relative loss by cancellation."""
    top, size = _polynomial(t, t.top[r], V, G, width, gradient)
    lost = size / abs(top) if top != 0 else 1.0
    if t.bottom[r] < 0:
        return top, lost
    bottom, size = _polynomial(t, t.bottom[r], V, G, width, other)
    value = top / bottom
    for j in range(width):
        gradient[j] = (gradient[j] - value * other[j]) / bottom
    return value, max(lost, size / abs(bottom) if bottom != 0 else np.inf)


def _integral_py(t, at, i, V, G, width, gradient, other):
    """The same for integral i."""
    first, last = at.atom_end[t.measure[i]], at.atom_end[t.measure[i] + 1]
    m = last - first
    terms = (at.weights[first:last] * at.monomials[t.moment[i], first:last]) * (1.0 + V[0] * 0)
    slopes = np.zeros((width, m), dtype=V.dtype)
    D, S = np.empty(m, dtype=V.dtype), np.empty((width, m), dtype=V.dtype)
    for k in range(t.factor_end[i], t.factor_end[i + 1]):
        f, times = t.factor[k], t.multiplicity[k]
        scale = 1.0 + V[0] * 0
        D[:] = 0
        S[:] = 0
        for part in range(t.part_end[f], t.part_end[f + 1]):
            c, _ = _polynomial(t, t.part_polynomial[part], V, G, width, gradient)
            s = at.monomials[t.part_monomial[part], first:last]
            for a in range(m):
                D[a] += c * s[a]
            for j in range(width):
                if gradient[j] != 0:
                    for a in range(m):
                        S[j, a] += gradient[j] * s[a]
        if t.common[f] >= 0:
            scale, _ = _polynomial(t, t.common[f], V, G, width, other)
        for a in range(m):
            D[a] = 1 / D[a]
            inverse = D[a] * scale
            for _ in range(times):
                terms[a] *= inverse
        for j in range(width):
            shift = other[j] / scale if t.common[f] >= 0 else V[0] * 0
            for a in range(m):
                slopes[j, a] -= times * (S[j, a] * D[a] - shift)
    total = V[0] * 0
    for a in range(m):
        total += terms[a]
    for j in range(width):
        gradient[j] = 0
        for a in range(m):
            gradient[j] += terms[a] * slopes[j, a]
    return total


def _variable_py(t, at, v, V, G, width, gradient, other):
    """What the equation of variable v says of it."""
    if t.kind[v] == 1:
        return _function(t, t.which[v], V, G, width, gradient, other)
    return _integral(t, at, t.which[v], V, G, width, gradient, other), 1.0


def _block_py(t, at, b, V, G, width, F, J):
    """The block's other unknowns from its core, and what the equations say of the core (F) with derivatives (J); the worst loss."""
    gradient, other = np.zeros(width, dtype=V.dtype), np.zeros(width, dtype=V.dtype)
    worst = 1.0
    for k in range(t.rest_end[b], t.rest_end[b + 1]):
        v = t.rest[k]
        V[v], lost = _variable(t, at, v, V, G, width, gradient, other)
        G[v, :width] = gradient
        worst = max(worst, lost)
    for k in range(t.core_end[b], t.core_end[b + 1]):
        row = k - t.core_end[b]
        F[row], lost = _variable(t, at, t.core[k], V, G, width, gradient, other)
        J[row, :width] = gradient
        worst = max(worst, lost)
    return worst


def _step_py(t, at, b, V, G, seed):
    """One Newton step of block b: (relative size of the step, direction d core / d seed); `seed` a variable to follow, or -1."""
    first, m = t.core_end[b], t.core_end[b + 1] - t.core_end[b]
    F, J = np.zeros(m, dtype=V.dtype), np.zeros((m, m + 1), dtype=V.dtype)
    for k in range(m):
        G[t.core[first + k], :] = 0
        G[t.core[first + k], k] = 1
    if seed >= 0:
        G[seed, m] = 1
    worst = _block(t, at, b, V, G, m + 1, F, J)
    if seed >= 0:
        G[seed, m] = 0
    M, right = np.zeros((m, m), dtype=V.dtype), np.zeros((m, 2), dtype=V.dtype)
    positive = True
    for i in range(m):
        x = V[t.core[first + i]]
        positive &= abs(x.imag) == 0 and abs(F[i].imag) == 0 and x.real > 0 and F[i].real > 0
    for i in range(m):
        x = V[t.core[first + i]]
        scale = F[i] if positive else x if x != 0 else x + 1
        for j in range(m):
            y = V[t.core[first + j]]
            M[i, j] = (1.0 if i == j else 0.0) - J[i, j] * (y if y != 0 else y + 1) / scale
        if not positive and x == 0:
            for j in range(m):
                y = V[t.core[first + j]]
                M[i, j] = (1.0 if i == j else 0.0) - J[i, j] * (y if y != 0 else y + 1)
        right[i, 0] = np.log(F[i] / x) if positive else (F[i] - x) / scale
        right[i, 1] = J[i, m] / scale
    return _solved(M, right), positive, worst


def _solved_py(M, right):
    """M^-1 right by elimination with pivoting; nan where M is singular."""
    m = M.shape[0]
    for j in range(m):
        p = j
        for i in range(j + 1, m):
            if abs(M[i, j]) > abs(M[p, j]):
                p = i
        if M[p, j] == 0:
            right[:] = np.nan
            return right
        for k in range(m):
            M[j, k], M[p, k] = M[p, k], M[j, k]
        for k in range(right.shape[1]):
            right[j, k], right[p, k] = right[p, k], right[j, k]
        for i in range(m):
            if i != j:
                factor = M[i, j] / M[j, j]
                for k in range(j, m):
                    M[i, k] -= factor * M[j, k]
                for k in range(right.shape[1]):
                    right[i, k] -= factor * right[j, k]
    for j in range(m):
        for k in range(right.shape[1]):
            right[j, k] /= M[j, j]
    return right


def _converge_py(t, at, b, V, G, gentle):
    """Newton's method in block b: (size of its last step, size of its first); stops where steps no longer shrink."""
    first, m = t.core_end[b], t.core_end[b + 1] - t.core_end[b]
    begun, before, worst = -1.0, np.inf, 1.0
    for _ in range(40):
        found, positive, worst = _step(t, at, b, V, G, -1)
        size = 0.0
        for i in range(m):
            size = max(size, abs(found[i, 0]))
        if not np.isfinite(size):
            return np.inf, np.inf, worst
        if begun < 0:
            begun = size
            if begun > gentle:
                return np.inf, begun, worst
        for i in range(m):
            v = t.core[first + i]
            if positive:
                V[v] *= np.exp(found[i, 0])
            elif V[v] != 0:
                V[v] *= 1 + found[i, 0]
            else:
                V[v] = found[i, 0]
        if size < 4e-16 or (size >= before / 2 and before < 1e-9):
            return min(size, before), begun, worst
        if size > before and size > gentle:
            return np.inf, begun, worst
        before = size
    return before, begun, worst


def _nonlinear_py(t, at, b, V, G, path):
    """Block b from h = small to h = 1: (status, size of the last Newton step, loss)."""
    first, m = t.core_end[b], t.core_end[b + 1] - t.core_end[b]
    F, J = np.zeros(m, dtype=V.dtype), np.zeros((m, m + 1), dtype=V.dtype)
    h = 1.0
    calm = False
    for _ in range(60):  # down to where a few rounds of the equations nearly repeat themselves
        V[path] = h
        for i in range(m):
            V[t.core[first + i]] = 0
        moved = np.inf
        for _ in range(6):
            _block(t, at, b, V, G, 0, F, J)
            moved = 0.0
            for i in range(m):
                v = t.core[first + i]
                moved = max(moved, abs(F[i] - V[v]) / abs(F[i])) if F[i] != 0 else moved
                V[v] = F[i]
        if moved < 0.05:
            calm = True
            break
        h /= 8
    if not calm:
        return STUCK, np.inf, 1.0
    last, _, worst = _converge(t, at, b, V, G, 1.0)
    stride = 1.0
    kept = V.copy()
    for _ in range(STEPS):
        if h >= 1.0 or not np.isfinite(last):
            break
        tangent, positive, _ = _step(t, at, b, V, G, path)
        kept[:] = V
        while True:
            target = min(1.0, h * np.exp(stride))
            ahead = np.log(target / h) if target < 1.0 else -np.log(h)
            V[path] = target
            for i in range(m):
                v = t.core[first + i]
                slope = tangent[i, 1] * h * ahead
                V[v] = kept[v] * np.exp(slope) if positive else kept[v] * (1 + slope) if kept[v] != 0 else slope
            last, begun, worst = _converge(t, at, b, V, G, GENTLE)
            if np.isfinite(last) and last < 1e-6:
                break
            V[:] = kept
            stride /= 3
            if stride < 1e-6:
                return STUCK, np.inf, worst
        h = target
        stride = stride * (3.0 if begun < 0.02 else 1.5 if begun < 0.08 else 1.0)
    if h < 1.0 or not np.isfinite(last):
        return STUCK, last, worst
    return OK, last, worst


def _solve_py(t, at, parameters, path, linear, V, G, found, values, certificate, status):
    """All points: `parameters` (points, k) are the first k variables; `found` (points, variables) receives all."""
    for p in range(parameters.shape[0]):
        V[:] = 0
        V[: parameters.shape[1]] = parameters[p]
        G[:] = 0
        status[p] = OK
        residual, worst = 0.0, 1.0
        for b in range(len(linear)):
            G[:] = 0
            m = t.core_end[b + 1] - t.core_end[b]
            if m == 0:
                _block(t, at, b, V, G, 0, np.zeros(0, dtype=V.dtype), np.zeros((0, 0), dtype=V.dtype))
                continue
            if linear[b]:
                state = OK
                last, _, lost = _converge(t, at, b, V, G, np.inf)
            else:
                state, last, lost = _nonlinear(t, at, b, V, G, path)
            V[path] = 1
            residual, worst = max(residual, last), max(worst, lost)
            if state != OK:
                status[p] = state
                break
        gradient, other = np.zeros(1, dtype=V.dtype), np.zeros(1, dtype=V.dtype)
        if status[p] == OK:
            for k in range(len(t.value)):
                values[p, k], lost = _function(t, t.value[k], V, G, 0, gradient, other)
                worst = max(worst, lost)
        certificate[p, 0], certificate[p, 1] = residual, worst
        found[p, :] = V


_jit = numba.njit(cache=True, nogil=True, error_model="numpy")
_polynomial = _jit(_polynomial_py)
_function = _jit(_function_py)
_integral = _jit(_integral_py)
_variable = _jit(_variable_py)
_block = _jit(_block_py)
_solved = _jit(_solved_py)
_step = _jit(_step_py)
_converge = _jit(_converge_py)
_nonlinear = _jit(_nonlinear_py)
_solve = _jit(_solve_py)
