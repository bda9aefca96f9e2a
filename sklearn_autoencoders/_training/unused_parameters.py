"""Warnings of parameters that are given, but have no effect beside others or with the samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._utils.user_warnings import warn_user
from ..objectives import PseudoLabels
from .parameters import changed_parameters


@dataclass(frozen=True)
class Rule:
    """When some parameters have no effect.

    Parameters
    ----------
    names : tuple of str
        The parameters.

    are_unused : callable
        Receives a fitted estimator that has one of them.

    reason : str
        Why, for the message. Parameters in braces are replaced by their values.

    remedy : str
        What to do about it, unless the parameters are left at their defaults.
    """

    names: tuple[str, ...]
    are_unused: Callable[[Any], bool]
    reason: str
    remedy: str


_OF_PRETRAINING = "pretraining_corruption", "pretraining_epochs", "pretraining_learning_rate"


def _has_encoder(estimator: Any) -> bool:
    return getattr(estimator, "encoder", None) is not None


RULES = (
    Rule(_OF_PRETRAINING, _has_encoder, "encoder is given", "Set encoder=None"),
    Rule(
        _OF_PRETRAINING,
        lambda estimator: not (estimator.pretraining or _has_encoder(estimator)),
        "pretraining=None",
        "Set pretraining",
    ),
    Rule(
        ("kl_cycles",),
        lambda estimator: not estimator.kl_warmup,
        "kl_warmup={kl_warmup}",
        "Set kl_warmup, the fraction of the training in which the weight increases",
    ),
    Rule(
        ("chunk_size", "carry_states"),
        lambda estimator: not estimator._order.is_sequential,
        "X is a table, not texts or sequences",
        "Choose a causal network for sequences",
    ),
    Rule(
        ("freeze_epochs",),
        lambda estimator: estimator.freeze in ("none", "all"),
        "freeze={freeze!r}",
        "Set freeze='head' or freeze='gradual'",
    ),
    Rule(
        ("pseudo_labels",),
        lambda estimator: (
            isinstance(estimator.pseudo_labels, PseudoLabels)
            and estimator.pseudo_label_source_ is None
        ),
        "no sample got a pseudo-label: all have labels, or there are too few labels",
        "Pass unlabeled samples, too",
    ),
)


def warn_of_unused_parameters(estimator: Any) -> None:
    """Warn of given parameters without an effect in the fit, once for each reason."""
    params = estimator.get_params(deep=False)
    for rule in RULES:
        names = changed_parameters(estimator, [name for name in rule.names if name in params])
        if names and rule.are_unused(estimator):
            given = ", ".join(f"{name}={params[name]!r}" for name in names)
            warn_user(
                f"{given} {'have' if len(names) > 1 else 'has'} no effect, because "
                f"{rule.reason.format(**params)}. {rule.remedy}, or leave "
                f"{' and '.join(names)} out.",
                UserWarning,
            )
