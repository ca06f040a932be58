"""Nets as estimators of scikit-learn: NetClassifier, NetRegressor.

They stand wherever scikit-learn takes an estimator: in a Pipeline, GridSearchCV (over rule lists,
too), cross_val_score, CalibratedClassifierCV. The order to read the files in: parameters.py (the
options of net_train as parameters), nets.py (the net to begin with), features.py (what X is to it),
targets.py (what y is), estimator.py (fit and partial_fit: all that both have in common),
classifier.py, regressor.py; pickles.py is how a fitted estimator is pickled.
"""

from wlnet.core.extras import needed

needed("sklearn", "wlnet.sklearn")

from wlnet.sklearn.classifier import NetClassifier  # noqa: E402  # after the word on the extra
from wlnet.sklearn.regressor import NetRegressor  # noqa: E402

__all__ = ["NetClassifier", "NetRegressor"]
