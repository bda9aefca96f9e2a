"""
Codes beside the columns
========================

:class:`~sklearn_autoencoders.AutoencoderFeatureUnion` puts codes beside the columns for a model
that comes after. For a linear model of curved data that can help. On real tables it often does not.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_wine, make_s_curve
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import AutoencoderFeatureUnion, AutoencoderTransformer

# %%
# A sheet bent to an S, whose middle is one class and whose ends are the other; and two real tables.
sheet, place = make_s_curve(600, noise=0.05, random_state=0)
is_middle = np.abs(place) < np.median(np.abs(place))
tables = {
    "bent sheet": (sheet, is_middle.astype(int)),
    "wine": load_wine(return_X_y=True),
    "breast_cancer": load_breast_cancer(return_X_y=True),
}

# %%
# The union fits copies of the encoder. ``cross_fit`` would matter for encoders that look at y.
encoder = AutoencoderTransformer(2, random_state=0)
union = AutoencoderFeatureUnion(encoder, random_state=0)
models = {"columns": "passthrough", "columns and codes": union}
found = {}
for name, (X, y) in tables.items():
    for features, step in models.items():
        model = make_pipeline(
            StandardScaler(), step, StandardScaler(), LogisticRegression(max_iter=2000)
        )
        found[name, features] = cross_val_score(model, X, y, cv=3)
        scores = found[name, features]
        print(f"{name:14} {features:18} {scores.mean():.3f} ± {scores.std():.3f}")

# %%
# Two codes unroll the sheet well enough for a linear model to see more; how well depends on the
# fold. On the real tables the columns alone say as much.
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
colours = ("#94a4a2", "#3f90da")
for shift, (features, colour) in enumerate(zip(models, colours, strict=True)):
    scores = np.array([found[name, features] for name in tables])
    places = np.arange(len(tables)) + 0.34 * (shift - 0.5)
    axes.bar(places, scores.mean(1), 0.3, yerr=scores.std(1), color=colour, label=features)
axes.set(ylabel="accuracy, three folds", ylim=(0, 1.3), yticks=(0, 0.5, 1))
axes.set_xticks(range(len(tables)), list(tables))
axes.legend(frameon=False, loc="upper left", ncols=2)
plt.show()
