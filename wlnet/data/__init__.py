"""Real data to learn from: `digits()` lies in the package, `mnist()` is read where it is found.

digits.py and mnist.py; split.py divides, png.py and idx.py read their files.

unpadded.py: sequences of one's own, which were filled up to one length.

Both return ((x_train, y_train), (x_test, y_test)): uint8 images, int64 labels, read-only.
"""

from wlnet.data.digits import digits
from wlnet.data.mnist import mnist
from wlnet.data.unpadded import unpadded

__all__ = ["digits", "mnist", "unpadded"]
