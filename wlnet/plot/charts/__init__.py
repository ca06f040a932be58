"""Charts: numbers to look at, as scenes of the shapes that pictures are painted with.

Read them in this order:

* `numbers`: how a number is written beside others; `axes`: which numbers an axis reaches, where
  one stands on it, and the numbers that are written at it.
* `curves`: lines through points, with gaps where there is none, thinned so that nothing seen is
  lost; `legend`: what is called how, in rows that fit.
* `chart`: curves in a frame, all of it.
* `bars`, `heat`, `matrix`, `array`: rows with a bar, rows of cells over time, cells of two classes,
  a cell a number.
* `measured`, `ranges`: what is drawn of a measurement, and of a range test.
"""
