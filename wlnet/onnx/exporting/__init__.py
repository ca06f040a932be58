"""From a net to an ONNX file: its graph of primitives, each as nodes of ONNX.

In the order of the work: export_net.py (the call), open_graph.py (the graph, with sizes that stay
open: the batch, lengths of sequences), merged_graph.py (graphs for several sizes as one), sizes.py
(open sizes), writer.py (nodes and their names), table.py (a row a primitive, entered by
elementwise.py, maps.py, special_functions.py, places.py, tables.py, sums.py, windows.py, loops.py),
coded_ports.py (arithmetic of encoders, labels of classes), model.py (nodes as a checked model: the
one file that knows the package onnx).
"""
