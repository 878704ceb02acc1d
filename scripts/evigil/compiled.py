"""Compiled kernels in a job of their own: what numba imports for them."""

import sys
from importlib import import_module

BLAS = "scipy.linalg.cython_blas"


def skip_linear_algebra() -> None:
    """Keep numba from importing scipy.linalg, which costs a job more than loading its kernels.

    numba looks once for BLAS, when it meets the first kernel; here it finds none. To be called
    by a job whose kernels multiply no matrix: in the same process one that does would be refused.
    """
    if BLAS in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules[BLAS] = None  # type: ignore[assignment]
    try:
        import_module("numba.np.arraymath")
    finally:
        del sys.modules[BLAS]
