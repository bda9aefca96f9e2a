"""
Detection of unseen digits
==========================

:class:`~sklearn_autoencoders.AutoencoderOutlierDetector` is trained on all digits except 5 and 9,
and applied to all digits. Its threshold is set for a given false alarm rate without a second fit.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import LocalOutlierFactor

from sklearn_autoencoders import AutoencoderOutlierDetector
from sklearn_autoencoders.inspection import OutlierScoresDisplay, ReconstructionDisplay

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, random_state=0)
known, is_unknown = X[~np.isin(y, [5, 9])], np.isin(y_test, [5, 9])

# %%
# Pixels share one scale. All training samples are known to be normal, so that no samples are
# trimmed.
detector = AutoencoderOutlierDetector(
    scaling="global", trim=0.0, hidden_layer_sizes=(128,), learning_rate=1e-2, random_state=0
).fit(known)
others = IsolationForest(random_state=0), LocalOutlierFactor(n_neighbors=5, novelty=True)
for model in (detector, *(other.fit(known) for other in others)):
    auc = roc_auc_score(is_unknown, -model.score_samples(X_test))
    print(f"{type(model).__name__:27} ROC-AUC {auc:.3f}")

# %%
# The threshold for a false alarm rate of 5 % is computed from held-out samples.
detector.set_threshold(false_alarm_rate=0.05)
alarms = detector.predict(X_test) == -1
print(f"alarm rate on known digits {alarms[~is_unknown].mean():.3f}")
print(f"alarm rate on fives and nines {alarms[is_unknown].mean():.3f}")

# %%
# Top: the scores. Bottom: the most anomalous digits and their expected values. Nearest neighbors
# are better at this task: they store all samples and compare with the nearest.
figure, axes = plt.subplots(2, 1, figsize=(9, 6), height_ratios=[2.2, 1], layout="constrained")
OutlierScoresDisplay.from_estimator(
    detector, X_test, np.where(is_unknown, "5 and 9", "known digits"), ax=axes[0]
)
most_anomalous = X_test[np.argsort(detector.score_samples(X_test))[:12]]
expected = detector.explain(most_anomalous).expected
ReconstructionDisplay.from_predictions(most_anomalous, expected, image_shape=(8, 8), ax=axes[1])
axes[1].set_yticklabels(["observed", "expected"])
plt.show()
