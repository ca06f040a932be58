"""Watching a training: the option training_progress_reporting.

* `options`: what was asked for, and what is wrong with it.
* `observer`: looks at a training, and gives where it stands in plain values
  (`wlnet/results/progress.py`).
* `words`: these values in words; `fitted`: words that fit a width; `curves`: long series as short
  ones; `plotted`: curves in a few lines of letters; `places`: whether there is a
  notebook or a terminal, and what it can show.
* `displays`: what every display can do. One file each: `line` (one live line in a terminal),
  `block` (a live block there), `printed` (a line a round, also in a file), `indicator` (a bar
  alone), `panel` (in a notebook).
* `lines`: who has the last line of the terminal; `prints`: what functions of the user print
  meanwhile stands on lines of its own.
* `reporters`: who is told when, and what happens if that fails. Displays say how often they are
  shown; the loop looks at one number, the time of the next one, so that it costs nothing between
  two.

A display reads, and changes no bit of the training.
"""
