"""Surgery: nets made from nets. A net that is given stays as it is, and rules go with their nodes.

**Public functions:** take.py (net_take, net_drop; of graphs: cut.py), join.py (net_append,
net_prepend, net_join; of graphs: grow.py), insert.py, delete.py, rename.py, flatten.py,
replace.py (other values at parts), replace_pattern.py (other layers in place of all that match),
shared.py (arrays under names), extract.py (a part that stands alone), unfold.py (the step that a
recurrent net repeats). connect.py makes the graph of a function in which nets are called.

**What they have in common,** to be read first: positions.py (which node is meant), items.py (new
nodes as the user gave them), placing.py (other nets at some paths, all at once), known_shapes.py
(what the rest of a net told of a shape is written at the cut), edit.py and fit.py (replacements
that must fit only together), rules_in_place.py (rules where parts were replaced in place;
../rules_of_parts.py is about nodes that move).

All go the same way: read what is meant, gather every fault, make the new net from the old nodes
(`chain_of`, `graph_of`), write down what was known of shapes (`knowing`), carry the rules
(`carried`).
"""
