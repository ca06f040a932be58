"""The Wolfram Language: nets that it saved, and nets for it.

files.py has the three functions. On the way in: compressed.py (strings of Compress) and wxf.py
(WXF) give expressions (expressions.py); saved.py makes constructors of a net as it is saved,
reading.py a net of constructors. On the way out: writing.py makes constructors of a net, and wxf.py
or input_text.py writes them. Both ways go by tables: a row a layer (layers.py), an operator
(operators.py), a kind of values (values.py), a coder (coders.py); functions.py has those of
numbers, rules.py learning rate multipliers.

The packages wolframclient and h5py are extras: `pip install 'wlnet[wolfram]'`. They are loaded by
the first call that needs them.
"""

from wlnet.wolfram.files import input_form, read_net, write_wxf

__all__ = ["input_form", "read_net", "write_wxf"]
