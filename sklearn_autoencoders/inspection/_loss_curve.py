"""Display of loss curves."""

from __future__ import annotations

import numpy as np

from ._display import APART, LINES, Display, need_matplotlib
from ._samples import check_choice, drawn_step

# Losses that decrease by more than this factor are drawn on a logarithmic scale.
_LOG_RATIO = 10.0
# Curves of at most this many epochs have a marker for each epoch.
_MAX_MARKED_EPOCHS = 20


class LossCurveDisplay(Display):
    """Training and validation loss of every epoch.

    Pretraining minimizes another loss, that of the reconstruction of samples or, for layerwise
    pretraining, of codes. It is drawn on separate axes. The divergence of a variational
    autoencoder, which is a part of the loss, is also drawn on separate axes.

    Parameters
    ----------
    loss_curve : array-like of shape (n_epochs,)
        Mean training objective of every epoch.

    validation_curve : array-like, default=None
        Loss on the held-out validation samples after every epoch.

    pretraining_curves : list of array-like, default=None
        Loss curve of all layers together, or of each pair of layers.

    kl_curve : array-like, default=None
        Mean divergence of the codes from their prior in every epoch.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the training curve.

    axes_ : ndarray of matplotlib Axes
        All axes: first those of pretraining, if there was any, and last those of the divergence.

    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores for different numbers of samples.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.inspection import LossCurveDisplay
    >>> X, _ = load_iris(return_X_y=True)
    >>> autoencoder = AutoencoderTransformer(max_epochs=5, early_stopping=True, random_state=0)
    >>> display = LossCurveDisplay.from_estimator(autoencoder.fit(X))
    >>> [line.get_label() for line in display.ax_.lines]
    ['training', 'validation']
    """

    def __init__(self, loss_curve, validation_curve=None, pretraining_curves=None, kl_curve=None):
        self.loss_curve = _check_curve(loss_curve, "loss_curve")
        self.validation_curve = None
        if validation_curve is not None:
            self.validation_curve = _check_curve(validation_curve, "validation_curve")
        self.pretraining_curves = [
            _check_curve(curve, "Each of pretraining_curves") for curve in pretraining_curves or []
        ]
        self.kl_curve = None if kl_curve is None else _check_curve(kl_curve, "kl_curve")

    def plot(self, ax=None, *, yscale="auto", **kwargs):
        """Draw the curves.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Axes to draw on. By default a new figure is created. With pretraining or a divergence,
            several axes are required; a single axes is divided.

        yscale : {"auto", "linear", "log"}, default="auto"
            Scale of the loss. "auto" is logarithmic if all losses are positive and decrease by more
            than a factor of ten.

        **kwargs : dict
            Keyword arguments of matplotlib's `plot`.

        Returns
        -------
        LossCurveDisplay
            The display.
        """
        check_choice(yscale, "yscale", ("auto", "linear", "log"))
        stages, has_kl = self.pretraining_curves, self.kl_curve is not None
        n_axes = 1 + bool(stages) + has_kl
        axes = self._open(ax, (1, n_axes), (5.2 * n_axes, 3.8))
        self.ax_ = axes[1 if stages else 0]
        if stages:
            names = [f"layers {number}" for number in range(1, len(stages) + 1)]
            names = names if len(stages) > 1 else ["pretraining"]
            _draw(axes[0], dict(zip(names, stages, strict=True)), yscale, kwargs)
            axes[0].set_title("Pretraining")
            self.ax_.set_title("Training")
        if has_kl:
            _draw(axes[-1], {"divergence": self.kl_curve}, "linear", kwargs)
            axes[-1].set(ylabel="divergence from the prior, in nats")
        curves = {"training": self.loss_curve, "validation": self.validation_curve}
        _draw(self.ax_, {k: v for k, v in curves.items() if v is not None}, yscale, kwargs)
        return self

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, **kwargs):
        """Draw the curves of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator of this package, or a pipeline whose last step is one.

        ax : Axes or array of Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        LossCurveDisplay
            The display.

        Raises
        ------
        TypeError
            If the estimator has no loss curve.
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        # scikit-learn's perceptrons also have curves, but their validation scores are not losses
        estimator, _, _ = drawn_step(cls, estimator, "network_ loss_curve_ validation_scores_")
        scores = estimator.validation_scores_
        display = cls(
            estimator.loss_curve_,
            None if not scores else -np.asarray(scores),
            getattr(estimator, "pretraining_curves_", None),
            getattr(estimator, "kl_curve_", None),
        )
        return display.plot(ax, **kwargs)


def _check_curve(curve, name):
    curve = np.asarray(curve, dtype=np.float64)
    if curve.ndim != 1 or not len(curve):
        raise ValueError(f"{name} must contain one loss per epoch; got shape {curve.shape}.")
    return curve


def _draw(ax, curves, yscale, kwargs):
    from matplotlib.ticker import MaxNLocator

    for place, (name, losses) in enumerate(curves.items()):
        style = {
            "color": APART[place % len(APART)],
            "linestyle": LINES[place % len(LINES)],
            "marker": "o" if len(losses) <= _MAX_MARKED_EPOCHS else None,
            "markersize": 4,
            "label": name,
        }
        ax.plot(np.arange(1, len(losses) + 1), losses, **{**style, **kwargs})
    ax.set(xlabel="epoch", ylabel="loss", yscale=_scale(curves.values(), yscale))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if len(curves) > 1:
        ax.legend(frameon=False)


def _scale(curves, yscale):
    losses = np.concatenate(list(curves))
    lowest, highest = np.nanmin(losses), np.nanmax(losses)
    decreases_much = 0 < lowest and highest > _LOG_RATIO * lowest
    return {True: "log", False: "linear"}[bool(decreases_much)] if yscale == "auto" else yscale
