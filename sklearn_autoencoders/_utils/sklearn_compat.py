"""Every part of scikit-learn that is private, experimental or not the same in all its versions."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, metadata
from numbers import Integral
from typing import Any

from sklearn import model_selection
from sklearn.base import _fit_context as fit_context
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import Interval as _Interval
from sklearn.utils._param_validation import RealNotInt, StrOptions
from sklearn.utils.validation import _check_method_params as check_method_params
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _num_samples as num_samples

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn < 1.9: estimators have no `set_callbacks`

    class _NobodyToTell:
        """The fit, or an epoch of it, where there are no callbacks."""

        def subcontext(self, **kwargs: Any) -> _NobodyToTell:
            return self

        def call_on_fit_task_begin(self, **kwargs: Any) -> None:
            pass

        def call_on_fit_task_end(self, **kwargs: Any) -> bool:
            return False

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """What `EpochTasks` asks of an estimator."""

        def _init_callback_context(self, **kwargs: Any) -> _NobodyToTell:
            return _NobodyToTell()

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method as it is."""
        return method


__all__ = [
    "CallbackSupportMixin",
    "Constraints",
    "Documented",
    "EpochTasks",
    "Interval",
    "Pair",
    "RealNotInt",
    "Sizes",
    "StrOptions",
    "check_cv",
    "check_method_params",
    "check_sample_weight",
    "fit_context",
    "num_samples",
    "safe_indexing",
    "with_callbacks",
]

# The alternatives that each parameter has. A new kind has to be a subclass of one of scikit-learn's
# public ones, or it does not take it; hence the intervals.
Constraints = dict[str, list[Any]]


def check_cv(cv: Any, y: Any, *, classifier: bool, seed: int) -> Any:
    """Return a splitter; one made for a number of folds deals the rows out at random.

    Parameters
    ----------
    cv : int, splitter or iterable of pairs of index arrays
        As of scikit-learn's function, which takes `shuffle` and `random_state` only since 1.9.

    y : array-like of shape (n_samples,) or None
        Targets.

    classifier : bool
        Whether every fold is to have its share of each class.

    seed : int
        Deals the rows out.

    Returns
    -------
    splitter
        With a method `split`.
    """
    splitter = model_selection.check_cv(cv, y, classifier=classifier)
    if isinstance(cv, Integral):
        splitter.shuffle, splitter.random_state = True, seed
    return splitter


class Documented:
    """Links of HTML representations to the site, once the package's metadata says where it is."""

    _doc_link_module = __name__.partition(".")[0]

    @property
    def _doc_link_template(self) -> str:
        site = _site_of(self._doc_link_module)
        return f"{site}/api/generated/{{estimator_module}}.{{estimator_name}}.html" if site else ""


def _site_of(package: str) -> str:
    """Return the address that a package has for its documentation, or nothing."""
    try:
        stated = metadata(package).get_all("Project-URL", [])
    except PackageNotFoundError:  # run from its source
        return ""
    addresses = dict(url.split(", ", 1) for url in stated)
    return str(addresses.get("Documentation", "")).rstrip("/")


class Interval(_Interval):
    """A number in an interval; True and False, which scikit-learn lets pass, are none."""

    def is_satisfied_by(self, val: Any) -> bool:
        """Return whether a value is such a number."""
        return not isinstance(val, bool) and bool(super().is_satisfied_by(val))


class Pair(Interval):
    """A pair (low, high) of numbers in an interval, which differ if `strict`."""

    def __init__(
        self, type: type, left: Any, right: Any, *, closed: str, strict: bool = False
    ) -> None:
        super().__init__(type, left, right, closed=closed)
        self.strict = strict

    def is_satisfied_by(self, val: Any) -> bool:
        """Return whether a value is such a pair, in order."""
        is_pair = isinstance(val, tuple | list) and len(val) == 2
        if not (is_pair and all(map(super().is_satisfied_by, val))):
            return False
        low, high = val
        return bool(low < high if self.strict else low <= high)

    def __str__(self) -> str:
        relation = "<" if self.strict else "<="
        return f"a pair (low, high) with low {relation} high, each {super().__str__()}"


class Sizes(_Interval):
    """A sequence of positive integers, of a length in an interval."""

    def __init__(self, shortest: int = 0, longest: int | None = None) -> None:
        super().__init__(Integral, shortest, longest, closed="both" if longest else "left")

    def is_satisfied_by(self, val: Any) -> bool:
        """Return whether a value is such a sequence: a tuple, a list or an array."""
        is_sequence = isinstance(val, tuple | list) or getattr(val, "ndim", 0) == 1
        return is_sequence and len(val) in self and all(map(_SIZE.is_satisfied_by, val))

    def __str__(self) -> str:
        length = f"{self.left} to {self.right}" if self.right else f"{self.left} or more"
        return f"a sequence of {length} positive ints"


_SIZE = Interval(Integral, 1, None, closed="left")


class EpochTasks:
    """Shows the epochs of a fit to the estimator's scikit-learn callbacks.

    Parameters
    ----------
    estimator : estimator
        The one being fitted.

    max_epochs : int
        Number of tasks announced.

    fitted_attributes : callable
        Maps the training history to the attributes that a copy of the estimator needs to be used
        as if the fit had stopped here.

    **data : arrays
        `X`, `y` and `metadata` as handed to the callbacks.
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

    def begin(self) -> None:
        """Tell the callbacks that an epoch begins."""
        self._epoch = self._root.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def end(self, history: Any) -> bool:
        """Tell the callbacks that an epoch has ended; return whether one of them wants to stop."""
        wants_to_stop = self._epoch.call_on_fit_task_end(
            estimator=self._estimator,
            reconstruction_attributes=lambda: self._fitted_attributes(history),
            **self._data,
        )
        return bool(wants_to_stop)

    def finish(self) -> None:
        """Tell the callbacks that the fit has ended and that the estimator is fitted."""
        self._root.call_on_fit_task_end(
            estimator=self._estimator, reconstruction_attributes={}, **self._data
        )
