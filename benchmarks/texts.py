"""Character models of Shakespeare: bits per character, seconds, and the cost of a step.

    python benchmarks/texts.py [--epochs 4] [--components 256] [--part fit step draw]

Fitted to the first 90 % of the text and measured on the rest, with one thread. Part `step` compares
an epoch of the first 200 000 characters with a loop by hand over the same layers, alternating;
part `draw` draws 500 characters. The anchors are Kneser-Ney of order 6, 2.248 bits, and two GRU
layers of 128 by hand, 2.27 bits after three minutes and 2.17 after ten.
"""

import argparse
import gzip
import time

import numpy as np
import torch
from _data import FOLDER, header
from torch import nn

from sklearn_autoencoders import AutoregressiveGenerator
from sklearn_autoencoders.networks import CausalRecurrent

CHUNK, BATCH = 64, 16


def halves():
    """Return the first nine tenths of the text, and the rest."""
    with gzip.open(FOLDER / "tinyshakespeare.txt.gz", "rt") as file:
        text = file.read()
    n_train = int(0.9 * len(text))
    return text[:n_train], text[n_train:]


def generator(n_components, n_epochs, seed=0):
    return AutoregressiveGenerator(
        n_components,
        network=CausalRecurrent(),
        learning_rate=4e-3,
        max_epochs=n_epochs,
        random_state=seed,
    )


class ByHand(nn.Module):
    """The layers of `CausalRecurrent()`."""

    def __init__(self, n_symbols, n_components):
        super().__init__()
        self.embedding = nn.Embedding(n_symbols, 64)
        self.cell = nn.GRU(64, n_components, batch_first=True)
        self.norm, self.out = nn.LayerNorm(n_components), nn.Linear(n_components, n_symbols)

    def forward(self, x):
        return self.out(self.norm(self.cell(self.embedding(x))[0]))


def seconds_by_hand(text, n_components):
    """Return the CPU seconds of an epoch of a plain loop."""
    symbols = sorted(set(text))
    index = np.array([symbols.index(symbol) for symbol in text])
    chunks = torch.tensor(index[: len(index) // CHUNK * CHUNK].reshape(-1, CHUNK))
    network = ByHand(len(symbols), n_components)
    optimizer = torch.optim.Adam(network.parameters(), lr=4e-3)
    start = time.process_time()
    for batch in chunks[torch.randperm(len(chunks))].split(BATCH):
        logits = network(batch[:, :-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    return time.process_time() - start


def fit(args):
    train, test = halves()
    start = time.process_time()
    model = generator(args.components, args.epochs).fit(train)
    seconds = time.process_time() - start
    bits = model.bits_per_symbol(test)
    print(f"{args.components} units, {args.epochs} epochs: {bits:.3f} bits, {seconds:.0f} CPU s")
    print(model.sample(prompt="EMILIA:", length=300, temperature=0.75, random_state=0)[0])


def step(args):
    text = halves()[0][:200_000]
    ratios = []
    for _ in range(3):
        start = time.process_time()
        generator(args.components, 1).fit(text)
        ours = time.process_time() - start
        hand = seconds_by_hand(text, args.components)
        ratios.append(ours / hand)
        print(f"an epoch: ours {ours:.1f} CPU s, by hand {hand:.1f}, ratio {ratios[-1]:.2f}")
    print(f"median ratio {np.median(ratios):.2f}")


def draw(args):
    model = generator(args.components, 1).fit(halves()[0][:20_000])
    model.sample(length=10, random_state=0)
    times = []
    for seed in range(5):
        start = time.process_time()
        model.sample(length=500, random_state=seed)
        times.append(time.process_time() - start)
    print(f"500 characters: {np.median(times):.2f} CPU s")


PARTS = {"fit": fit, "step": step, "draw": draw}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--components", type=int, default=256)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    header("Texts")
    for part in arguments.part:
        PARTS[part](arguments)
