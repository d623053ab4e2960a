"""`ordapt` and `python -m ordapt`: the packaged program takes the place of this process."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

PROGRAM = os.path.join(os.path.dirname(os.path.realpath(__file__)), "bin", "ordapt")  # noqa: PTH118, PTH120 - pathlib would be half of the start


def main() -> NoReturn:
    """Never returns: output and exit status are those of the program. None but the packaged one is looked for: what is
    called `ordapt` on PATH may be this very script."""
    if not os.access(PROGRAM, os.X_OK):
        print(f"E_ENGINE_MISSING: {PROGRAM} does not exist; `pip install ./plugin` builds and installs it", file=sys.stderr)
        sys.exit(69)
    os.execv(PROGRAM, [PROGRAM, *sys.argv[1:]])


if __name__ == "__main__":
    main()
