"""Order from the phase of atomic planes (docs/superlattice.md) as one would write it in numpy and scipy: the peer of the row `superlattice`.

The same planes, map and mixture, on a grid of 0.2 nm with whole-volume transforms by pocketfft; neighbourhoods are sums by transforms in float64,
for which exp Omega is capped at exp 25. Maxima, q-values and the fit of the lateral blur are left out."""
import heapq

import numpy as np
from scipy import fft, ndimage

PI2 = 2 * np.pi
MASK, CAP = 0.5, 25.0
DELTA, CLEARANCE = 0.8, 0.3


def deposit(index, weights, shape):
    return np.bincount(index, weights, int(np.prod(shape))).reshape(shape).astype("f4")


class Grid:
    def __init__(self, p, h, margin=0.0):
        self.h = np.asarray(h, float)
        self.lo = np.floor((p.min(0) - margin) / self.h)
        self.shape = tuple((np.floor((p.max(0) + margin) / self.h) - self.lo + 1).astype(int))

    def cell(self, p):
        i = (np.floor(p / self.h) - self.lo).astype(int)
        return (i[:, 0] * self.shape[1] + i[:, 1]) * self.shape[2] + i[:, 2]

    def at(self, field, p):
        return ndimage.map_coordinates(field, (p / self.h - self.lo - 0.5).T, order=1, mode="nearest")


def powers(x, step, n):
    """exp(i k step x), k = -n...n"""
    e = np.exp(1j * step * x).astype("c8")
    out = np.empty((len(x), 2 * n + 1), "c8")
    out[:, n] = 1
    for k in range(1, n + 1):
        out[:, n + k] = out[:, n + k - 1] * e
        out[:, n - k] = out[:, n + k].conj()
    return out


def phase(p, spacing):
    """Plane phase of every ion, its local |mean exp(i phase)|, and the share of nodes with planes."""
    B, step = 0.9, 0.8 / 0.9
    k0 = PI2 / spacing
    lo = np.floor(p.min(0) / 2) * 2
    dims = np.floor((p.max(0) - lo) / 2).astype(int) + 2
    nodes = np.stack(np.meshgrid(*[np.arange(d) for d in dims], indexing="ij"), -1).reshape(-1, 3) * 2 + lo
    reach = 2.8 * B
    # ions by columns of 2 nm
    cell = np.floor((p - lo) / 2).astype(int)
    key = (cell[:, 0] * dims[1] + cell[:, 1]) * dims[2] + cell[:, 2]
    order = np.argsort(key, kind="stable")
    start = np.searchsorted(key[order], np.arange(np.prod(dims) + 1))
    nz, nl = int(0.06 * k0 / step), int(k0 * np.tan(np.radians(8)) / step)
    kz, kl = k0 + np.arange(-nz, nz + 1) * step, np.arange(-nl, nl + 1) * step
    K, F, Q = np.zeros((len(nodes), 3)), np.zeros(len(nodes), complex), np.zeros(len(nodes))
    for g, node in enumerate(nodes):
        c = np.unravel_index(g, dims)
        rows = []
        for i in range(max(c[0] - 2, 0), min(c[0] + 2, dims[0])):
            for j in range(max(c[1] - 2, 0), min(c[1] + 2, dims[1])):
                a = (i * dims[1] + j) * dims[2]
                rows.append(order[start[a + max(c[2] - 2, 0)]:start[a + min(c[2] + 2, dims[2])]])
        rows = np.concatenate(rows) if rows else np.zeros(0, int)
        r = p[rows] - node
        d2 = (r * r).sum(1)
        near = d2 < reach * reach
        if near.sum() < 100:
            continue
        r, G = r[near], np.exp(-d2[near] / (2 * B * B))
        ex, ey, ez = powers(r[:, 0], step, nl), powers(r[:, 1], step, nl), powers(r[:, 2], step, nz) * (G * np.exp(1j * k0 * r[:, 2])).astype("c8")[:, None]
        f = (ex.T @ (ey[:, :, None] * ez[:, None, :]).reshape(len(r), -1)).reshape(len(kl), len(kl), len(kz))
        best = np.argmax(np.abs(f))
        a, b, c3 = np.unravel_index(best, (len(kl), len(kl), len(kz)))
        k = np.array([kl[a], kl[b], kz[c3]])
        mean = (G[:, None] * r).sum(0) / G.sum()
        s = r - mean
        C = np.linalg.inv((s * G[:, None]).T @ s / G.sum())
        for _ in range(6):
            e = G * np.exp(1j * (r @ k))
            k = k - C @ (e @ s / e.sum()).imag
        K[g], F[g] = k, (G * np.exp(1j * (r @ k))).sum()
        Q[g] = abs(F[g]) ** 2 / (G * G).sum()
    return nodes, dims, lo, K, F, Q


def unwrap(nodes, dims, K, F, Q):
    phi, placed = -np.angle(F), np.zeros(len(nodes), bool)
    good = Q > 25
    if not good.any():
        return None
    steps = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
    first = int(np.argmax(Q))
    heap, largest = [(0.0, first, first)], 0.0
    while heap:
        deviation, h, g = heapq.heappop(heap)
        if placed[h]:
            continue
        if h != g:
            predicted = phi[g] + 0.5 * (K[g] + K[h]) @ (nodes[h] - nodes[g])
            phi[h] += PI2 * np.round((predicted - phi[h]) / PI2)
            largest = max(largest, abs(predicted - phi[h]))
        placed[h] = True
        c = np.array(np.unravel_index(h, dims))
        for s in steps:
            d = c + s
            if (d < 0).any() or (d >= dims).any():
                continue
            n = np.ravel_multi_index(d, dims)
            if placed[n] or not good[n]:
                continue
            predicted = phi[h] + 0.5 * (K[h] + K[n]) @ (nodes[n] - nodes[h])
            off = predicted - phi[n]
            heapq.heappush(heap, (abs(off - PI2 * np.round(off / PI2)), int(n), h))
    source = ndimage.distance_transform_edt(~placed.reshape(dims), return_distances=False, return_indices=True)
    source = np.ravel_multi_index(source.reshape(3, -1), dims)
    phi, K = phi[source] + (K[source] * (nodes - nodes[source])).sum(1), K[source]
    return phi, K, placed, largest


def interpolate(p, dims, lo, phi, K):
    f = (p - lo) / 2
    i = np.clip(np.floor(f).astype(int), 0, np.array(dims) - 2)
    f = f - i
    t, out = f * f * (3 - 2 * f), np.zeros(len(p))
    for corner in np.ndindex(2, 2, 2):
        c = i + corner
        n = np.ravel_multi_index(c.T, dims)
        w = np.prod(np.where(corner, t, 1 - t), axis=1)
        out += w * (phi[n] + (K[n] * (p - (lo + 2 * c))).sum(1))
    return out


def refine(p, Phi):
    g = Grid(p, [0.5] * 3, 0.5)
    cell = g.cell(p)
    blur = lambda a: ndimage.gaussian_filter(a, 2.0, truncate=3.5, mode="constant")
    for _ in range(3):
        c, s = blur(deposit(cell, np.cos(Phi), g.shape)), blur(deposit(cell, np.sin(Phi), g.shape))
        Phi = Phi - np.arctan2(g.at(s, p), g.at(c, p))
    c, s, n = (blur(deposit(cell, w, g.shape)) for w in (np.cos(Phi), np.sin(Phi), np.ones(len(p))))
    M = np.hypot(g.at(c, p), g.at(s, p)) / np.maximum(g.at(n, p), 1e-9)
    return Phi, np.clip(M, 1e-6, 0.999)


def contrast(Phi, M):
    theta, v = Phi / 2, -2 * np.log(M) / 2  # v = 2 q^2 sigma^2
    g0 = sum(np.exp(-((theta - PI2 * np.round(theta / PI2) + PI2 * n) ** 2) / v) for n in range(-2, 3))
    th = theta - np.pi
    g1 = sum(np.exp(-((th - PI2 * np.round(th / PI2) + PI2 * n) ** 2) / v) for n in range(-2, 3))
    return (g0 - g1) / (g0 + g1)


def local_fraction(p, of, W=2.0):
    g = Grid(p, [0.5] * 3, 0.5)
    cell = g.cell(p)
    blur = lambda a: ndimage.gaussian_filter(a, W / 0.5, truncate=3.5, mode="constant")
    return np.clip(g.at(blur(deposit(cell, of * 1.0, g.shape)), p) / g.at(blur(deposit(cell, np.ones(len(p)), g.shape)), p), 1e-3, 1 - 1e-3)


def statistic(p, m, u, frac, w=0.55, h=0.2):
    g = Grid(p, [h] * 3)
    cell = g.cell(p)
    X = ndimage.gaussian_filter(deposit(cell, m * u, g.shape), w / h, mode="constant")
    V = ndimage.gaussian_filter(deposit(cell, m * m * frac * (1 - frac), g.shape), w / h / np.sqrt(2), mode="constant")
    X *= (PI2 * w * w) ** 1.5 / h ** 3
    V *= (np.pi * w * w) ** 1.5 / h ** 3
    ok = V > 0.02 * np.median(V[V > 0])
    return np.where(ok, X / np.sqrt(np.maximum(V, 1e-9)), 0), ok, g


def balls(radii, sigma, h, fine=4):
    """Cell means of balls blurred laterally."""
    out = []
    for R in radii:
        half = [int(np.ceil((R + (3.5 * sigma if a < 2 else 0)) / h[a])) for a in range(3)]
        n = [(2 * k + 1) * fine for k in half]
        x = [(np.arange(m) - (m - 1) / 2) * h[a] / fine for a, m in enumerate(n)]
        b = (x[0][:, None, None] ** 2 + x[1][:, None] ** 2 + x[2] ** 2 <= R * R).astype("f4")
        for a in range(2):
            b = ndimage.gaussian_filter1d(b, sigma / (h[a] / fine), axis=a, mode="constant", truncate=4)
        out.append(b.reshape(n[0] // fine, fine, n[1] // fine, fine, n[2] // fine, fine).mean((1, 3, 5)))
    return out


def posterior(p, of, m, frac, sigma=0.4, radii=(0.6, 0.8, 1.0, 1.2, 1.4, 1.6), h=(0.2, 0.2, 0.2), rounds=3, threads=1):
    h = np.asarray(h)
    radii = np.asarray(radii)
    delta = DELTA * np.minimum(frac, 1 - frac)
    alpha = np.where(of, delta / frac, -delta / (1 - frac)) * m
    B = balls(radii, sigma, h)
    margin = 0.6
    g = Grid(p, h, margin)
    cell = g.cell(p)
    pad = np.array([max(b.shape[a] for b in B) // 2 for a in range(3)])
    shape = [fft.next_fast_len(s + int(q), True) for s, q in zip(g.shape, pad)]
    forward = lambda a: fft.rfftn(a, shape, workers=threads)
    inverse = lambda a: fft.irfftn(a, shape, workers=threads)[:g.shape[0], :g.shape[1], :g.shape[2]]

    def spectrum(b):
        a = np.zeros(shape, b.dtype)
        a[:b.shape[0], :b.shape[1], :b.shape[2]] = b
        return forward(np.roll(a, [-(s // 2) for s in b.shape], (0, 1, 2)))

    S = [[spectrum(b ** e) for e in (1, 2, 3)] for b in B]
    near = []
    for R in radii:
        reach = R + CLEARANCE
        k = [int(reach / x) for x in h]
        x = np.meshgrid(*[np.arange(-q, q + 1) * s for q, s in zip(k, h)], indexing="ij")
        near.append(spectrum((sum(a * a for a in x) <= reach * reach + 1e-9).astype("f8")))
    dV = np.prod(h)
    dense = ndimage.gaussian_filter(deposit(cell, np.ones(len(p)), g.shape), 0.5 / h)
    mask = dense > MASK * np.median(dense[dense > 1e-3 * dense.max()])
    volume = mask.sum() * dV
    bp, bm = np.zeros(len(p)), np.zeros(len(p))
    lam, found0 = 0.005, None
    for r in range(rounds):
        S_j = bp - bm
        L = np.zeros((len(radii), 2) + g.shape, "f4")
        for i, s in enumerate((1, -1)):
            a = alpha * (s - S_j) / (1 + alpha * S_j)
            l1, l2, l3 = (np.log1p(a * f) for f in (1 / 3, 2 / 3, 1))
            D = [forward(deposit(cell, w, g.shape)) for w in (9 * l1 - 4.5 * l2 + l3, -22.5 * l1 + 18 * l2 - 4.5 * l3, 13.5 * l1 - 13.5 * l2 + 4.5 * l3)]
            for k in range(len(radii)):
                L[k, i] = np.where(mask, 1, 0) * inverse(sum(d * q for d, q in zip(D, S[k])))
        pi = np.full(len(radii), 1 / len(radii))
        for it in range(5):
            base = np.log(lam * dV / 2) + np.log(pi)
            W = L + base[:, None, None, None, None].astype("f4")
            top = W.max((0, 1))
            Omega = top + np.log(np.exp(W - top).sum((0, 1)))
            W -= np.maximum(Omega - CAP, 0)  # places above are alike: what float64 can sum is 1e16
            F = forward(np.where(mask, np.exp(np.minimum(Omega, CAP).astype("f8")), 0))
            for k in range(len(radii)):
                W[k] = np.where(mask, np.exp(W[k] - np.log1p(np.maximum(inverse(F * near[k]), 0))), 0)
            rho = W
            total = rho.sum(dtype="f8")
            lam = max(total / volume, 1e-4)
            pi = 0.9 * rho.sum((1, 2, 3, 4), dtype="f8") / total + 0.1 / len(radii)
        beta = [inverse(sum(forward(rho[k, i]) * S[k][0] for k in range(len(radii)))) for i in range(2)]
        beta = [np.maximum(g.at(b, p), 0) for b in beta]
        over = np.maximum(1, beta[0] + beta[1])
        beta = [b / over for b in beta]
        free = 1 - beta[0] - beta[1]
        bp, bm = bp * free + beta[0], bm * free + beta[1]
        if r and total < 0.02 * found0:
            break
        found0 = found0 or total
    P = (bp * (1 + alpha) + bm * (1 - alpha)) / (1 + alpha * (bp - bm))
    return P, bp, bm


class Order:
    """Everything for one specimen, as `ordapt superlattice tip.nxs --species Ni --fit-sigma false` does it."""

    def __init__(self, threads, path):
        import h5py

        with h5py.File(path) as file:
            probe = file["entry1/atom_probe1"]
            self.p = probe["reconstruction/reconstructed_positions"][:].astype("f8")
            self.of = probe["ranging/peak_identification/iontypes"][:] == 3
        self.threads = threads

    def run(self):
        nodes, dims, lo, K, F, Q = phase(self.p, 0.18)
        phi, K, _, _ = unwrap(nodes, dims, K, F, Q)
        Phi, M = refine(self.p, interpolate(self.p, dims, lo, phi, K))
        m = contrast(Phi, M)
        share = local_fraction(self.p, self.of)
        statistic(self.p, m, self.of - share, share)
        P, _, _ = posterior(self.p, self.of, m, share, threads=self.threads)
        return len(self.p), float(P.sum()), 0
