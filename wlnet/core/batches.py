"""How many examples a batch has where nobody says so.

In training; and in evaluation, where what comes of an example may depend on the others.
"""

BATCH = 64
