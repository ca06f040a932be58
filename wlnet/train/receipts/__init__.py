"""Receipts: what decided a training and what came of it, by digests, and the check of that.

writing.py: the receipt of a record, and its seal; rounds.py: what it tells of losses and
measurements; option_nets.py: nets that options were given. reading.py: a receipt as it is given,
checked for its form. verify.py is the public function, arguments.py what it cannot be given: it
trains again by repeating.py, from one of the ends.py to the next, with options as given_again.py
reads them, and compares by comparing.py, or looks at what was frozen, by resting.py.
verification.py: what it answers with.
"""
