"""Every part of scikit-learn that is private or experimental and that we cannot do without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.base import _fit_context as fit_context
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

__all__ = [
    "CallbackSupportMixin",
    "EpochTasks",
    "Interval",
    "RealNotInt",
    "StrOptions",
    "check_sample_weight",
    "fit_context",
    "safe_indexing",
    "with_callbacks",
]


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
        return self._epoch.call_on_fit_task_end(
            estimator=self._estimator,
            reconstruction_attributes=lambda: self._fitted_attributes(history),
            **self._data,
        )

    def finish(self) -> None:
        """Tell the callbacks that the fit has ended and that the estimator is fitted."""
        self._root.call_on_fit_task_end(
            estimator=self._estimator, reconstruction_attributes={}, **self._data
        )
