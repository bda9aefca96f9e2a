"""Pictures of fitted estimators, in the manner of scikit-learn's displays.

Every display has `from_estimator`, which computes and draws, and `plot`, which draws again. They
need matplotlib: `pip install 'sklearn_autoencoders[plot]'`. No figure is shown, and none of
matplotlib's settings is changed. Axes of your own need room around them for names and legends,
which `plt.subplots(layout="constrained")` makes. `latent_explorer` writes a page for a browser, and
needs nothing.

Of a pipeline the last step is drawn, on the rows as the steps before it give them.
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
