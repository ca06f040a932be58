"""What one sees of the record of a training.

* `rounds`: where batches stand among rounds, and the phases of rates as upright lines.
* `parts`: arrays of long nets, told together where the same is said of them.
* `losses`: losses and measurements over the rounds; `rates`: learning rates and multipliers, over
  the rounds and by array; `movement`: how far every array moved.
* `plots`: all of them by name; `verdict`: what became of a training, in a sentence; `page`: what a
  notebook shows of a record.
"""
