"""Lowering: from a net to the graph of primitives that it comes down to.

lower.py: goes through a net for one batch size and mode; a layer says what it computes with a
Builder (`Layer.lower`), a container how its nodes follow one another (`Container.lower`). Shapes
come from nets/inference.py, primitives from graph/. operations.py: the graph as rows to read or to
draw. What is done with the graph afterwards stands in plan/.
"""
