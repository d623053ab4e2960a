"""Judges groups of NeXus files by the real pynxtools, in a process of its own because the definitions are chosen by the
environment variable NEXUS_DEF_PATH before pynxtools is loaded.

Reads lines of JSON [file, group, definition] and writes for each a line {"valid", "findings"}; findings are what
pynxtools calls warnings and errors.
"""
import json
import logging
import sys


class Findings(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def judge(path, group, definition, findings):
    import h5py
    from pynxtools.dataconverter.validation import validate_hdf_group_against

    findings.lines.clear()
    try:
        with h5py.File(path, "r") as file:
            valid = bool(validate_hdf_group_against(definition, file[group], path))
    except Exception as error:  # a validator that stumbles over a file has not accepted it
        return {"valid": False, "findings": [f"{type(error).__name__}: {error}"]}
    return {"valid": valid, "findings": list(findings.lines)}


def main():
    jobs = [json.loads(line) for line in sys.stdin]
    output, sys.stdout = sys.stdout, sys.stderr  # pynxtools prints
    import pynxtools.dataconverter.validation  # noqa: F401  its loggers exist from here on

    findings = Findings()
    logging.getLogger().addHandler(findings)
    for name in list(logging.Logger.manager.loggerDict):
        if name.startswith("pynxtools") and not logging.getLogger(name).propagate:
            logging.getLogger(name).addHandler(findings)
    for job in jobs:
        print(json.dumps(judge(*job, findings)), file=output, flush=True)


if __name__ == "__main__":
    main()
