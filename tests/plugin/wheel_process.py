"""One process with numpy, h5py, pynxtools and the library of the wheel: each reads what the other wrote. Run by test_wheel.py.

    python wheel_process.py LIBRARY TIP.nxs FOLDER      prints one JSON document
"""
import ctypes
import json
import pathlib
import sys

import h5py
import numpy
import pynxtools
import pynxtools_apm  # noqa: F401 - must bear the library beside it


def engine(path):
    """The functions of ordapt.h that are called here; every failure is an exception with the engine's text."""
    library = ctypes.CDLL(path)
    for name in ("oa_error_text", "oa_version", "oa_call_digest"):
        getattr(library, name).restype = ctypes.c_char_p
    for name in ("oa_step_find", "oa_call_ions"):
        getattr(library, name).restype = ctypes.c_void_p
    library.oa_ions_count.restype = ctypes.c_size_t
    library.oa_ions_z.restype = ctypes.POINTER(ctypes.c_float)
    return library


class Session:
    def __init__(self, library):
        self.library, self.context = library, ctypes.c_void_p()
        assert library.oa_context_new(ctypes.byref(self.context), None) == 0

    def must(self, status):
        assert status == 0, self.library.oa_error_text(self.context).decode()

    def read(self, path):
        ions = ctypes.c_void_p()
        self.must(self.library.oa_read_ions(self.context, str(path).encode(), ctypes.byref(ions)))
        return ions

    def heights(self, ions):
        """The z of all ions, borrowed."""
        return numpy.ctypeslib.as_array(self.library.oa_ions_z(ions), (self.library.oa_ions_count(ions),))

    def crop(self, ions, roi, path):
        """The step `crop`, written to a file; its digest."""
        lib, call = self.library, ctypes.c_void_p()
        self.must(lib.oa_call_new(self.context, ctypes.byref(call), ctypes.c_void_p(lib.oa_step_find(b"crop"))))
        self.must(lib.oa_call_input_ions(call, b"ions", ions))
        self.must(lib.oa_call_set(call, b"roi", roi))
        self.must(lib.oa_call_run(call))
        self.must(lib.oa_write_call(call, str(path).encode(), ctypes.c_bool(True)))
        return lib.oa_call_digest(call).decode()


def z_of(path):
    """What h5py reads of a file of ions."""
    with h5py.File(path) as file:
        found = []
        file.visititems(lambda name, item: found.append(item[:, 2]) if name.endswith("reconstructed_positions") else None)
    return found[0]


def copied(source, target):
    """The same file, written by h5py in the newest format its library knows."""
    with h5py.File(source) as old, h5py.File(target, "w", libver="latest") as new:
        new.attrs.update(old.attrs)
        for name in old:
            old.copy(name, new)


def main(path, tip, folder):
    folder = pathlib.Path(folder)
    session = Session(engine(path))
    ions = session.read(tip)
    copied(tip, folder / "by_h5py.nxs")
    again = session.read(folder / "by_h5py.nxs")
    digest = session.crop(ions, b"-2,2,-2,2,-6,0", folder / "cut.nxs")
    cut = session.read(folder / "cut.nxs")
    print(json.dumps({
        "version": session.library.oa_version().decode(), "h5py": h5py.version.hdf5_version, "pynxtools": pathlib.Path(pynxtools.__file__).name,
        "digest": digest, "ions": int(session.heights(ions).size), "cut": int(session.heights(cut).size),
        "same_from_h5py": bool(numpy.array_equal(session.heights(again), session.heights(ions))),
        "same_to_h5py": bool(numpy.array_equal(session.heights(cut), z_of(folder / "cut.nxs"))),
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
