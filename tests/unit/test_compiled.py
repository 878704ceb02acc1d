"""A job without linear algebra does not pay for it, and its kernels run."""

import subprocess
import sys

PROGRAM = """
import sys
from evigil.compiled import BLAS, skip_linear_algebra
skip_linear_algebra()
skip_linear_algebra()
import numpy as np
from evigil.rna.seeds import index_words
first, positions = index_words(np.array([0, 1, 0, 1], np.uint8), 1)
print(positions.tolist(), BLAS in sys.modules, "scipy.linalg" in sys.modules)
import scipy.linalg.cython_blas
"""


def test_kernels_run_without_scipy_linalg():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("[0, 2, 1, 3] False False\n", 0), done.stderr
