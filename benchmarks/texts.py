"""Character models of Shakespeare: bits per character, seconds, and the cost of a step.

    python benchmarks/texts.py [--epochs 4] [--components 256] [--members 1] [--dropout 0]
        [--part fit ...]

Fitted to the first 90 % of the text and measured on the rest, with one thread. Part `step` compares
an epoch of the first 200 000 characters with a loop by hand over the same layers, alternating;
part `draw` draws 500 characters. The anchors are Kneser-Ney of order 6, 2.248 bits, and two GRU
layers of 128 by hand, 2.27 bits after three minutes and 2.17 after ten.

Part `codes` fits variational autoencoders to short texts: the remedies for a code that is ignored,
on and off. Remedies were chosen on distinct words (`--texts words`: of those of at most 10 letters,
shuffled, 4000 to learn from and the next 300 to measure), initial weights, normalization and the
weight decay on other lines (`--texts others`: lines 6000 to 12 000 to learn from, the next 500 to
measure). They are reported on lines of at most 47 characters: of other plays, with other names
(`--texts lines`: the first 6000 lines to learn from, the last 500 to measure), and of the same
plays (`--texts shuffled`: of the lines after the 12 500th, shuffled, 6000 and 500 others).
"""

import argparse
import gzip
import time
from collections import Counter, defaultdict

import numpy as np
import torch
from _data import FOLDER, header
from torch import nn

from sklearn_autoencoders import AutoregressiveGenerator, VAEGenerator
from sklearn_autoencoders._data.batches import SampleDataset
from sklearn_autoencoders._data.data import Data
from sklearn_autoencoders._data.validation import check_samples
from sklearn_autoencoders._inference.run import run
from sklearn_autoencoders.networks import CausalRecurrent, TextHybrid
from sklearn_autoencoders.networks._sequences.ngrams import NgramEmbedding

CHUNK, BATCH = 64, 16
N_DRAWN = 300


def shakespeare():
    """Return the text."""
    with gzip.open(FOLDER / "tinyshakespeare.txt.gz", "rt") as file:
        return file.read()


def halves():
    """Return the first nine tenths of the text, and the rest."""
    text = shakespeare()
    n_train = int(0.9 * len(text))
    return text[:n_train], text[n_train:]


def generator(n_components, n_epochs, seed=0, dropout=0.0, n_members=1, **params):
    return AutoregressiveGenerator(
        n_components,
        network=CausalRecurrent(dropout=dropout, n_members=n_members),
        max_epochs=n_epochs,
        random_state=seed,
        **{"learning_rate": 4e-3} | params,
    )


class ByHand(nn.Module):
    """The layers of `CausalRecurrent()`, with or without n-grams."""

    def __init__(self, n_symbols, n_components, has_ngrams):
        super().__init__()
        self.ngrams = NgramEmbedding(6, 64, 0.5) if has_ngrams else None
        self.embedding = nn.Embedding(n_symbols, 64)
        self.cell = nn.GRU(64, n_components, batch_first=True)
        self.norm, self.out = nn.LayerNorm(n_components), nn.Linear(n_components, n_symbols)

    def forward(self, x, rows):
        hidden = self.embedding(x)
        if rows is not None:
            kept = nn.functional.dropout(torch.ones(rows.shape), 0.5)[..., None]
            hidden = hidden + self.ngrams.to_embedding((self.ngrams.table(rows) * kept).sum(-2))
        return self.out(self.norm(self.cell(hidden)[0]))


def seconds_by_hand(text, n_components, has_ngrams):
    """Return the CPU seconds of an epoch of a plain loop; rows of n-grams are found beforehand."""
    symbols = sorted(set(text))
    index = np.array([symbols.index(symbol) for symbol in text])
    chunks = torch.tensor(index[: len(index) // CHUNK * CHUNK].reshape(-1, CHUNK))
    network = ByHand(len(symbols), n_components, has_ngrams)
    rows = torch.zeros(len(chunks), 0)
    if has_ngrams:
        rows = network.ngrams._rows(nn.functional.pad(chunks[:, :-1] + 1, (5, 0)))
    optimizer = torch.optim.Adam(network.parameters(), lr=4e-3)
    start = time.process_time()
    for index in torch.randperm(len(chunks)).split(BATCH):
        batch = chunks[index]
        logits = network(batch[:, :-1], rows[index] if has_ngrams else None)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    return time.process_time() - start


def fit(args):
    train, test = halves()
    start = time.process_time()
    params = {"batch_size": 32, "learning_rate": 6e-3, "dropout": args.dropout}
    params["n_members"] = args.members
    model = generator(args.components, args.epochs, **params).fit(train)
    seconds = time.process_time() - start
    bits = model.bits_per_symbol(test)
    print(f"{args.components} units, {args.epochs} epochs: {bits:.3f} bits, {seconds:.0f} CPU s")
    print(model.sample(prompt="EMILIA:", length=300, temperature=0.75, random_state=0)[0])


def step(args):
    text = halves()[0][:200_000]
    ratios = []
    for _ in range(3):
        start = time.process_time()
        generator(args.components, 1, chunk_size=CHUNK, carry_states=False).fit(text)
        ours = time.process_time() - start
        hands = [seconds_by_hand(text, args.components, has_ngrams) for has_ngrams in (True, False)]
        ratios.append([ours / hand for hand in hands])
        print(f"an epoch: ours {ours:.1f} CPU s, by hand {hands[0]:.1f}, no n-grams {hands[1]:.1f}")
    with_ngrams, without = np.median(ratios, axis=0)
    print(f"median ratios {with_ngrams:.2f}, and {without:.2f} to a loop without n-grams")


def draw(args):
    model = generator(args.components, 1).fit(halves()[0][:20_000])
    model.sample(length=10, random_state=0)
    times = []
    for seed in range(5):
        start = time.process_time()
        model.sample(length=500, random_state=seed)
        times.append(time.process_time() - start)
    print(f"500 characters: {np.median(times):.2f} CPU s")


REMEDIES = {"input_dropout": 0.3, "kl_warmup": 0.5, "auxiliary": 1.0}


def variants():
    """Yield names, decoders and remedies: none, the chosen one, all, each left out."""
    yield "recurrent, none", "recurrent", {}
    yield "hybrid, auxiliary", "hybrid", {"auxiliary": REMEDIES["auxiliary"]}
    yield "hybrid, none", "hybrid", {}
    yield "recurrent, auxiliary", "recurrent", {"auxiliary": REMEDIES["auxiliary"]}
    yield "hybrid, all", "hybrid", REMEDIES
    for name in REMEDIES:
        yield f"hybrid, without {name}", "hybrid", {k: REMEDIES[k] for k in REMEDIES if k != name}


def code_losses(model, texts, shift):
    """Return the sum of the losses of texts given the codes of the texts `shift` places before."""
    samples = SampleDataset(model._model, Data(check_samples(model, texts)))
    likelihood = model._model.loss

    def losses(network, batch):
        output = network.decode(network.encode(batch).roll(shift, 0), target=batch.target)
        return -likelihood.log_density(output, network.noise, batch.target, batch.observed)

    return run(model._model, samples, losses).sum()


def short_lines():
    """Return the lines of at most 47 characters."""
    return [line for line in shakespeare().splitlines() if 0 < len(line) <= 47]


def words():
    """Return words to learn from, and others."""
    short = short_lines()
    first = short[: int(0.8 * len(short))]
    distinct = {word.strip(".,;:!?'-&") for line in first for word in line.split()}
    every = sorted(distinct - {""})
    order = np.random.RandomState(0).permutation(len(every))
    kept = [every[place] for place in order if len(every[place]) <= 10]
    return kept[:4000], kept[4000:4300]


def lines():
    """Return lines to learn from, and others."""
    short = short_lines()
    return short[:6000], short[-500:]


def others():
    """Return lines on which nothing is reported, to learn from, and others."""
    short = short_lines()
    return short[6000:12000], short[12000:12500]


def shuffled():
    """Return lines to learn from, and others of the same plays."""
    short = short_lines()[12500:]
    order = np.random.RandomState(0).permutation(len(short))[:6500]
    return [short[place] for place in order[:6000]], [short[place] for place in order[6000:]]


TEXTS = {"words": words, "lines": lines, "others": others, "shuffled": shuffled}


def witten_bell(train, test, order=5):
    """Return the bits per character of an interpolated model of the characters before."""
    counts = defaultdict(Counter)
    for text in train:
        for history, symbol in histories(text, order):
            counts[history][symbol] += 1
    n_symbols, bits, n_read = len(set("".join(train))) + 1, 0.0, 0
    for text in test:
        probability = 1 / n_symbols
        for history, symbol in histories(text, order):
            probability = probability if history else 1 / n_symbols
            if own := counts.get(history):
                n_kinds = len(own)
                probability = (own[symbol] + n_kinds * probability) / (own.total() + n_kinds)
            if len(history) == order - 1:
                bits, n_read = bits - np.log2(probability), n_read + 1
    return bits / n_read


def histories(text, order):
    """Yield each character of a text, and its end, after 0, 1, ..., `order` - 1 others."""
    padded = "\0" * (order - 1) + text + "\n"
    for place in range(order - 1, len(padded)):
        for n_before in range(order):
            yield padded[place - n_before : place], padded[place]


def codes(args):
    train, test = TEXTS[args.texts]()
    print(f"Witten-Bell of order 5: {witten_bell(train, test):.3f} bits")
    for name, decoder, remedies in variants():
        if args.variant in (None, name):
            report_codes(name, decoder, remedies, args.epochs, train, test)


def report_codes(name, decoder, remedies, n_epochs, train, test):
    """Fit a model, and print figures of its codes and of its texts."""
    remedies = dict(remedies)
    network = TextHybrid(decoder, input_dropout=remedies.pop("input_dropout", 0.0))
    start = time.process_time()
    settings = {"latent": "normal", "batch_size": 32, "weight_decay": 1.0, "random_state": 0}
    settings |= {"max_epochs": n_epochs, **remedies}
    model = VAEGenerator(32, network=network, **settings).fit(train)
    seconds = time.process_time() - start
    n_bits = np.log(2) * sum(len(text) + 1 for text in test)
    bits = -model.score_samples(test, n_draws=16).sum() / n_bits
    own, shuffled = (code_losses(model, test, shift) / n_bits for shift in (0, 1))
    drawn = model.sample(N_DRAWN, random_state=0)
    probable = model.sample(N_DRAWN, random_state=0, noise=False)
    words = {word for text in train for word in text.split()}
    share = np.mean([word in words for text in drawn for word in text.split()])
    back = model.reconstruct(test)
    same = sum(a == b for pair in zip(test, back, strict=True) for a, b in zip(*pair, strict=False))
    print(
        f"{name}: {bits:.3f} bits, KL {model.kl_per_component_.sum():.2f} nats, "
        f"{model.active_units_} units, shuffled codes +{shuffled - own:.3f} bits, "
        f"{len(set(probable))} of {N_DRAWN} distinct, {share:.2f} known words, "
        f"{same / sum(map(len, test)):.2f} right characters, {seconds:.0f} CPU s"
    )
    print("   drawn:", drawn[:3], "\n   path:", model.interpolate(test[0], test[1], 4), flush=True)


PARTS = {"fit": fit, "step": step, "draw": draw, "codes": codes}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--components", type=int, default=256)
    parser.add_argument("--members", type=int, default=1)
    parser.add_argument("--texts", choices=TEXTS, default="lines")
    parser.add_argument("--variant", choices=[name for name, *_ in variants()])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    header("Texts")
    for part in arguments.part:
        PARTS[part](arguments)
