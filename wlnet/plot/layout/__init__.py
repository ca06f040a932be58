"""Where the boxes of a graph stand, and how the lines between them run. Pure geometry: it knows
sizes and links, and nothing of nets.

The way is that of Sugiyama, Tagawa and Toda (1981): ranks from top to bottom, an order within each
that has few crossings, places, lines. Read it in this order:

* `graphs`: what is laid out, and what comes of it.
* `ranks`: how far down each node stands.
* `rows`: the nodes of each rank, with a place for every line that passes there.
* `orders`: who stands left of whom; `lines`: which links run straight down, and where they begin
  and end; `places`: how far to the right each stands.
* `layered`: one graph by all of these; `columns`: long ones cut at their bottlenecks and put side
  by side; `frames`: graphs in graphs. `laid_out` is the door.
"""
