"""Operations of torch that its ONNX exporter cannot translate, or not exactly enough."""

from __future__ import annotations

import torch

# ONNX's numbers for types.
_INT64, _DOUBLE = 7, 11


def translations():
    """Return what stands in ONNX for operations of torch, as the exporter takes it."""
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


# Near zero, single precision rounds away what is added to one.
def _expm1(self):
    op = _operators()
    one = op.Cast(1.0, to=_DOUBLE)
    return op.CastLike(op.Sub(op.Exp(op.Cast(self, to=_DOUBLE)), one), self)


def _log1p(self):
    op = _operators()
    one = op.Cast(1.0, to=_DOUBLE)
    return op.CastLike(op.Log(op.Add(op.Cast(self, to=_DOUBLE), one)), self)


def _cdist(x1, x2, p, compute_mode=None):
    """Euclidean distances, the only ones that are asked for."""
    op = _operators()
    difference = op.Sub(op.Unsqueeze(x1, [-2]), op.Unsqueeze(x2, [-3]))
    return op.Sqrt(op.ReduceSum(op.Mul(difference, difference), [-1], keepdims=0))


def _searchsorted(sorted_sequence, self, out_int32=False, right=False, side=None, sorter=None):
    """Count what is less, from the left, in a sequence of one axis."""
    op = _operators()
    is_less = op.Less(sorted_sequence, op.Unsqueeze(self, [-1]))
    return op.ReduceSum(op.Cast(is_less, to=_INT64), [-1], keepdims=0)
