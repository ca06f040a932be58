"""Nets as diagrams.

Read it in this order: `words` (what is told of a layer and a port), `rates` (how fast the arrays of
a part learn), `cards` (boxes with words that fit), `graphs` (a net as boxes and links), `scenes`
(the shapes of a diagram, and its legend), `diagram` (the pictures), `operations` (that of the
primitives), `unfolding` (nested nets that open and close on a page).
"""
