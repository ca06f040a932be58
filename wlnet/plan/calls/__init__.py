"""How each primitive is computed: a row for each, in terms of kernel calls (code generation).

Read emitter.py first: it keeps the table, and is what rows are written with. Then elementwise.py
and tables.py, the shortest rows, places.py, copies.py, and compiled.py (functions of a user, by
their address). products.py (GEMM), reductions.py, softmaxes.py, attention.py, recurrences.py and
gated_recurrences.py (LSTM, GRU), loops.py (scans); windows.py and window_fields.py (convolution of
images side by side, NCHWc), windows_in_rows.py and row_fields.py (of one image at a time),
winograd.py and winograd_fields.py (with the cost model); both once more for channels side by side
(NHWC), as are depthwise.py, windows_in_channels.py and channel_fields.py. training.py: fetching,
optimizer steps, tables. checks.py: NaN and infinity.

Every module of this folder is read: a new primitive may have a file of its own. What the fields of
a kernel mean stands in the kernel; files named *fields.py work them out from shapes.
"""
