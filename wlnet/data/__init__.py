"""Real data to learn from: `digits()` lies in the package, `mnist()` is read where it is found.

digits.py and mnist.py; split.py divides, png.py and idx.py read their files.

Both return ((x_train, y_train), (x_test, y_test)): uint8 images, int64 labels, read-only.
"""

from wlnet.data.digits import digits
from wlnet.data.mnist import mnist

__all__ = ["digits", "mnist"]
