"""The error function and the normal distribution on vectors, in both precisions."""

from __future__ import annotations

from typing import Final

from wlnet.kernels.elementwise.exponentials import exp, exponential
from wlnet.kernels.emit.lanes import Lanes

# The best polynomials for (erf x) / x - 1 over x^2 up to 1, and for -log(1 - erf(1 + t)) over t,
# where an error counts as much as it changes erf. Found by weighted least squares, reweighted until
# the error was even, in 60 digits.
_ERF_NEAR_32: Final = (
    0.12837916570053579,
    -0.376126258099568,
    0.11283584980954987,
    -0.02685380466944741,
    0.005188313887854199,
    -0.0008010074047607236,
    7.853476801370978e-05,
)
_ERF_FAR_32: Final = (
    1.8496055162176734,
    2.6389668401101685,
    0.8431180577007796,
    0.041501687719104556,
    -0.009892310268141026,
    0.0018269921224141191,
    -0.00018573122775194031,
)
_ERF_NEAR_64: Final = (
    0.1283791670955126,
    -0.3761263890318375,
    0.11283791670954857,
    -0.026866170645072875,
    0.005223977624780679,
    -0.0008548326978730212,
    0.00012055331036422536,
    -1.4925593494635798e-05,
    1.646097261044538e-06,
    -1.6350022953267513e-07,
    1.4657864204861333e-08,
    -1.1365604612386767e-09,
    5.945157213361822e-11,
)
_ERF_FAR_64: Final = (
    1.8496055099332482,
    2.6389675142347886,
    0.8431072563586642,
    0.041561098042067014,
    -0.010033825377113755,
    0.001977902584732001,
    -0.00023732254917440372,
    -2.6277688690825352e-05,
    2.7158748398458162e-05,
    -9.608384300719833e-06,
    2.05923176257797e-06,
    -1.4245444638271036e-07,
    -9.77916303406156e-08,
    5.214270093116932e-08,
    -1.494416976177782e-08,
    2.8712407078074368e-09,
    -3.693043076140638e-10,
    2.8908023803978138e-11,
    -1.0427448658648437e-12,
)
_ERF: Final = {4: (_ERF_NEAR_32, _ERF_FAR_32, 4.0), 8: (_ERF_NEAR_64, _ERF_FAR_64, 6.0)}
"""The two polynomials, and a number whose erf is 1."""

# e^(a^2 / 2) times the chance to be beyond a, times (a + k), as a polynomial over
# (p a - k) / (a + k), which goes from -1 at 0 to 1 at the largest a. Interpolated at Chebyshev's
# points in 60 digits.
_NORMAL_32: Final = (
    0.8218492376776647,
    -0.4910654487132335,
    0.17398606271604292,
    -0.022013046031688584,
    -0.007516780050929849,
    0.0021385030838864372,
    0.0006617057932615104,
    -0.0001642141038016467,
    -8.564621700460729e-05,
    7.507324692749518e-06,
    8.723117488042067e-06,
)
_NORMAL_64: Final = (
    0.8496957717177205,
    -0.700464927168313,
    0.4843749841428283,
    -0.2781194819586678,
    0.1294816507505956,
    -0.04643984847116791,
    0.011238259242247342,
    -0.0008922359983115002,
    -0.000531352141400723,
    0.00019836149533099785,
    4.0269212343288505e-06,
    -1.8309490479282254e-05,
    1.9814501492432974e-06,
    1.6315859586787983e-06,
    -3.142297400125001e-07,
    -1.656107572471656e-07,
    3.741391976327652e-08,
    1.9458947733644454e-08,
    -3.821693694312815e-09,
    -2.285383069074706e-09,
    3.0446083584414696e-10,
    1.7962184769349554e-10,
    -1.3541907749555958e-11,
)
_NORMAL: Final = {4: (_NORMAL_32, 1.40625, 3.0), 8: (_NORMAL_64, 1.25, 5.0)}
"""The polynomial, p and k."""


def erf(x: Lanes) -> Lanes:
    """The error function: x (1 + P(x^2)) up to 1, then 1 - e^-Q(|x| - 1).

    Error below 1.2 units.
    """
    near_terms, far_terms, one = _ERF[x.kit.item]
    size = abs(x).at_most(one)
    near = size.times((size * size).polynomial(*near_terms), size)
    far = 1.0 - exp(-(size - 1.0).at_least(0.0).polynomial(*far_terms))
    return (size > 1.0).choose(far, near).by("copysign", x)


def normal_cdf(x: Lanes) -> Lanes:
    """The chance that a normal number lies below x; error below 5 units, also far below 0."""
    terms, p, k = _NORMAL[x.kit.item]
    # Beyond the largest a the chance is too small to be held.
    size = abs(x).at_most(2 * k / (p - 1))
    square = size * size
    rest = size.times(size, -square)
    within = 1.0 / (size + k)
    place = size.times(p, -k) * within
    beyond = exponential(square * -0.5, rest * -0.5) * (place.polynomial(*terms) * within)
    return (x > 0.0).choose(1.0 - beyond, beyond)
