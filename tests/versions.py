"""Features that require versions newer than those of constraints-oldest.txt."""

from importlib.metadata import version

import pytest
from packaging.version import Version


def is_at_least(package, wanted):
    """Return whether a package is installed in a version or a later one."""
    return Version(version(package)) >= Version(wanted)


def needs(package, wanted, what):
    """Return a mark that skips a test if a package is older than required."""
    return pytest.mark.skipif(
        not is_at_least(package, wanted), reason=f"needs {package} >= {wanted}: {what}"
    )


needs_callbacks = needs("scikit-learn", "1.9", "callbacks")
