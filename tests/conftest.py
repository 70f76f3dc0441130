"""One BLAS thread, before NumPy is imported: threads of BLAS spin against each other on small machines."""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

settings.register_profile("ci", derandomize=True, database=None, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session", autouse=True)
def _every_seed_follows_the_entropy(pytestconfig: pytest.Config):
    """With --vary-seed or --entropy N, N > 0, the seeds that are written in the tests mean other generators."""
    import numpy as np

    plain, entropy = np.random.default_rng, pytestconfig.option.entropy

    def shifted(seed=None):
        return plain([*np.ravel(seed).tolist(), 0, entropy] if isinstance(seed, int | list | tuple) else seed)

    with pytest.MonkeyPatch.context() as patch:
        if entropy:
            patch.setattr(np.random, "default_rng", shifted)
        yield
