r"""The reduced equations solved: Newton's method along the path on which the random matrices are faded in.

All variances are multiplied by h. At small h the equations are a contraction; from there log h grows to 0 by steps that the tangent
predicts, each corrected by Newton's method, in logarithms of the unknowns where they are positive. The branch is therefore the one that
is continuous from the absence of randomness."""

from __future__ import annotations

import numba
import numpy as np

from asymptotics.derivation.tables import SECTIONS

# fmt: off
(TERM_END, POWER_END, VARIABLE, EXPONENT, TOP, BOTTOM, KIND, WHICH, MEASURE, MOMENT, FACTOR_END, FACTOR,
 MULTIPLICITY, PART_END, PART_MONOMIAL, PART_POLYNOMIAL, COMMON, CORE_END, CORE, REST_END, REST, VALUE, ATOM_END) = range(len(SECTIONS))
# fmt: on

OK, STUCK = 0, 1  # status of a point
STEPS = 400  # of the path, at most
ROUNDS = 3  # of the equations from zero, at the start of the path
CALM = 0.01  # Newton's first relative step at a point of the path that was reached easily
GENTLE = 0.1  # a larger one means that the path may have been left


def _polynomial_py(t, c, p, V, G, width, gradient):
    """The value of polynomial p at V, the sum of its terms' moduli, and into `gradient` its derivative along the columns of G."""
    total, size = V[0] * 0, 0.0
    for j in range(width):
        gradient[j] = 0
    for i in range(t[t[TERM_END] + p], t[t[TERM_END] + p + 1]):
        term = c[i] + V[0] * 0
        for k in range(t[t[POWER_END] + i], t[t[POWER_END] + i + 1]):
            term *= V[t[t[VARIABLE] + k]] ** t[t[EXPONENT] + k]
        total += term
        size += abs(term)
        for k in range(t[t[POWER_END] + i], t[t[POWER_END] + i + 1]):
            v = t[t[VARIABLE] + k]
            live = False
            for j in range(width):
                live |= G[v, j] != 0
            if live:
                slope = c[i] * t[t[EXPONENT] + k] + V[0] * 0
                for m in range(t[t[POWER_END] + i], t[t[POWER_END] + i + 1]):
                    slope *= V[t[t[VARIABLE] + m]] ** (t[t[EXPONENT] + m] - (1 if m == k else 0))
                for j in range(width):
                    gradient[j] += slope * G[v, j]
    return total, size


def _function_py(t, c, r, V, G, width, gradient, other):
    """The same for rational function r; the second number is the relative loss by cancellation."""
    top, size = _polynomial(t, c, t[t[TOP] + r], V, G, width, gradient)
    lost = size / abs(top) if top != 0 else np.inf if size > 0 else 1.0
    if t[t[BOTTOM] + r] < 0:
        return top, lost
    bottom, size = _polynomial(t, c, t[t[BOTTOM] + r], V, G, width, other)
    value = top / bottom
    for j in range(width):
        gradient[j] = (gradient[j] - value * other[j]) / bottom
    return value, max(lost, size / abs(bottom) if bottom != 0 else np.inf)


def _integral_py(t, c, at, i, V, G, width, gradient, other, work):
    """The same for integral i; `work` (2 width + 2, atoms) is overwritten."""
    first, last = t[t[ATOM_END] + t[t[MEASURE] + i]], t[t[ATOM_END] + t[t[MEASURE] + i] + 1]
    m = last - first
    terms, D = work[0, :m], work[1, :m]
    for a in range(m):
        terms[a] = at[0, first + a] * at[1 + t[t[MOMENT] + i], first + a]
    work[2 : 2 + width, :m] = 0
    for k in range(t[t[FACTOR_END] + i], t[t[FACTOR_END] + i + 1]):
        f, times, scale = t[t[FACTOR] + k], t[t[MULTIPLICITY] + k], 1 + V[0] * 0
        D[:] = 0
        other[:] = 0
        work[2 + width : 2 + 2 * width, :m] = 0
        if t[t[COMMON] + f] >= 0:
            scale, _ = _polynomial(t, c, t[t[COMMON] + f], V, G, width, other)
        for part in range(t[t[PART_END] + f], t[t[PART_END] + f + 1]):
            weight, _ = _polynomial(t, c, t[t[PART_POLYNOMIAL] + part], V, G, width, gradient)
            s = at[1 + t[t[PART_MONOMIAL] + part], first:last]
            for a in range(m):
                D[a] += weight * s[a]
            for j in range(width):
                if gradient[j] != 0:
                    work[2 + width + j, :m] += gradient[j] * s
        for a in range(m):
            D[a] = 1 / D[a]
        for j in range(width):
            slope, inner, outer = work[2 + j, :m], work[2 + width + j, :m], other[j] / scale
            for a in range(m):
                slope[a] -= times * (inner[a] * D[a] - outer)
        for _ in range(times):
            for a in range(m):
                terms[a] *= scale * D[a]
    total = V[0] * 0
    for a in range(m):
        total += terms[a]
    for j in range(width):
        gradient[j], slope = 0, work[2 + j, :m]
        for a in range(m):
            gradient[j] += terms[a] * slope[a]
    return total


def _block_py(t, c, at, b, V, G, width, F, J, work):
    """The block's other unknowns from its core, and what the equations say of the core (F) with derivatives (J); the worst loss."""
    gradient, other = np.zeros(width, dtype=V.dtype), np.zeros(width, dtype=V.dtype)
    worst, start, first = 1.0, t[t[REST_END] + b], t[t[CORE_END] + b]
    others = t[t[REST_END] + b + 1] - start
    for k in range(others + t[t[CORE_END] + b + 1] - first):
        v = t[t[REST] + start + k] if k < others else t[t[CORE] + first + k - others]
        if t[t[KIND] + v] == 1:
            value, lost = _function(t, c, t[t[WHICH] + v], V, G, width, gradient, other)
            worst = max(worst, lost)
        else:
            value = _integral(t, c, at, t[t[WHICH] + v], V, G, width, gradient, other, work)
        if k < others:
            V[v], G[v, :width] = value, gradient
        else:
            F[k - others], J[k - others, :width] = value, gradient
    return worst


def _step_py(t, c, at, b, V, G, seed, work):
    """Newton's step of block b in column 0, d core / d `seed` in column 1, both relative; its size; whether of logarithms; the loss."""
    first, m = t[t[CORE_END] + b], t[t[CORE_END] + b + 1] - t[t[CORE_END] + b]
    F, J = np.zeros(m, dtype=V.dtype), np.zeros((m, m + 1), dtype=V.dtype)
    for k in range(m):
        G[t[t[CORE] + first + k], :] = 0
        G[t[t[CORE] + first + k], k] = 1
    G[seed, m] = 1.0 if seed >= 0 else G[seed, m]
    worst = _block(t, c, at, b, V, G, m + 1, F, J, work)
    G[seed, m] = 0.0 if seed >= 0 else G[seed, m]
    M, right = np.eye(m).astype(V.dtype), np.zeros((m, 2 + m), dtype=V.dtype)
    x = V[t[t[CORE] + first : t[CORE] + first + m]]
    positive = np.all((x.imag == 0) & (F.imag == 0) & (x.real > 0) & (F.real > 0))
    for i in range(m):
        unit = x[i] if x[i] != 0 else 1 + x[i]
        scale = F[i] if positive else unit
        for j in range(m):
            M[i, j] -= J[i, j] * (x[j] if x[j] != 0 else 1 + x[j]) / scale
        right[i, 2 + i] = 1
        right[i, 0] = np.log(F[i] / x[i]) if positive else (F[i] - x[i]) / scale
        right[i, 1] = J[i, m] / scale
    right = _solved(M, right)
    size = np.max(np.abs(right[:, 0]))
    amplified = np.max(np.abs(right[:, 2:])) * m  # |(1 - J)^-1|: what becomes of the equations' rounding
    return right, (size if np.isfinite(size) else np.inf), positive, worst * max(amplified, 1.0)


def _moved_py(t, b, V, by, positive):
    """The core after a relative step."""
    first = t[t[CORE_END] + b]
    for i in range(len(by)):
        v = t[t[CORE] + first + i]
        V[v] = V[v] * np.exp(by[i]) if positive else V[v] * (1 + by[i]) if V[v] != 0 else by[i]


def _solved_py(M, right):
    """M^-1 right by elimination with pivoting; nan where M is singular."""
    m = M.shape[0]
    for j in range(m):
        p = j + np.argmax(np.abs(M[j:, j]))
        if M[p, j] == 0:
            right[:] = np.nan
            return right
        for A in (M, right):
            for k in range(A.shape[1]):
                A[j, k], A[p, k] = A[p, k], A[j, k]
        for i in range(m):
            if i != j:
                factor = M[i, j] / M[j, j]
                M[i, j:] -= factor * M[j, j:]
                right[i] -= factor * right[j]
    for j in range(m):
        right[j] /= M[j, j]
    return right


def _converge_py(t, c, at, b, V, G, work):
    """Newton's method in block b, to where steps no longer shrink: (size of the last step, loss)."""
    before, worst = np.inf, 1.0
    for _ in range(40):
        found, size, positive, worst = _step(t, c, at, b, V, G, -1, work)
        if size == np.inf or (size > before and before < 1e-8):
            break
        _moved(t, b, V, found[:, 0], positive)
        if size < 4e-16:
            return size, worst
        before = size
    return before, worst


def _nonlinear_py(t, c, at, b, V, G, path, work):
    """Block b from small h to h = 1: (status, size of the last step, loss)."""
    first, m, h, size = t[t[CORE_END] + b], t[t[CORE_END] + b + 1] - t[t[CORE_END] + b], 1.0, np.inf
    F, J = np.zeros(m, dtype=V.dtype), np.zeros((m, 1), dtype=V.dtype)
    for _ in range(80):  # down to where a few rounds of the equations nearly solve them
        V[path] = h
        core = t[t[CORE] + first : t[CORE] + first + m]
        V[core] = 0
        for _ in range(ROUNDS):
            _block(t, c, at, b, V, G, 0, F, J, work)
            V[core] = F
        _, size, _, _ = _step(t, c, at, b, V, G, -1, work)
        if size < GENTLE:
            break
        h /= 100
    stride, logs, before = 2.0, False, h
    kept, way = V.copy(), np.zeros((m, 2 + m), dtype=V.dtype)
    for _ in range(STEPS):
        size, found, positive = _settled(t, c, at, b, V, G, path, work)
        if size > GENTLE:  # too far: back, and a shorter stride
            stride /= 3
            V[:] = kept
            if stride < 1e-4:
                V[path] = before
                return STUCK, size, 1.0
        else:
            if h == 1.0:
                last, worst = _converge(t, c, at, b, V, G, work)
                return (OK if last < CALM else STUCK), last, worst
            kept[:], way[:] = V, found
            logs, before = positive, h
            stride *= 2.5 if size < CALM else 1.0
        ahead = min(stride, -np.log(before))
        h = 1.0 if ahead == -np.log(before) else before * np.exp(ahead)
        V[path] = h
        _moved(t, b, V, way[:, 1] * (before * ahead), logs)
    return STUCK, np.inf, 1.0


def _settled_py(t, c, at, b, V, G, seed, work):
    """Two of Newton's steps: the first one's size, inf where the second shows no convergence to one root, and what the second found."""
    found, size, positive, _ = _step(t, c, at, b, V, G, seed, work)
    if size > GENTLE:
        return np.inf, found, positive
    _moved(t, b, V, found[:, 0], positive)
    found, second, positive, _ = _step(t, c, at, b, V, G, seed, work)
    if second > max(size / 10, 1e-10):  # another root may be as near
        return np.inf, found, positive
    _moved(t, b, V, found[:, 0], positive)
    return size, found, positive


def _solve_py(t, c, at, parameters, path, linear, chained, V, G, found, values, certificate, status):
    """All points: `parameters` (points, k), the first variables; `found` (points, variables) has all; `chained`: along a path."""
    work = np.empty((2 * G.shape[1] + 2, at.shape[1]), dtype=V.dtype)
    for p in range(parameters.shape[0]):
        V[:] = 0
        V[: parameters.shape[1]] = parameters[p]
        G[:] = 0
        status[p] = OK
        residual, worst = 0.0, 1.0
        for b in range(len(linear)):
            G[:] = 0
            m = t[t[CORE_END] + b + 1] - t[t[CORE_END] + b]
            if m == 0:
                worst = max(worst, _block(t, c, at, b, V, G, 0, V[:0], G[:0], work))
                continue
            near = linear[b]
            if (
                p > 0 and status[p - 1] == OK and not near
            ):  # where the last point's solution nearly is this one's, it continues it
                for k in range(t[t[CORE_END] + b], t[t[CORE_END] + b + 1]):
                    V[t[t[CORE] + k]] = found[p - 1, t[t[CORE] + k]]
                near = _settled(t, c, at, b, V, G, -1, work)[0] < GENTLE
            state, last, lost = OK, np.inf, 1.0
            if near:
                last, lost = _converge(t, c, at, b, V, G, work)
            elif chained and p > 0:
                state = STUCK
            else:
                state, last, lost = _nonlinear(t, c, at, b, V, G, path, work)
            residual, worst = max(residual, last), max(worst, lost)
            if state != OK:
                status[p] = state
                break
            V[path] = 1
        gradient, other = np.zeros(1, dtype=V.dtype), np.zeros(1, dtype=V.dtype)
        if status[p] == OK:
            for k in range(values.shape[1]):
                values[p, k], lost = _function(t, c, t[t[VALUE] + k], V, G, 0, gradient, other)
                worst = max(worst, lost)
        certificate[p, 0], certificate[p, 1] = residual, worst
        found[p, :] = V


_jit = numba.njit(cache=True, nogil=True, error_model="numpy")
_polynomial = _jit(_polynomial_py)
_function = _jit(_function_py)
_integral = _jit(_integral_py)
_block, _solved = _jit(_block_py), _jit(_solved_py)
_moved = _jit(_moved_py)
_step = _jit(_step_py)
_converge = _jit(_converge_py)
_settled = _jit(_settled_py)
_nonlinear = _jit(_nonlinear_py)
_solve = _jit(_solve_py)
