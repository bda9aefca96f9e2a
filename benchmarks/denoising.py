"""MNIST with noise: what comes back, and what the codes are good for.

images: noise of 0.5 clipped to [0, 1]; mean squared error per pixel against the clean test images,
    beside PCA and two denoisers of scikit-image, whose settings are chosen on noisy training rows.
entropy: 784-64 on 30 000 rows, ten epochs of batches of 64; binary cross-entropy per pixel.
neighbours: what noise costs 5-NN on the codes of a plain and of a denoising autoencoder (Vincent et
    al., JMLR 11:3371-3408, 2010).
tied: the decoder's matrices transposed from the encoder's or free, by the number of rows.

    python benchmarks/denoising.py [--part images entropy neighbours tied] [--rows 60000]
"""
