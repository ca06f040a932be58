"""How much the tests try: Hypothesis profiles; what memory holds that nobody has written; that
stages of planning are looked at; and that nothing waits for the disk.

`fast` is the default and draws the same examples every time, so that two runs agree.
`thorough` draws new ones, many: --hypothesis-profile=thorough.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from wlnet.engine import program
from wlnet.kernels.language import PerTarget
from wlnet.plan import stages
from wlnet.plan.words.checking import check

# NaN in every precision: what is read before it is written shows.
program.UNWRITTEN = 0xFF
# Every graph that is planned is held against the words of a plan, after each stage.
stages.WATCH = check

# No test outlives the machine: files need not be on the disk, which takes longer than all else of
# a small one. What it is asked for has to be a file, as ever.
os.fsync = lambda descriptor: os.fstat(descriptor) and None

# Tables are as wide as where nobody says how many columns there are; pytest-xdist does.
os.environ.pop("COLUMNS", None)
# As many workers as where nobody says how many threads a process may have.
os.environ.pop("OMP_NUM_THREADS", None)

# Scripts that other processes run: they are no modules to look for tests in.
collect_ignore = ["installed_trial.py", "typing/user_script.py"]

# No deadlines: the first call of a kernel compiles it.
settings.register_profile("fast", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile("medium", max_examples=500, deadline=None, print_blob=True)
settings.register_profile("thorough", max_examples=2_500, deadline=None, print_blob=True)
settings.load_profile("fast")


@pytest.fixture(scope="module")
def chains_of_few_numbers() -> Iterator[None]:
    """Steps are chained however few numbers they have, as in the small nets of laws."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wlnet.plan.memory.assemble.FEWEST", PerTarget(lambda target: 0))
        yield
