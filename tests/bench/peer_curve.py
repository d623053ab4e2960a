"""What a Python user would write for the clean-up of curves: normalise, smooth (coefficients from scipy), take the background
off, normalise; 50 lines of numba. The rule is that of core/math/curve.h."""
import numba
import numpy as np
from scipy.signal import savgol_coeffs

WINDOW, ORDER, FIRST, LAST, SWEEPS, TIE = 15, 8, 23, 68, 1001, 1e-12


@numba.njit(cache=True)
def normalise(y):
    low, high = y.min(), y.max()
    if not high > low:
        y[:] = np.nan
        return False
    y[:] = (y - low) / (high - low)
    return True


@numba.njit(cache=True)
def clean_one(counts, weights, y, s, b, out):
    bins, half = len(counts), WINDOW // 2
    y[:] = counts
    if not normalise(y):
        out[:] = np.nan
        return
    for i in range(bins):
        start = min(max(i - half, 0), bins - WINDOW)
        total = 0.0
        for k in range(WINDOW):
            total += weights[i - start, k] * y[start + k]
        s[i] = total
    reference = -1
    for i in range(bins // 2 + 1, bins - 1):
        if s[i] < s[i - 1] and s[i] < s[i + 1]:
            reference = i
            break
    if reference >= 0:
        b[:] = s
        left = SWEEPS
        while left > 0 and b[FIRST:LAST + 1].max() - s[reference] > TIE:
            old = s if left == SWEEPS else b  # the first sweep reads the smoothed curve, later ones work in place
            for m in range(1, bins - 1):
                b[m] = min(b[m], (old[m - 1] + old[m + 1]) * 0.5)
            left -= 1
        s -= b
    normalise(s)
    out[:] = s


@numba.njit(parallel=True, cache=True)
def clean_all(counts, weights, out):
    block = 256
    for c in numba.prange((len(counts) + block - 1) // block):
        y, s, b = np.empty(counts.shape[1]), np.empty(counts.shape[1]), np.empty(counts.shape[1])
        for i in range(c * block, min((c + 1) * block, len(counts))):
            clean_one(counts[i], weights, y, s, b, out[i])


def clean(counts):
    """counts (n, bins) to (n, bins) float32."""
    weights = np.array([savgol_coeffs(WINDOW, ORDER, pos=i, use="dot") for i in range(WINDOW)])
    out = np.empty(counts.shape, np.float32)
    clean_all(counts, weights, out)
    return out
