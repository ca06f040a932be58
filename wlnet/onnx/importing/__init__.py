"""From an ONNX file to a net.

import_net.py is the call from end to end, first to read. files.py, tensors.py, inputs.py: what a
file holds, checked. values.py: what its names stand for, known arrays and values with an axis for
the batch; sizes.py, axes.py, meeting.py: what may be done with these. writing.py: vertices and
edges; names.py, nesting.py: nets in nets. learning.py: what learns in them.

table.py is the table, operator -> row. Its rows stand in files by families: elementwise.py;
arithmetic.py, products.py (with linear.py); folds.py; windows.py, pools.py, resizing.py;
normalizations.py; recurrent.py; shapes.py, parts.py, entries.py; classical.py (of scikit-learn).
"""

from wlnet.onnx.importing import arithmetic as _arithmetic
from wlnet.onnx.importing import classical as _classical
from wlnet.onnx.importing import elementwise as _elementwise
from wlnet.onnx.importing import entries as _entries
from wlnet.onnx.importing import folds as _folds
from wlnet.onnx.importing import normalizations as _normalizations
from wlnet.onnx.importing import parts as _parts
from wlnet.onnx.importing import pools as _pools
from wlnet.onnx.importing import products as _products
from wlnet.onnx.importing import recurrent as _recurrent
from wlnet.onnx.importing import resizing as _resizing
from wlnet.onnx.importing import shapes as _shapes
from wlnet.onnx.importing import windows as _windows
from wlnet.onnx.importing.import_net import import_net as import_net

_FAMILIES = (
    _arithmetic, _classical, _elementwise, _entries, _folds, _normalizations, _parts, _pools,
    _products, _recurrent, _resizing, _shapes, _windows,
)  # fmt: skip
