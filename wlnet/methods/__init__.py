"""Methods (optimizers): how arrays are updated from gradients.

Read base.py first (what every method is: a frozen dataclass of settings, how many numbers it keeps
for each that learns, the kernel of a step), then one of adam.py, rmsprop.py, sgd.py, sign_sgd.py.
settings.py and intervals.py: the type of a field says what a setting may be, and reads it.
schedules.py: the factor on the learning rate, update by update; named_schedules.py: those that have
a name, a row each. method.py: the table of methods by name, and the method that a user means.

The arithmetic of a step stands once, in wlnet/kernels/updates/formulas.py. A new method is a file
here, a formula there, and a row in the table.

Three numbers, three names: the rate of an array is its multiplier, as rules say; the learning rate
is the base for all arrays, times its schedule; the step size is their product at a step, times what
the method corrects (ADAM: the bias of means that begin at zero).
"""

from wlnet.methods.adam import Adam
from wlnet.methods.base import Method
from wlnet.methods.method import METHODS, as_method
from wlnet.methods.rmsprop import RMSProp
from wlnet.methods.schedules import as_schedule, factor
from wlnet.methods.sgd import SGD
from wlnet.methods.sign_sgd import SignSGD

__all__ = [
    "METHODS",
    "SGD",
    "Adam",
    "Method",
    "RMSProp",
    "SignSGD",
    "as_method",
    "as_schedule",
    "factor",
]
