"""Every part of scikit-learn that is private, experimental or different between versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, metadata
from inspect import signature
from numbers import Integral
from typing import Any

import numpy as np
from sklearn import model_selection
from sklearn.base import _fit_context as fit_context
from sklearn.exceptions import DataConversionWarning
from sklearn.pipeline import _fit_one as fit_one
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils import column_or_1d as _column_or_1d
from sklearn.utils._param_validation import Hidden, MissingValues, RealNotInt
from sklearn.utils._param_validation import Interval as _Interval
from sklearn.utils._param_validation import StrOptions as _StrOptions
from sklearn.utils._set_output import _get_container_adapter, _get_output_config
from sklearn.utils.validation import _check_feature_names as check_feature_names
from sklearn.utils.validation import _check_method_params as check_method_params
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _num_samples as num_samples

from .user_warnings import warn_user

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn < 1.9: estimators have no `set_callbacks`

    class _NoContext:
        """The context of a fit or of an epoch without callbacks."""

        def subcontext(self, **kwargs: Any) -> _NoContext:
            return self

        def call_on_fit_task_begin(self, **kwargs: Any) -> None:
            pass

        def call_on_fit_task_end(self, **kwargs: Any) -> bool:
            return False

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """The interface of estimators that `EpochTasks` requires."""

        def _init_callback_context(self, **kwargs: Any) -> _NoContext:
            return _NoContext()

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method unchanged."""
        return method


__all__ = [
    "CallbackSupportMixin",
    "Constraints",
    "Documented",
    "EpochTasks",
    "Hidden",
    "InstanceOf",
    "Interval",
    "MissingValues",
    "Pair",
    "RealNotInt",
    "Sizes",
    "StrOptions",
    "check_cv",
    "check_feature_names",
    "check_method_params",
    "check_nested_params",
    "check_sample_weight",
    "column_or_1d",
    "fit_context",
    "fit_one",
    "num_samples",
    "output_container",
    "safe_indexing",
    "stacked_frames",
    "with_callbacks",
]

# The allowed types and values of each parameter. scikit-learn only accepts its own kinds of
# constraints and their subclasses; new kinds are therefore subclasses of Interval.
Constraints = dict[str, list[Any]]

_NONE: Mapping[str, Any] = {}


def check_cv(cv: Any, y: Any, *, classifier: bool, seed: int) -> Any:
    """Return a splitter; for a number of folds, one that shuffles the samples.

    Parameters
    ----------
    cv : int, splitter or iterable of pairs of index arrays
        As in scikit-learn, whose function has `shuffle` and `random_state` only since 1.9.

    y : array-like of shape (n_samples,) or None
        Targets.

    classifier : bool
        Whether folds are stratified, unless a class has fewer samples than there are folds.

    seed : int
        Seed of the shuffling.

    Returns
    -------
    splitter
        With a method `split`.
    """
    if classifier and isinstance(cv, Integral):  # scikit-learn warns about rare classes
        classifier = bool(np.unique(y, return_counts=True)[1].min() >= cv)
    splitter = model_selection.check_cv(cv, y, classifier=classifier)
    if isinstance(cv, Integral):
        splitter.shuffle, splitter.random_state = True, seed
    return splitter


def column_or_1d(y: Any, *, input_name: str = "y", **kwargs: Any) -> Any:
    """Return a 1D array, as the function of scikit-learn, which takes `input_name` only since 1.8.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, 1)
        Values.

    input_name : str, default="y"
        For error messages.

    **kwargs : dict
        Other parameters of that function. The warning of `warn=True` refers to the user's line.

    Returns
    -------
    ndarray of shape (n_samples,)
        The values.
    """
    if kwargs.pop("warn", False) and np.asarray(y).shape[1:] == (1,):
        warn_user(
            f"A column-vector {input_name} was passed when a 1d array was expected. Change its "
            "shape to (n_samples,), for example using ravel().",
            DataConversionWarning,
        )
    if "input_name" in signature(_column_or_1d).parameters:
        kwargs["input_name"] = input_name
    return _column_or_1d(y, **kwargs)


def check_nested_params(
    estimator: Any, params: dict[str, Any], registries: Mapping[str, Mapping[str, type]] = _NONE
) -> None:
    """Raise ValueError for `<name>__<parameter>` if the value of `name` has no parameters.

    Parameters
    ----------
    estimator : estimator
        Owner of the parameters.

    params : dict
        Arguments of `set_params`.

    registries : mapping of str to mapping of str to type, default={}
        For names of parameters, the classes of objects that their strings stand for.

    Raises
    ------
    ValueError
        Where scikit-learn raises an AttributeError after setting some of the parameters.
    """
    values = estimator.get_params() | params  # with those of named transformers
    for key in params:
        name, is_nested, parameter = key.partition("__")
        if is_nested and name in values and not hasattr(values[name], "set_params"):
            example = _example(name, values[name], parameter, registries)
            raise ValueError(
                f"{key} cannot be set, because {name}={values[name]!r} of "
                f"{type(estimator).__name__} has no parameters. Set {name} to an object with the "
                f"parameter {parameter!r} first{example}."
            )


def _example(
    name: str, value: Any, parameter: str, registries: Mapping[str, Mapping[str, type]]
) -> str:
    """Return an example of an object with a parameter, preferably of what a string stands for."""
    registry = registries.get(name, {})
    chosen = [registry[value]] if isinstance(value, str) and value in registry else []
    for cls in (*chosen, *registry.values()):
        if parameter in signature(cls).parameters:
            return f", as in {name}={cls.__name__}()"
    return ""


class StrOptions(_StrOptions):
    """A string among several ones, which messages list in alphabetical order."""

    def __str__(self) -> str:
        """Return the description for error messages."""
        return f"a str among {{{', '.join(map(repr, sorted(self.options)))}}}"


class Documented:
    """Documentation links in HTML representations, if the package's metadata contains the URL."""

    _doc_link_module = __name__.partition(".")[0]

    @property
    def _doc_link_template(self) -> str:
        site = _site_of(self._doc_link_module)
        return f"{site}/api/generated/{{estimator_module}}.{{estimator_name}}.html" if site else ""


def _site_of(package: str) -> str:
    """Return the documentation URL in the metadata of a package, or an empty string."""
    try:
        stated = metadata(package).get_all("Project-URL", [])
    except PackageNotFoundError:  # not installed
        return ""
    addresses = dict(url.split(", ", 1) for url in stated)
    return str(addresses.get("Documentation", "")).rstrip("/")


class Interval(_Interval):
    """A number in an interval; unlike in scikit-learn, True and False are rejected."""

    def is_satisfied_by(self, val: Any) -> bool:
        """Return whether a value is a number in the interval."""
        return not isinstance(val, bool) and bool(super().is_satisfied_by(val))


class Pair(Interval):
    """A pair (low, high) of numbers in an interval; low < high if `strict`, else low <= high."""

    def __init__(
        self, type: type, left: Any, right: Any, *, closed: str, strict: bool = False
    ) -> None:
        super().__init__(type, left, right, closed=closed)
        self.strict = strict

    def is_satisfied_by(self, val: Any) -> bool:
        """Return whether a value is an ordered pair of numbers in the interval."""
        is_pair = isinstance(val, tuple | list) and len(val) == 2
        if not (is_pair and all(map(super().is_satisfied_by, val))):
            return False
        low, high = val
        return bool(low < high if self.strict else low <= high)

    def __str__(self) -> str:
        relation = "<" if self.strict else "<="
        return f"a pair (low, high) with low {relation} high, each {super().__str__()}"


def output_container(estimator: Any) -> str:
    """Return the container that is configured for transform: "default", "pandas" or "polars"."""
    name: str = _get_output_config("transform", estimator)["dense"]
    return name


def stacked_frames(estimator: Any, outputs: Sequence[Any]) -> Any:
    """Return outputs side by side in the container that is configured, or None if it is none.

    Columns of frames keep their types. The names of the columns are temporary.
    """
    adapter = _get_container_adapter("transform", estimator)
    if adapter is None:
        return None
    frames = []
    for number, output in enumerate(outputs):
        names = [f"{number}_{column}" for column in range(output.shape[1])]
        frames.append(adapter.create_container(output, outputs[0], columns=names, inplace=False))
    return adapter.hstack(frames)


class InstanceOf(_Interval):
    """Constraint for instances of classes, described in words instead of by private names."""

    def __init__(self, classes: tuple[type, ...], description: str) -> None:
        super().__init__(Integral, None, None, closed="neither")
        self.classes, self.description = classes, description

    def is_satisfied_by(self, val: Any) -> bool:
        """Return whether a value is an instance of one of the classes."""
        return isinstance(val, self.classes)

    def __str__(self) -> str:
        return self.description


class Sizes(_Interval):
    """Constraint for a sequence of positive integers whose length is in a given range."""

    def __init__(self, shortest: int = 0, longest: int | None = None) -> None:
        super().__init__(Integral, 1, None, closed="left")
        self.shortest, self.longest = shortest, longest

    def is_satisfied_by(self, val: Any) -> bool:
        """Return whether a value is such a tuple, list or array."""
        is_sequence = isinstance(val, tuple | list) or getattr(val, "ndim", 0) == 1
        if not is_sequence or len(val) < self.shortest:
            return False
        is_short = self.longest is None or len(val) <= self.longest
        return is_short and all(map(_SIZE.is_satisfied_by, val))

    def __str__(self) -> str:
        length = f"{self.shortest} or more" if self.longest is None else f"{self.shortest}"
        if self.longest is not None and self.longest > self.shortest:
            length = f"{self.shortest} to {self.longest}"
        return f"a sequence of {length} positive ints"


_SIZE = Interval(Integral, 1, None, closed="left")


class EpochTasks:
    """Reports the epochs of a fit to the scikit-learn callbacks of the estimator.

    Parameters
    ----------
    estimator : estimator
        The estimator that is being fitted.

    max_epochs : int
        Maximum number of epochs, announced as the number of subtasks.

    fitted_attributes : callable
        Maps the training history to the fitted attributes with which a copy of the estimator can be
        used as if the fit had stopped after the current epoch.

    **data : arrays
        `X`, `y` and `metadata`, which are passed to the callbacks.
    """

    def __init__(
        self,
        estimator: CallbackSupportMixin,
        max_epochs: int,
        fitted_attributes: Callable[[Any], dict[str, Any]],
        **data: Any,
    ) -> None:
        self._estimator, self._data = estimator, data
        self._fitted_attributes = fitted_attributes
        self._root = estimator._init_callback_context(max_subtasks=max_epochs)
        self._root.call_on_fit_task_begin(estimator=estimator, **data)

    @property
    def is_watched(self) -> bool:
        """Whether there are callbacks."""
        return bool(getattr(self._estimator, "_skl_callbacks", ()))

    def begin(self) -> None:
        """Notify the callbacks of the beginning of an epoch."""
        self._epoch = self._root.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def end(self, history: Any) -> bool:
        """Notify the callbacks of the end of an epoch; return whether one requests to stop."""
        wants_to_stop = self._epoch.call_on_fit_task_end(
            estimator=self._estimator,
            reconstruction_attributes=lambda: self._fitted_attributes(history),
            **self._data,
        )
        return bool(wants_to_stop)

    def finish(self) -> None:
        """Notify the callbacks of the end of the fit."""
        self._root.call_on_fit_task_end(
            estimator=self._estimator, reconstruction_attributes={}, **self._data
        )
