"""The words a layer is declared with, and what follows from them.

In the order to read them:

* fields.py: the words. `parameter` (what is said of the layer, with its check), `array` (numbers
  that learn), `port`, `variadic` and `out` (what goes in and comes out), `hidden` (a state), and
  the usual checks.
* layer.py: `Layer`, the base of all: constructor, shape inference, and the hooks that a layer may
  fill: `relate` and `settle` for sizes, `check` for parameters, `lower`, `reference`, `examples`.
* options.py: how the arguments of a constructor are read as the fields declare them.
* levels.py, ties.py, lengths.py, windows.py: sizes that several layers relate alike: chosen levels
  of an array, entries of many inputs, lengths of sequences, windows that move over a space.
* recurrence.py, gates.py, recurrent_dropout.py: the loop of recurrent layers, what they compute
  alike, and what they drop.

Shapes are patterns of named sizes: "n" is one size, "*n" a run of them, a name that stands twice is
one size (core/shapes.py solves them). A layer with all of it is written, line by line, in
docs/how-to/a-layer-of-your-own.md.
"""
