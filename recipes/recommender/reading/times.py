"""Times of a table as int64: numbers as they are, ISO dates as seconds, and microseconds where there are fractions."""

from collections.abc import Callable
from typing import Any

import numpy as np

from heedful.apps.errors import InputError

MICRO = 10**6
LARGEST = 2.0**63


class Times:
    """Collects the times of one file chunk by chunk. All must be numbers, or all must be dates."""

    def __init__(self) -> None:
        self.kind = ""  # "number" or "date" once one was seen
        self._parts: list[np.ndarray] = []
        self._fractions = False
        self._largest = 0.0

    @property
    def unit(self) -> str:
        """Microseconds where there are fractions and where they fit."""
        return "microseconds" if self._fractions and self._largest < LARGEST / MICRO else "seconds"

    def parse(self, column: Any, where: Callable[[int], str]) -> np.ndarray:
        """Times of a chunk (a pandas column), int64, or float64 with NaN where one is missing.

        Raises `InputError` for one that is neither a number nor an ISO date; `where` its record is in words.
        """
        import pandas as pd

        given = column.notna().to_numpy()
        if column.dtype == bool:
            column = column.astype(str)
        if pd.api.types.is_numeric_dtype(column.dtype):
            values, kind = column.to_numpy(), "number"
        else:
            column = column.astype("object")
            values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
            kind = self.kind or ("date" if np.isnan(values).all() else "number")
            if kind == "date":
                values = _seconds(pd.to_datetime(column, format="ISO8601", utc=True, errors="coerce"))
        if self.kind not in ("", kind):
            wrong = given
        elif values.dtype.kind == "i":
            wrong = np.zeros(len(values), bool)
        else:
            wrong = given & ~(np.abs(values) < LARGEST)  # NaN is not below either
        if wrong.any():
            record = int(np.flatnonzero(wrong)[0])
            time = str(column.iloc[record])[:40]
            raise InputError(f"{where(record)} has the time {time!r}: expected {self._wanted()}.")
        if given.any():
            self.kind = kind
        return values.astype(np.int64) if values.dtype.kind == "u" else values

    def keep(self, values: np.ndarray) -> None:
        """Add times without NaN."""
        if values.dtype.kind == "f":
            if (values % 1 != 0).any():
                self._fractions = True
            else:
                values = values.astype(np.int64)
        if len(values):
            self._largest = max(self._largest, float(np.abs(values).max()))
        self._parts.append(values)

    def joined(self) -> np.ndarray:
        """All kept times, int64; gives back the memory of the parts as it goes."""
        result = np.empty(sum(map(len, self._parts)), np.int64)
        at = 0
        self._parts.reverse()
        while self._parts:
            part = self._parts.pop()
            if self.unit == "microseconds":
                part = part * MICRO if part.dtype.kind == "i" else np.round(part * MICRO)
            result[at : at + len(part)] = part
            at += len(part)
        return result

    def _wanted(self) -> str:
        if not self.kind:
            return "seconds or an ISO date like 2024-05-31T12:00:00"
        return f"{'a number' if self.kind == 'number' else 'an ISO date'} as in the lines before"


def _seconds(dates: Any) -> np.ndarray:
    """UTC dates (a pandas column) as seconds since 1970: int64 where all are whole, else float64 with NaN."""
    micro = dates.dt.tz_localize(None).to_numpy("datetime64[us]").astype(np.int64)
    missing = dates.isna().to_numpy()
    if not missing.any() and not (micro % MICRO).any():
        return micro // MICRO
    return np.where(missing, np.nan, micro / MICRO)
