"""CPU of the nested cross-validation beside a plain scikit-learn run of the same pipeline and grid.

Usage: python benchmarks/classifier.py [--outer-folds N] [--tol T] [--samples N]
       [--features N]

The peer is scikit-learn 1.9 with the same folds, transformers and weights: lbfgs for ridge, saga
for the elastic net, at scikit-learn's default tolerance of 1e-4. There saga stops early: its
log-losses at C = .3 are .03 off, and come to ours as `--tol` falls. It takes minutes per outer
fold, so that by default it does the first outer fold of the first repeat; ours does that fold for
the ratio, and then the whole 5 x 5 x 5. `--outer-folds 25` makes the peer do everything.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from evigil.classifier.folds import INNER, OUTER, deal, patient_labels
from evigil.classifier.grid import GRID
from evigil.classifier.model import fit_model
from evigil.classifier.repeat import cross_validate
from evigil.matrix.filter import DetectionFilter
from evigil.matrix.normalise import MedianOfRatios

SEED = 1
REPEATS = 5


def simulate(n_samples: int, n_features: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Negative-binomial counts with ten correlated programmes, one of them tied to the label."""
    rng = np.random.default_rng(SEED)
    label = np.arange(n_samples) % 2
    programmes = rng.normal(size=(n_samples, 10))
    programmes[:, 0] += 0.7 * label
    log_mean = rng.normal(4, 1.2, n_features) + 0.3 * programmes @ rng.normal(size=(10, n_features))
    noise = rng.gamma(10, 0.1, (n_samples, n_features))
    counts = rng.poisson(rng.uniform(0.5, 2, (n_samples, 1)) * np.exp(log_mean) * noise)
    names = [f"S{i:04d}" for i in range(n_samples)]
    training = pd.DataFrame({"sample": names, "patient": names, "label": label.astype(float)})
    return pd.DataFrame(counts, names, [f"f{j:05d}" for j in range(n_features)]), training


def peer(counts: pd.DataFrame, rows: pd.DataFrame, seed: list[int], tol: float) -> np.ndarray:
    """Return the log-loss of every candidate, and fit the best one, by scikit-learn alone."""
    values = counts.loc[rows["sample"]].to_numpy(float)
    labels = rows["label"].to_numpy()
    fold = deal(patient_labels(rows), INNER, seed).to_numpy()
    out_of_fold = np.empty((len(rows), len(GRID)))

    def prepare(train):
        keep = DetectionFilter().fit(values[train]).support_
        normalise = MedianOfRatios().fit(values[train][:, keep])
        scale = StandardScaler().fit(normalise.transform(values[train][:, keep]))
        return scale.transform(normalise.transform(values[:, keep]))

    def fit(candidate, X, y, weight):
        solver = "saga" if candidate.l1_ratio else "lbfgs"
        model = LogisticRegression(
            C=candidate.C, l1_ratio=candidate.l1_ratio, solver=solver, tol=tol, max_iter=10_000
        )
        return model.fit(X, y, np.full(len(y), weight))

    for k in range(INNER):
        train = fold != k
        X = prepare(train)
        for i, candidate in enumerate(GRID):
            model = fit(candidate, X[train], labels[train], len(rows) / train.sum())
            out_of_fold[~train, i] = model.decision_function(X[~train])
    loss = np.mean(np.logaddexp(0, out_of_fold) - labels[:, None] * out_of_fold, axis=0)
    fit(GRID[int(np.argmin(loss))], prepare(np.ones(len(rows), bool)), labels, 1.0)
    return loss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--outer-folds", type=int, default=1, help="folds that the peer does")
    parser.add_argument("--tol", type=float, default=1e-4, help="of the peer's solvers")
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--features", type=int, default=2400)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    counts, training = simulate(options.samples, options.features)

    ours = theirs = 0.0
    print("repeat  fold  ours CPU-s  scikit-learn CPU-s  largest log-loss difference  same choice")
    with threadpool_limits(1):
        for place in range(options.outer_folds):
            repeat, fold = place // OUTER + 1, place % OUTER
            outer = deal(patient_labels(training), OUTER, [SEED, repeat]).to_numpy()
            rows = training[outer != fold].reset_index(drop=True)
            seed = [SEED, repeat, fold + 1]
            start = time.process_time()
            fitted = fit_model(counts, rows, seed)
            middle = time.process_time()
            loss = peer(counts, rows, seed, options.tol)
            end = time.process_time()
            ours += middle - start
            theirs += end - middle
            same = np.argmin(loss) == np.argmin(fitted.inner_log_loss)
            apart = np.abs(loss - fitted.inner_log_loss).max()
            print(
                f"{repeat:6d}  {fold + 1:4d}  {middle - start:10.2f}  {end - middle:18.1f}  "
                f"{apart:27.1e}  {same}",
                flush=True,
            )
    print(f"CPU ratio ours / scikit-learn on the same folds: {ours / theirs:.4f} (must be <= 1)")

    start = time.process_time()
    for repeat in range(1, REPEATS + 1):
        cross_validate(
            counts, training, pd.Index(training["sample"]), repeat, SEED, [0.9, 0.95], 0.95
        )
    print(
        f"whole {REPEATS} x {OUTER} x {INNER} on {options.samples} x {options.features}: "
        f"{time.process_time() - start:.1f} CPU-s"
    )


if __name__ == "__main__":
    main()
