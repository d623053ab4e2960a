"""The whole csro job as a Python user would compose it of the best parts: z-SDMs and clean-up in numba, the five published networks
in ONNX Runtime, for each species of a specimen in turn. Only the classification, and of the actual data only: no control, no
domains, no files."""
import numpy as np

import peer_curve
import peer_network
import peer_sdm

AT_ONCE = 16384  # voxels


class Job:
    """Species are told by their masses; box: 0...x, 0...y, 0...z."""

    def __init__(self, threads, ions, network, shape, box, members):
        import numba

        numba.set_num_threads(threads)
        records = np.fromfile(ions, ">f4").reshape(-1, 4).astype("f8")
        self.species = [np.ascontiguousarray(records[records[:, 3] == mass, :3]) for mass in np.unique(records[:, 3])]
        self.box, self.members = [float(word) for word in box.split(",")], int(members)
        self.network = peer_network.Cnn(threads, network, shape)  # finds the fastest way

    def one(self, points):
        """Summed probabilities of the class of each voxel."""
        curves = peer_curve.clean(peer_sdm.maps_of(points, self.box))
        curves[curves != curves] = 0
        total = np.zeros(len(curves), "f4")
        for first in range(0, len(curves), AT_ONCE):
            x = curves[first:first + AT_ONCE]
            for _ in range(self.members):  # weights of one member are as good as those of another here
                total[first:first + AT_ONCE] += self.network.of(x)[:, 1]
        return total

    def run(self):
        found = [self.one(points) for points in self.species]
        return sum(map(len, found)), 0, 0
