"""The record of a training in a file: its net as any net lies in a file, and the rest beside it.

In the file the record of the net (wlnet/io/record.py) has one entry more, "Training", and there are
more tensors, whose keys begin with "~". From the outside in: files.py (a record to a file and
back), records.py (the whole record), calls.py (what was asked for, and by which rules), moments.py
(where the training stood), series.py (losses and measurements), values.py (options as they were
given) with unsaved.py (what stands for functions and data) and numbered.py (nets that options name,
by number), store.py (tensors by key, none twice).

A table of multipliers is not stored: it follows from the net and the rules.
"""

from wlnet.train.saving.files import read_record, write_record
from wlnet.train.saving.unsaved import Unsaved, UnsavedFunction

__all__ = ["Unsaved", "UnsavedFunction", "read_record", "write_record"]
