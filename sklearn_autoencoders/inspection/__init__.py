"""Displays of fitted estimators, with the interface of scikit-learn's displays.

Every display has a method `from_estimator`, which computes the data and draws them, and `plot`,
which draws them again. Displays require matplotlib: `pip install 'sklearn_autoencoders[plot]'`.
They do not show figures and do not change matplotlib's settings. If axes are passed, they must
have space for names and legends around them, as with `plt.subplots(layout="constrained")`.
`latent_explorer` writes a page for a browser and has no additional requirements.

For a pipeline, the last step is displayed, for samples transformed by the previous steps.
"""

from .._utils.public_names import publish
from ._codes import CodesDisplay
from ._contributions import ContributionsDisplay
from ._explorer import latent_explorer
from ._latent import LatentDisplay
from ._loss_curve import LossCurveDisplay
from ._outlier_scores import OutlierScoresDisplay
from ._reconstruction import ReconstructionDisplay
from ._traversal import TraversalDisplay
from ._weights import WeightsDisplay

__all__ = [
    "CodesDisplay",
    "ContributionsDisplay",
    "LatentDisplay",
    "LossCurveDisplay",
    "OutlierScoresDisplay",
    "ReconstructionDisplay",
    "TraversalDisplay",
    "WeightsDisplay",
    "latent_explorer",
]

publish(globals())
