"""Element by element: activations, arithmetic with broadcasting, random masks, recurrent cells.

maps.py lists the functions of one number; their vector code stands in exponentials.py (exp, log,
tanh, ...), waves.py (sine, cosine) and normal.py (erf), that of rare ones number by number in
specials.py (gamma). arithmetic.py lists those of two numbers, on broadcasts.py (broadcasting) and
powers.py, and the slopes, which are gradients of activations. chains.py: several of them block by
block. masks.py: dropout masks, from a counter-based generator. recurrences.py: the LSTM step with
its product, and its gradient; gated_recurrences.py: those of a GRU. compiled.py: functions of a
user.
"""
