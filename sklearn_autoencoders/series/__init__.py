"""Windows of long series, and averages over the windows of a time point."""

from .._utils.public_names import publish
from ._windows import average_windows, sliding_windows

__all__ = ["average_windows", "sliding_windows"]

publish(globals())
