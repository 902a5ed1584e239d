"""CPU seconds and peak memory of the process that asks."""

from __future__ import annotations

import resource
import sys
import time


class Clock:
    """Counts CPU seconds from one lap to the next.

    Attributes
    ----------
    seconds : of each lap by name.
    peaks : peak memory of the process by the end of each lap, MB.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.peaks: dict[str, float] = {"start": self.peak}
        self._last = time.process_time()

    def lap(self, name: str) -> None:
        """End a lap."""
        now = time.process_time()
        self.seconds[name], self._last = now - self._last, now
        self.peaks[name] = self.peak

    @property
    def peak(self) -> float:
        """Peak memory of the process so far, MB."""
        unit = 1e-6 if sys.platform == "darwin" else 1e-3  # bytes there, kilobytes elsewhere
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
