"""Nets: what holds layers, and what can be said of it without running it.

Read in this order. **Containers:** container.py (the hooks by which a kind of container says what
it does with its nets), arrangement.py (chains and graphs: nodes along links), chain.py, edges.py
and netgraph.py, operators.py, nest.py, mapping.py, pair_embedding.py, gan.py (two nets), fold.py
with probes.py (gradients inside of it), attention.py with pairs.py (a net for every key and query),
bidirectional.py (a graph). **What a user writes:** shorthand.py (`3`, `"Ramp"`, lists), reading.py
(nodes and ports), edge_list.py (edges). **Shapes:** wires.py (what is known of one array that
flows, and what ties it to others), layer_cell.py (by what a layer declares), patterns.py (ties by
the sizes that patterns share), inference.py (all of a net, to a fixed point). **Questions:**
connections.py (layers, and what leads to what), arrays.py (arrays by key), states.py (what goes on
from one piece of a sequence to the next) with pieces.py (what a piece does not tell),
information.py (properties), show.py (`repr`). **Numbers:** draws.py and initialize.py (weight
initializers), fills.py (a number that fills an array). **In front of nets:**
feature_extractor_encoder.py (a net as an encoder). **Rules:** kept_rates.py and rules_of_parts.py
(learning rate multipliers when nodes get other places), stages.py and rule_makers.py (rules by how
far a part is from the output). old_names.py has names of before for layers of today. Then surgery/,
which makes nets from nets; nothing here knows it.

A new kind of container is a class on Arrangement or Operator with a `kind` and the hooks of
Container that these leave open; no other file names it. tests/nets/test_new_containers.py has one.

Nets are frozen values: every function makes a new one from the nodes of another. What follows from
a net is kept in its cache. chain.py knows shorthand.py, by way of reading.py, and that knows it, as
a list is a chain of shorthands and a chain is made of them; there is no other circle.
"""
