"""Warnings of given parameters that have no effect, because of the values of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .._utils.user_warnings import warn_user
from ..objectives import PseudoLabels
from .parameters import changed_parameters


class Need(NamedTuple):
    """What some parameters need to have an effect.

    Parameters
    ----------
    is_met : callable
        Returns whether the parameters of an estimator meet it.

    reason, remedy : str
        What is the case if it is not met, and what to do.
    """

    is_met: Callable[[Any], bool]
    reason: str
    remedy: str


def _has_no_encoder(estimator: Any) -> bool:
    return getattr(estimator, "encoder", None) is None


def _has_reconstruction_loss(estimator: Any) -> bool:
    is_predictor = hasattr(estimator, "alpha")
    return not is_predictor or bool(estimator.pretraining) or estimator.alpha > 0


def _can_be_pretrained(estimator: Any) -> bool:
    """Return whether there is pretraining, or pretraining that is on by default was switched off.

    Settings of pretraining are often the same with and without it, for comparisons.
    """
    return bool(estimator.pretraining) or type(estimator)().pretraining is not None


_NO_ENCODER = Need(_has_no_encoder, "encoder is given", "Set encoder=None")
_PRETRAINING = Need(
    lambda estimator: bool(estimator.pretraining), "pretraining=None", "Choose a pretraining"
)
_POSSIBLE_PRETRAINING = _PRETRAINING._replace(is_met=_can_be_pretrained)
_THAWING = Need(
    lambda estimator: estimator.freeze in ("head", "gradual"),
    "freeze is neither 'head' nor 'gradual'",
    "Set freeze='head'",
)
_TRAINED_ENCODER = Need(
    lambda estimator: estimator.freeze != "all", "freeze='all'", "Set freeze='none'"
)
_RECONSTRUCTION = Need(_has_reconstruction_loss, "pretraining=None and alpha=0", "Set alpha=1.0")
_WARMUP = Need(lambda estimator: estimator.kl_warmup > 0, "kl_warmup=0", "Set kl_warmup=0.5")
_RATINGS = Need(
    lambda estimator: estimator.feedback == "explicit",
    "feedback='implicit'",
    "Set feedback='explicit'",
)
_PSEUDO_LABELS = Need(
    lambda estimator: (
        not isinstance(estimator.pseudo_labels, PseudoLabels)
        or estimator.pseudo_label_source_ is not None
    ),
    "no sample got a pseudo-label: all have labels, or there are too few labels",
    "Pass unlabeled samples, too",
)
_TEXTS = Need(lambda estimator: estimator._is_of_texts, "the samples are not texts", "Pass texts")

# What each parameter needs, by name. Those of early stopping are missing: as in scikit-learn, whose
# checks set them, they can be given without it.
NEEDS: dict[str, tuple[Need, ...]] = {
    "pretraining": (_NO_ENCODER,),
    "pretraining_corruption": (_NO_ENCODER, _PRETRAINING),
    "pretraining_epochs": (_POSSIBLE_PRETRAINING,),
    "pretraining_learning_rate": (_POSSIBLE_PRETRAINING,),
    "freeze_epochs": (_THAWING,),
    "learning_rate_ratio": (_TRAINED_ENCODER,),
    "loss": (_RECONSTRUCTION,),
    "kl_cycles": (_WARMUP,),
    "chunk_size": (_TEXTS,),
    "carry_states": (_TEXTS,),
    "pseudo_labels": (_PSEUDO_LABELS,),
    "rating_range": (_RATINGS,),
    "user_shrinkage": (_RATINGS,),
    "item_shrinkage": (_RATINGS,),
}


def warn_of_unused_parameters(estimator: Any) -> None:
    """Warn of each parameter that differs from its default and has no effect.

    Parameters
    ----------
    estimator : estimator
        Its parameters are read.
    """
    names = NEEDS.keys() & estimator.get_params(deep=False).keys()
    for name in changed_parameters(estimator, sorted(names)):
        unmet = [need for need in NEEDS[name] if not need.is_met(estimator)]
        if unmet and getattr(estimator, name) is not None:
            _warn(estimator, name, unmet[0])


def _warn(estimator: Any, name: str, need: Need) -> None:
    value, default = getattr(estimator, name), getattr(type(estimator)(), name)
    warn_user(
        f"{name}={value!r} has no effect, because {need.reason}. {need.remedy}, or set "
        f"{name}={default!r}.",
        UserWarning,
    )
