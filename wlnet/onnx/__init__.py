"""ONNX: nets as files that other programs run, and files of other programs as nets.

exporting/ writes: export_net.py (the call from end to end), and from a graph of primitives to nodes
what its own door names. Each direction has a table: a row a primitive, and a row an operator.

The package onnx is an extra: `pip install 'wlnet[onnx]'`. It is loaded by the first call.
"""

from wlnet.onnx.exporting.export_net import export_net as export_net
from wlnet.onnx.importing import import_net as import_net

__all__ = ["export_net", "import_net"]
