"""The words of a plan: every primitive that may stand in a graph while it is planned, a row each.

The written specification of an intermediate representation. The primitives of a net keep the rows
that they have in graph/primitives.py; here stand those that passes make. How a row is written tells
specs.py. The rows: products.py, attention.py, windows.py, steps.py. checking.py names the operands
and results of a call by them (`roles`), and holds a graph against them (`check`), as the tests do
with every graph after every stage.
"""

from wlnet.plan.words import attention, products, steps, windows
from wlnet.plan.words.specs import SPECS

__all__ = ["SPECS", "attention", "products", "steps", "windows"]
