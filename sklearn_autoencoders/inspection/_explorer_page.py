"""Assembly of the explorer page as a single HTML file without external resources."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import zlib
from importlib.resources import files
from string import Template

import numpy as np

_STYLES = ("explorer.css",)
_SCRIPTS = ("content.js", "plot.js", "panel.js", "explorer.js")

# Error message for browsers that do not support the page.
_ON_ERROR = """(error) => {
  document.getElementById("subtitle").textContent = `This browser cannot show the page: ${error}`;
  throw error;
}"""

# Characters that could end a script element, or are line ends in JavaScript only.
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}

# Five digits require 18 of the 24 bits of a float's significand; the others are set to zero, which
# compresses well.
_KEPT, _HALF = np.uint32(0xFFFFFFC0), np.uint32(0x20)
_LARGEST = 3.4e38


def page(content):
    """Return the contents of the file: the template with styles, scripts and data."""
    style, script = (_joined(names) for names in (_STYLES, _SCRIPTS))
    script = f'(async () => {{\n"use strict";\n{script}\n}})().catch({_ON_ERROR});\n'
    text = Template(_read("explorer.html")).substitute(
        title=html.escape(content["title"]),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        content=as_json(content),
    )
    return text.encode()


def as_json(content):
    """Return content as JSON that can be embedded in a script element."""
    return json.dumps(content, allow_nan=False, separators=(",", ":")).translate(_ESCAPES)


def pack(values):
    """Compress an array to text, ordered by byte planes: first bytes of all numbers, and so on."""
    little = np.ascontiguousarray(values, np.dtype(values.dtype).newbyteorder("<"))
    planes = little.reshape(-1, 1).view(np.uint8).T
    packed = base64.b64encode(zlib.compress(planes.tobytes(), 9))
    return {"type": values.dtype.name, "data": packed.decode("ascii")}


def five_digits(values):
    """Round to float32 numbers with five accurate digits, which compress well."""
    values = np.clip(values, -_LARGEST, _LARGEST).astype(np.float32)
    bits = np.ascontiguousarray(values).view(np.uint32)
    return np.where(np.isnan(values), values, ((bits + _HALF) & _KEPT).view(np.float32))


def _read(name):
    return files(__package__).joinpath("explorer", name).read_text("utf-8")


def _joined(names):
    return "\n".join(map(_read, names))


def _hash(text):
    """Return the hash of a script or style for the content security policy of the page."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
