"""How arrays are updated from gradients: settings as frozen values, state per array, one step."""

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
