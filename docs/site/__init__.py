"""What makes a web site of the pages in docs/ and of what the package says of itself.

Read it in this order: `formulas` (a formula as MathML), `docstrings` (what a thing says of itself,
as Markdown), `pictures` (pictures within a page, in its light or dark), `layers` (the page of a
layer), `reference` (all other pages of the reference), `notebooks` (a notebook as a page), and
`tree`, which writes all pages into a folder, in the order in which they are listed. Sphinx makes
HTML of that folder, as conf.py says: `make docs-site`.
"""
