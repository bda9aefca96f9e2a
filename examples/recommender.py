"""
Recommendations from ratings
============================

A recommender predicts ratings of items that a user has not rated. In this example, each simulated
user has one of three tastes and has rated a fifth of the films. The recommender finds the tastes
from these ratings, and recommends films to new users without another fit.
"""

# %%
# A rating is the sum of effects of the film, the user, the taste and noise, rounded to whole stars.

import matplotlib.pyplot as plt
import numpy as np

from sklearn_autoencoders import AutoencoderRecommender

rng = np.random.default_rng(0)
n_users, n_films = 400, 90
taste, genre = rng.integers(0, 3, n_users), np.repeat([0, 1, 2], n_films // 3)
expected = 3 + 1.2 * (taste[:, None] == genre) - 0.6 * (taste[:, None] != genre)
expected = expected + 0.5 * rng.normal(size=(n_users, 1)) + 0.4 * rng.normal(size=n_films)
complete = np.clip(np.round(expected + 0.4 * rng.normal(size=expected.shape)), 1, 5)
known = rng.uniform(size=complete.shape) < 0.2
ratings = np.where(known, complete, np.nan)

# %%
# The predictions of the unknown ratings are better than the sum of mean and biases.

model = AutoencoderRecommender(random_state=0).fit(ratings)
biases = model.mean_ + model.user_biases_[:, None] + model.item_biases_
pairs = np.argwhere(~known)
error = model.predict(pairs) - complete[~known]
print(f"RMSE by biases: {np.sqrt(np.mean((biases[~known] - complete[~known]) ** 2)):.2f}")
print(f"RMSE by the recommender: {np.sqrt(np.mean(error**2)):.2f}")

# %%
# Codes of users with the same taste are close to each other.

codes = model.transform(ratings)
codes = codes - codes.mean(axis=0)
_, _, axes = np.linalg.svd(codes, full_matrices=False)
figure, axis = plt.subplots(figsize=(4, 4))
axis.scatter(*(codes @ axes[:2].T).T, c=taste, s=8, cmap="viridis")
axis.set(title="Codes of users, colored by taste", xticks=[], yticks=[])
plt.show()

# %%
# A new user has rated three films of one genre.

new = np.full((1, n_films), np.nan)
new[0, [30, 31, 32]] = 5
films, scores = model.recommend(new, n=5)
print("recommended films:", films[0], "of genres", genre[films[0]])
films, cosines = model.similar_items([0], n=5)
print("films similar to film 0:", films[0], "of genres", genre[films[0]])
