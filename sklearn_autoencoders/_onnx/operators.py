"""Translations of torch operations that its ONNX exporter does not support or not accurately."""

from __future__ import annotations

import torch

# Type codes of ONNX.
_INT64, _DOUBLE = 7, 11


def translations():
    """Return the custom translation table of the exporter, from torch operations to ONNX."""
    aten = torch.ops.aten
    return {
        aten.expm1.default: _expm1,
        aten.log1p.default: _log1p,
        aten._cdist_forward.default: _cdist,
        aten.searchsorted.Tensor: _searchsorted,
    }


def _operators():
    from onnxscript import opset18

    return opset18


# In double precision: in single precision, a small number that is added to one is rounded off.
def _expm1(self):
    op = _operators()
    one = op.Cast(1.0, to=_DOUBLE)
    return op.CastLike(op.Sub(op.Exp(op.Cast(self, to=_DOUBLE)), one), self)


def _log1p(self):
    op = _operators()
    one = op.Cast(1.0, to=_DOUBLE)
    return op.CastLike(op.Log(op.Add(op.Cast(self, to=_DOUBLE), one)), self)


def _cdist(x1, x2, p, compute_mode=None):
    """Return Euclidean distances; no other distance is used."""
    op = _operators()
    difference = op.Sub(op.Unsqueeze(x1, [-2]), op.Unsqueeze(x2, [-3]))
    return op.Sqrt(op.ReduceSum(op.Mul(difference, difference), [-1], keepdims=0))


def _searchsorted(sorted_sequence, self, out_int32=False, right=False, side=None, sorter=None):
    """Return the number of smaller entries of a sequence for each value.

    There is one sequence for all values, or one for each row of them.
    """
    op = _operators()
    is_less = op.Less(op.Unsqueeze(sorted_sequence, [-2]), op.Unsqueeze(self, [-1]))
    return op.ReduceSum(op.Cast(is_less, to=_INT64), [-1], keepdims=0)
