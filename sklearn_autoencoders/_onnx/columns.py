"""The columns of a table as inputs of an ONNX graph, one for each column."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from .._data.tables.column_kinds import Category, Kind
from .._data.tables.columns import Columns

# Methods whose result is an array, also for a table, and not a density.
TABLE_METHODS = frozenset(
    {
        "decision_function",
        "p_values",
        "predict",
        "predict_log_proba",
        "predict_proba",
        "score_samples",
        "transform",
    }
)
_PREFIX = "network/"


@dataclass(frozen=True)
class Input:
    """The input of a graph for a column.

    Parameters
    ----------
    name : str
        Name of the column.

    dtype : str
        ONNX type of its values.

    keys : dict
        Attributes of the encoder of its categories; empty for numbers.
    """

    name: str
    dtype: str
    keys: dict[str, Any]

    def nodes(self, output: str) -> list[Any]:
        """Return the nodes that compute the cells of the column."""
        from onnx import TensorProto, helper

        nodes, source = [], self.name
        if self.keys:
            source = f"categories/{self.name}"
            encoder = helper.make_node(
                "LabelEncoder", [self.name], [source], domain="ai.onnx.ml", **self.keys
            )
            nodes.append(encoder)
        return [*nodes, helper.make_node("Cast", [source], [output], to=TensorProto.DOUBLE)]


def inputs_of(columns: Columns, method: str) -> list[Input]:
    """Return the inputs for the columns, or raise ValueError if there are none."""
    names = [str(kind.column.name) for kind in columns.kinds]
    if len({*names, method, ""}) < len(names) + 2:
        raise ValueError(
            f"The columns of the table are the inputs of the graph. Their names must be distinct, "
            f"not empty and not {method!r}; got {names}. Rename the columns before the fit."
        )
    return [Input(n, *_keys_of(kind)) for n, kind in zip(names, columns.kinds, strict=True)]


def with_inputs(model: Any, inputs: list[Input]) -> Any:
    """Return a model of cells with one input for each column instead.

    Parameters
    ----------
    model : onnx.ModelProto
        Its input are the cells, of shape (n_samples, n_columns), in double precision.

    inputs : list of Input
        The inputs for the columns.

    Returns
    -------
    onnx.ModelProto
        With inputs of shape (n_samples, 1).
    """
    from onnx import TensorProto, compose, helper

    method = model.graph.output[0].name
    model = compose.add_prefix(model, _PREFIX)
    cells = [f"cells/{own.name}" for own in inputs]
    nodes = [node for own, cell in zip(inputs, cells, strict=True) for node in own.nodes(cell)]
    nodes.append(helper.make_node("Concat", cells, [model.graph.input[0].name], axis=1))
    nodes += model.graph.node
    nodes.append(helper.make_node("Identity", [model.graph.output[0].name], [method]))
    model.graph.output[0].name = method
    infos = [
        helper.make_tensor_value_info(own.name, getattr(TensorProto, own.dtype), ["n_samples", 1])
        for own in inputs
    ]
    del model.graph.input[:], model.graph.node[:]
    model.graph.input.extend(infos)
    model.graph.node.extend(nodes)
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 2))
    return model


def _keys_of(kind: Kind) -> tuple[str, dict[str, Any]]:
    """Return the ONNX type of a column, and the attributes of the encoder of its categories."""
    if not isinstance(kind, Category):
        is_number = not kind.column.dtype.startswith(("Date", "Duration"))
        return "FLOAT" if is_number else "DOUBLE", {}
    places = {value: float(place) for place, value in enumerate(kind.categories)}
    places |= dict.fromkeys(kind.infrequent, float(len(kind.categories)))
    if not places:  # all values are missing
        return "FLOAT", {}
    values = {"values_floats": list(places.values()), "default_float": float("nan")}
    if all(isinstance(key, str) for key in places):
        return "STRING", {"keys_strings": list(places)} | values
    return "FLOAT", {"keys_floats": _as_floats(list(places), kind.column.name)} | values


def _as_floats(keys: list[Any], name: Any) -> list[float]:
    """Return numbers and booleans as floats of single precision, in which they must differ."""
    if all(isinstance(key, Real | np.bool_) for key in keys):
        floats = np.array(keys, dtype=np.float32)
        if len(np.unique(floats)) == len(keys):
            return [float(value) for value in floats]
    raise ValueError(
        f"The categories of column {name!r} must be strings, or booleans or numbers that differ in "
        "single precision, to be exported. Convert the column to strings before the fit."
    )
