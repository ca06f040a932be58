"""Words everybody uses; it imports nothing of wlnet, and no Numba.

* What goes wrong: errors (`Fault`, every message is worded there), gathered (all faults of a call
  at once), spelling and elsewhere (what was probably meant), catalogue (what is not there yet).
* What users give: symbols (AUTOMATIC, ALL, ANY), scalars, scaled, shard (what a rank has of the
  data), names, keywords, paths, answers (calls of their functions), gate (data of any library),
  gaps (what is missing in a column), stored (columns that are read when they are used), loaders
  (batches of other libraries), held_out (which examples are kept for validation), nesting.
* Shapes and ports: shapes (partly unknown, with named sizes), ports, restricted (integers up to a
  number), arrays (numbers that nobody can write to), net_arrays (numbers that a shared array begins
  with).
* Parts and rules: parts (the part language), finding (what a part selects), rule_lists and rules
  (which rule speaks for which array), phases (rules that change from round to round), multipliers
  (the one table of rates).
* What all nets have in common: net, walking (through all that it holds). Properties by name:
  properties. Values in files: records. Proof of bytes: digests; sizes of arrays: norms. The kinds
  of rates: speeds; times in words: durations.
* What people read: table (the value), table_cells (values as words), folding (long tables, by
  part), table_text (text and Markdown), terminal (what standard output is).
* The process: machine (cores and memory), streams (seeded random numbers), late_imports, extras
  (libraries that do not come with wlnet); batches (how long one is where nobody says so).

To understand nets, read symbols, parts, shapes, ports, net; then rules and multipliers.
"""
