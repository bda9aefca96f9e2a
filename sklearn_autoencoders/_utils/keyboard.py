"""Which keys of an English keyboard are next to each other."""

from __future__ import annotations

# Rows of keys, and how far each is shifted to the right, in units of the width of a key.
_ROWS = ("1234567890-", -0.5), ("qwertyuiop", 0.0), ("asdfghjkl;'", 0.25), ("zxcvbnm,./", 0.75)
# Keys whose centers are at most as far apart are neighbors.
_REACH = 1.3

_PLACES = {
    key: (place + shift, row)
    for row, (keys, shift) in enumerate(_ROWS)
    for place, key in enumerate(keys)
}


def are_neighbors(first: str, second: str) -> bool:
    """Return whether two characters of the same case are on neighboring keys."""
    if first.isupper() != second.isupper():
        return False
    places = _PLACES.get(first.lower()), _PLACES.get(second.lower())
    if first == second or places[0] is None or places[1] is None:
        return False
    (x, y), (other_x, other_y) = places[0], places[1]
    return (x - other_x) ** 2 + (y - other_y) ** 2 <= _REACH**2
