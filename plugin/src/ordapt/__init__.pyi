"""What `ordapt` has, for type checkers. Written by plugin/tools/generate.py from `ordapt describe --json`."""

from . import errors as errors
from . import program as program
from . import steps as steps
from . import upload as upload
from ._call import check as check
from ._recipe import run as run
from .errors import OrdaptError as OrdaptError
from .ions import Ions as Ions
from .ions import IonType as IonType
from .ions import Range as Range
from .result import Note as Note
from .result import Result as Result
from .result import Task as Task
from .steps import attribute as attribute
from .steps import bank as bank
from .steps import classify as classify
from .steps import composition as composition
from .steps import crop as crop
from .steps import density_map as density_map
from .steps import diffuse as diffuse
from .steps import domains as domains
from .steps import evaluate as evaluate
from .steps import export as export
from .steps import frequency as frequency
from .steps import import_ as import_
from .steps import monte_carlo as monte_carlo
from .steps import neighbours as neighbours
from .steps import range as range
from .steps import score as score
from .steps import sdm as sdm
from .steps import segment as segment
from .steps import shuffle as shuffle
from .steps import spectrum as spectrum
from .steps import superlattice as superlattice
from .steps import synthesise as synthesise
from .steps import train as train
from .steps import warren_cowley as warren_cowley

__version__: str
