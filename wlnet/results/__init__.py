"""The frozen record of a training, asked by property name.

results.py: the plain facts (TrainingRecord), and a row a property that tells something of them
(NetTrainResults). moment.py: where a training stands, in plain values (Moment), and the calls and
phases that a record tells of. arrays_report.py: what every array did, computed when it is read.
class_table.py: a confusion matrix as it is kept, by the pairs that occur. class_labels.py: what its
classes are called. ending.py: how a training ended, in words. learned.py: which arrays learned.
saving.py: who writes a record to a file, and reads it back. learning_rate_range.py: what a range
test has seen. progress.py: where a training under way stands, for who shows it. receipts.py: who
writes the receipt of a record. plots.py: who draws it. histories.py: what was told of rounds or
batches, asked for by a dict.
"""

# Its rows are properties as well.
from wlnet.results import arrays_report as arrays_report
from wlnet.results import histories as histories
from wlnet.results import plots as plots
from wlnet.results import receipts as receipts
from wlnet.results.results import NetTrainResults as NetTrainResults
from wlnet.results.results import TrainingRecord as TrainingRecord
