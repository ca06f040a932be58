"""Training: net_train, what is measured of a net (net_measurements), what will run (net_program).

The way of a call of net_train, and the order to read the files in:

1. **What is asked for.** net_train.py (the public function) hands its arguments to calls.py, which
   reads all of them and tells all that is wrong at once: options.py (each option and what reads
   it), stopping_options.py (stopping.py: the stopping criterion), validation_options.py,
   measurement_names.py (all measurements, each as measurement_items.py reads it, and where they are
   made), and learners.py: the rules of single arrays, with schedule.py (which arrays are updated at
   which step) and a word about arrays that a rule makes learn again (thawed.py). input_form.py
   keeps the call in words.
2. **What is minimised.** losses.py: a term for each output that gets a loss, as layers declare it.
   training_net.py: the user's net with these losses attached. All other files say keys of arrays
   and paths of layers as the user does.
3. **From data to batches.** preparation.py, from end to end: reading.py and validation.py
   (examples to train and to validate on), data.py (the forms of data; what they become:
   examples.py; functions that give batches: generators.py; asked for a set once: drawn.py),
   fitting.py, open_sizes.py and classes.py (what columns tell about open ports), encoding.py
   (columns as arrays; those that lie in files: mapped.py; what a cross entropy takes: targets.py;
   sequences that fit into their steps: alignments.py), weights.py and class_weights.py (what each
   example counts), sources.py (batches of examples of one shape: shuffled, held out) and
   generated.py (asked for). doubts.py warns of what was probably not meant.
4. **Running.** course.py is the course of one training: from its start (start.py; what goes on
   takes over from an earlier record: going_on.py, net_resume.py; whether its data are the same:
   digests.py) to its record, and who is told on the way (audience.py: listeners.py at intervals.py,
   checkpoints.py as checkpoint_options.py says); interrupts.py breaks it off. standing.py: all that
   a training has and knows (its best validation: judged.py); loop.py: its rounds, and validation.
   memory.py: the arrays and what the method keeps of them, as long as the training lives; phase.py:
   what follows from one table of multipliers. programs.py: what runs for a batch, by purpose, size
   and shapes (feeding.py gives it examples). stepping.py: steps run natively, some at a time
   (pace.py says how many, on how many workers); what leaves the finite numbers is taken back, from
   snapshots.py, and divergence.py tells where it began.
5. **What is told.** telling.py reads what programs keep of batches: history.py (series of losses
   and measurements), measurements.py (each by its name is a row: a tally of a batch, and what
   tallies amount to), state.py (what functions of the user are given; plan.py: how far that is;
   looking.py: gradients of now). Tallies: decisions.py with rates.py (of classes), roc.py (of
   scores, which held.py keeps), moments.py and boxes.py (of numbers), and by weights: weighed.py;
   in plain values: tallies.py. Measurements of other kinds: measured_ports.py,
   measured_functions.py; of arrays, by round: array_series.py. What is shown of a training while it
   runs: the room reporting/. A record in a file: the room saving/. Receipts, and their check: the
   room receipts/.

In the field's words: a learner is a trainable parameter with its optimizer state, a rate is a
per-parameter learning-rate multiplier, a frozen prefix is a cached feature extractor, a stretch is
a run of steps in one native call, and going back is a replay from a checkpoint in memory.

net_measurements.py, net_program.py (measured: timing.py, and slow_layers.py of a training) and
learning_rate_range.py (a training whose learning rate grows) use 2, and of the others what they
need.
"""
