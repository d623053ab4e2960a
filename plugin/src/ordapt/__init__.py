"""ordapt: chemical order in atom probe data, with its provenance.

The engine is the program `ordapt`; this package is its Python side.
"""

__version__ = "0.1.0"  # the project VERSION of CMakeLists.txt: a test compares the two

__all__ = ["__version__"]
