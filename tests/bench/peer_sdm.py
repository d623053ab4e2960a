"""What a Python user would write for the z-SDMs of a scan: cells, a sphere per voxel, all pairs in it; about 60 lines of
numba. Arithmetic as in core/math/kernel/kernel_scalar.c, so the counts are equal."""
import numba
import numpy as np

HALF, BINS, FIRST, KEPT = 1.5, 200, 54, 93


@numba.njit(cache=True)
def sort_into_cells(points, low, dims, edge):
    """Rows of the points in order of their cells, and where each cell begins (x fastest)."""
    cell = np.empty(len(points), np.int64)
    start = np.zeros(dims[0] * dims[1] * dims[2] + 1, np.int64)
    for i in range(len(points)):
        ix = int((points[i, 0] - low[0]) / edge)
        iy = int((points[i, 1] - low[1]) / edge)
        iz = int((points[i, 2] - low[2]) / edge)
        cell[i] = (iz * dims[1] + iy) * dims[0] + ix
        start[cell[i] + 1] += 1
    for c in range(len(start) - 1):
        start[c + 1] += start[c]
    at = start.copy()
    order = np.empty(len(points), np.int64)
    for i in range(len(points)):
        order[at[cell[i]]] = i
        at[cell[i]] += 1
    return order, start


@numba.njit(cache=True)
def one_map(p, start, low, dims, edge, cx, cy, cz, radius, xs, zs, bins):
    """Gathers the sphere into xs, zs and counts its ordered pairs in all bins: leaving some out costs more than it saves."""
    n = 0
    y0, y1 = max(0, int((cy - radius - low[1]) / edge)), min(dims[1] - 1, int((cy + radius - low[1]) / edge))
    z0, z1 = max(0, int((cz - radius - low[2]) / edge)), min(dims[2] - 1, int((cz + radius - low[2]) / edge))
    x0, x1 = max(0, int((cx - radius - low[0]) / edge)), min(dims[0] - 1, int((cx + radius - low[0]) / edge))
    for z in range(z0, z1 + 1):
        for y in range(y0, y1 + 1):
            line = (z * dims[1] + y) * dims[0]
            for i in range(start[line + x0], start[line + x1 + 1]):
                dx, dy, dz = p[i, 0] - cx, p[i, 1] - cy, p[i, 2] - cz
                if (dx * dx + dy * dy) + dz * dz <= radius * radius:
                    xs[n], zs[n] = p[i, 0], p[i, 2]
                    n += 1
    scale = BINS / (2 * HALF)
    bins[:] = 0
    for i in range(n):
        for j in range(n):
            dx, dz = xs[j] - xs[i], zs[j] - zs[i]
            if dx != 0 and dz != 0 and -HALF <= dx < HALF and -HALF <= dz < HALF:
                bins[int((dz + HALF) * scale)] += 1


@numba.njit(parallel=True, cache=True)
def scan(p, start, low, dims, edge, nx, ny, nz, radius, maps):
    for row in numba.prange(ny * nz):
        xs, zs, bins = np.empty(len(p)), np.empty(len(p)), np.empty(BINS, np.uint32)
        cy, cz = (row % ny) * 0.5 + 0.5, (row // ny) * 0.5 + 0.5
        for ix in range(nx):
            one_map(p, start, low, dims, edge, ix * 0.5 + 0.5, cy, cz, radius, xs, zs, bins)
            maps[row * nx + ix] = bins[FIRST:FIRST + KEPT]


def maps_of(points, box, radius=0.75, edge=0.5):
    """points (n, 3) doubles; 1 nm voxels with stride 0.5 nm over 0 ... box."""
    low = points.min(axis=0)
    dims = ((points.max(axis=0) - low) / edge).astype(np.int64) + 1
    order, start = sort_into_cells(points, low, dims, edge)
    n = [int((b - 1) / 0.5 + 1e-9) + 1 for b in box]
    maps = np.zeros((n[0] * n[1] * n[2], KEPT), np.uint32)
    scan(points[order], start, low, dims, edge, *n, radius, maps)
    return maps
