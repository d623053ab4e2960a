"""The published networks in ONNX Runtime, each in the form and with the settings in which it is fastest there: layers as a
converter writes them after optimisation (channels first, the dense weights permuted so that nothing is transposed at run
time), the batch cut among the threads or the threads in each operator, spinning or not: what wins a trial at the start."""
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

BINS, WIDTH, UNITS = 93, 10, 256


def read(path, channels, filters, classes):
    """Weights in Keras' layout, layer by layer, then curves (n, 93, channels)."""
    pooled = (BINS - WIDTH + 1) // 2
    shapes = [(WIDTH, channels, filters), (filters,), (pooled * filters, UNITS), (UNITS,), (UNITS, classes), (classes,)]
    values, at, arrays = np.fromfile(path, "<f4"), 0, []
    for shape in shapes:
        arrays.append(values[at:at + np.prod(shape)].reshape(shape))
        at += np.prod(shape)
    return arrays, values[at:].reshape(-1, BINS, channels)


def model(arrays, flat):
    """flat: the convolution over (1, 93) pictures, for which ONNX Runtime has kernels of its own; else over curves."""
    kernel, bias, dense, dense_bias, last, last_bias = arrays
    width, channels, filters = kernel.shape
    pooled = len(dense) // filters
    weights = {"k": np.transpose(kernel, (2, 1, 0))[:, :, None, :] if flat else np.transpose(kernel, (2, 1, 0)), "kb": bias,
               "d": dense.reshape(pooled, filters, -1).transpose(1, 0, 2).reshape(dense.shape), "db": dense_bias, "l": last, "lb": last_bias}
    one = [1] if flat else []
    nodes = [helper.make_node("Conv", ["x", "k", "kb"], ["c"], kernel_shape=one + [width]), helper.make_node("Relu", ["c"], ["r"]),
             helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=one + [2], strides=one + [2]), helper.make_node("Flatten", ["p"], ["f"]),
             helper.make_node("Gemm", ["f", "d", "db"], ["h"]), helper.make_node("Relu", ["h"], ["hr"]),
             helper.make_node("Gemm", ["hr", "l", "lb"], ["z"]), helper.make_node("Softmax", ["z"], ["y"], axis=1)]
    shape = ["n", channels, *one, BINS]
    graph = helper.make_graph(nodes, "network", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", len(last_bias)])],
                              [numpy_helper.from_array(np.ascontiguousarray(a), name) for name, a in weights.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def session(data, threads, spins):
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if spins else "0")
    return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])


class Way:
    """One form and one setting."""

    def __init__(self, arrays, curves, threads, flat, split, spins, batch):
        x = np.ascontiguousarray(np.transpose(curves, (0, 2, 1)))
        self.x, self.batch, self.name = x[:, :, None, :] if flat else x, batch, f"flat={flat} split={split} spins={spins} batch={batch}"
        self.workers = threads if split else 1
        self.pool = ThreadPoolExecutor(self.workers)
        self.sessions = [session(model(arrays, flat), 1 if split else threads, spins) for _ in range(self.workers)]
        self.y = np.empty((len(curves), len(arrays[5])), "f4")

    def take(self, curves):
        """Other curves (n, bins, channels)."""
        x = np.ascontiguousarray(np.transpose(curves, (0, 2, 1)))
        self.x, self.y = x.reshape(len(x), *self.x.shape[1:]), np.empty((len(x), self.y.shape[1]), "f4")

    def part(self, worker):
        for first in range(worker * self.batch, len(self.x), self.workers * self.batch):
            self.y[first:first + self.batch] = self.sessions[worker].run(None, {"x": self.x[first:first + self.batch]})[0]

    def run(self):
        list(self.pool.map(self.part, range(self.workers)))
        return self.y


class Cnn:
    def __init__(self, threads, path, shape):
        arrays, curves = read(path, *map(int, shape.split(",")))
        ways = [(flat, split, spins, batch) for flat in (False, True) for split in ((False, True) if threads > 1 else (False,))
                for spins in ((False, True) if threads > 1 and not split else (False,)) for batch in (64, 256, 1024)]
        best = None
        for way in ways:
            tried = Way(arrays, curves, threads, *way)
            tried.run()
            seconds = min(self.time(tried) for _ in range(3))
            if os.environ.get("ORDAPT_BENCH_VERBOSE"):
                print(f"{tried.name}: {len(curves) / seconds:.0f}/s")
            if best is None or seconds < best[0]:
                best = seconds, tried
        self.way = best[1]

    @staticmethod
    def time(way):
        start = time.perf_counter()
        way.run()
        return time.perf_counter() - start

    def of(self, curves):
        """Probabilities of curves (n, 93), one channel."""
        self.way.take(curves[:, :, None])
        return self.way.run()

    def run(self):
        y = self.way.run()
        return len(y), float(y[:, 0].sum(dtype="f8")), 0


# ---- AtomNet ----


def read_block(path):
    """Weights and biases, layer by layer, then atoms (n, 32, 5)."""
    from bench import ATOMNET

    values, at, layers = np.fromfile(path, "<f4"), 0, {}
    for part, shapes in ATOMNET.items():
        for number, (n, units) in enumerate(shapes):
            layers[part, number] = values[at:at + n * units].reshape(n, units), values[at + n * units:at + n * units + units]
            at += n * units + units
    return layers, values[at:].reshape(-1, 32, 5)


def block(layers):
    """As a converter writes it: shared layers over all rows as one matrix product, the rest as it is said."""
    weights, nodes = {}, []

    def node(kind, inputs, **more):
        name = f"v{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [name], **more))
        return name

    def constant(name, values):
        weights[name] = np.asarray(values)
        return name

    def layer(x, part, number, relu=True):
        kernel, bias = layers[part, number]
        y = node("Gemm", [x, constant(f"{part}{number}k", kernel), constant(f"{part}{number}b", bias)])
        return node("Relu", [y]) if relu else y

    def maxima(x, part):
        for number in range(3):
            x = layer(x, part, number)
        return node("ReduceMax", [node("Reshape", [x, constant("rows128", np.array([-1, 32, 128], "i8"))])], axes=[1], keepdims=0)

    def moved(x, part, n):
        t = maxima(x, part)
        for number in (3, 4):
            t = layer(t, part, number)
        t = node("Reshape", [layer(t, part, 5, relu=False), constant(f"t{n}", np.array([-1, n, n], "i8"))])
        y = node("MatMul", [node("Reshape", [x, constant(f"rows{n}", np.array([-1, 32, n], "i8"))]), t])
        return node("Reshape", [y, constant(f"flat{n}", np.array([-1, n], "i8"))])

    x = node("Reshape", ["x", constant("all", np.array([-1, 5], "i8"))])
    x = moved(x, "tnet1", 5)
    for number in range(2):
        x = layer(x, "mlp1", number)
    x = maxima(moved(x, "tnet2", 32), "mlp2")
    for number in range(3):
        x = layer(x, "head", number, relu=number < 2)
    graph = helper.make_graph(nodes, "block", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 32, 5])],
                              [helper.make_tensor_value_info(x, TensorProto.FLOAT, ["n", 1])],
                              [numpy_helper.from_array(np.ascontiguousarray(a), name) for name, a in weights.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


class BlockWay:
    """One setting."""

    def __init__(self, data, x, threads, split, spins, batch):
        self.x, self.batch, self.workers = x, batch, threads if split else 1
        self.pool = ThreadPoolExecutor(self.workers)
        self.sessions = [session(data, 1 if split else threads, spins) for _ in range(self.workers)]
        self.y = np.empty((len(x), 1), "f4")
        self.name = f"split={split} spins={spins} batch={batch}"

    part, run = Way.part, Way.run


class Atomnet:
    def __init__(self, threads, path):
        layers, x = read_block(path)
        data, best = block(layers), None
        for split in (False, True) if threads > 1 else (False,):
            for spins in (False, True) if threads > 1 and not split else (False,):
                for batch in (16, 64, 256, 1024):
                    tried = BlockWay(data, x, threads, split, spins, batch)
                    tried.run()
                    seconds = min(Cnn.time(tried) for _ in range(2))
                    if os.environ.get("ORDAPT_BENCH_VERBOSE"):
                        print(f"{tried.name}: {len(x) / seconds:.0f}/s")
                    if best is None or seconds < best[0]:
                        best = seconds, tried
        self.way = best[1]

    def run(self):
        y = self.way.run()
        return len(y), float(y.sum(dtype="f8")), 0
