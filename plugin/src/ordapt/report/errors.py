"""Failures, with the code word and exit status of the program's contract."""

from __future__ import annotations

USAGE, INVALID, MISSING, LACKING, BUG, OUTPUT, INTERRUPTED, TERMINATED = 2, 65, 66, 69, 70, 73, 130, 143


class ReportError(Exception):
    """What is wrong; what would be right."""

    def __init__(self, code: str, exit_status: int, text: str, file: str = "") -> None:
        super().__init__(text)
        self.code, self.exit_status, self.text, self.file = code, exit_status, text, file

    def line(self) -> str:
        return f"{self.file or 'ordapt-report'}: {self.code}: {self.text}"
