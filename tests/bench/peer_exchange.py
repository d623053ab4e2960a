"""What a Python user would write for Metropolis exchanges on an fcc lattice with two shells: tables of neighbours, two sites of different
species by lists, the change of energy from all their neighbours; about 60 lines of numba."""
import numba
import numpy as np

BOLTZMANN = 8.617333262145179e-5  # eV/K


def neighbours(cells):
    """(sites, 18): 12 nearest, then 6; sites as cell * 4 + sublattice, periodic."""
    basis = np.array([[0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1]])
    near = [v for v in np.ndindex(3, 3, 3) if sum(abs(x - 1) for x in v) == 2]
    vectors = np.array([[x - 1 for x in v] for v in near] + [[2, 0, 0], [-2, 0, 0], [0, 2, 0], [0, -2, 0], [0, 0, 2], [0, 0, -2]])
    z, y, x = np.meshgrid(*[np.arange(cells)] * 3, indexing="ij")
    at = (2 * np.stack([x, y, z], -1).reshape(-1, 1, 3) + basis).reshape(-1, 1, 3) + vectors
    at %= 2 * cells
    which = np.zeros(at.shape[:2], np.int64)
    for b in range(1, 4):
        which[((at % 2) == basis[b]).all(-1)] = b
    cell = (at[..., 2] // 2 * cells + at[..., 1] // 2) * cells + at[..., 0] // 2
    return (cell * 4 + which).astype(np.int32)


@numba.njit(cache=True)
def sweep(species, table, members, others, v1, v2, beta):
    """v1, v2: energy of an unlike pair in the shells. members, others: sites of species 1 and 0. Returns what was accepted."""
    accepted = 0
    for _ in range(len(species)):
        p, q = np.random.randint(len(members)), np.random.randint(len(others))
        i, j = members[p], others[q]
        near, far, bonds1, bonds2 = 0, 0, 0, 0
        for k in range(12):
            near += species[table[i, k]] - species[table[j, k]]
            bonds1 += table[i, k] == j
        for k in range(12, 18):
            far += species[table[i, k]] - species[table[j, k]]
            bonds2 += table[i, k] == j
        change = 2 * v1 * (near + bonds1) + 2 * v2 * (far + bonds2)
        if change <= 0 or np.random.random() < np.exp(-change * beta):
            species[i], species[j] = 0, 1
            members[p], others[q] = j, i
            accepted += 1
    return accepted


class Chain:
    """`cells` cubed, a quarter of the sites of species 1, -0.03 and 0.01 eV an unlike pair; rounds as long as those of bench_engine.c."""

    BEFORE, ATTEMPTS, LOOKED_AT = 40, 1 << 18, 1 << 19

    def __init__(self, threads, box):
        cells, temperature = (float(word) for word in box.split(","))
        self.begin(int(cells), 0.25, -0.03, 0.01, temperature)
        for _ in range(self.BEFORE):
            self.sweep()

    def run(self):
        sweeps = 1 + self.ATTEMPTS // len(self.species)
        for _ in range(sweeps):
            self.sweep()
        return sweeps * len(self.species), 0, 0

    def after(self):
        """Order of the first shell, mean over states outside the time."""
        states = 1 + self.LOOKED_AT // len(self.species)
        return sum(self.sweep() >= 0 and self.alpha() for _ in range(states)) / states

    def begin(self, cells, share, v1, v2, temperature):
        self.table = neighbours(cells)
        self.species = np.zeros(len(self.table), np.int8)
        order = np.random.default_rng(1).permutation(len(self.table)).astype(np.int32)
        count = round(share * len(order))
        self.members, self.others = order[:count].copy(), order[count:].copy()
        self.species[self.members] = 1
        self.energies, self.beta = (v1, v2), 1 / (BOLTZMANN * temperature)

    def sweep(self):
        return sweep(self.species, self.table, self.members, self.others, *self.energies, self.beta)

    def alpha(self):
        """Warren-Cowley parameter of unlike pairs in the first shell."""
        unlike = (self.species[self.table[:, :12]] != self.species[:, None]).mean()
        c = len(self.members) / len(self.species)
        return 1 - unlike / (2 * c * (1 - c))
