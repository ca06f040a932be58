"""What pictures are painted with. Whoever draws gives shapes, and knows no file format.

Read them in this order:

* `colors`: every colour by its name, on white and on black; `marks`: how the five kinds of rates
  are told apart.
* `letters`: how wide words are, and words that fit a box.
* `shapes`: boxes, lines, areas, words; a `Scene` is a picture of them.
* `picture`: what every picture can do; `vectors` writes SVG, `rasters` PNG and PDF.
"""
