"""Pictures and HTML: what one sees of nets, trainings and tables, in notebooks and in files.

Rooms that may not know this one reach it by two tables: pictures.py (every picture by its name) and
pages.py (what notebooks show of a value, by its type). Read in this order. **paint/**: what
pictures are made of: colours, marks of rates, letters, shapes; SVG, PNG and PDF files. **layout/**:
where the boxes of a graph stand and its lines run. **diagrams/**: nets as diagrams; summary.py is
the page of a net. **charts/**: axes, curves, bars, maps, matrices. **training/**: what one sees of
a record, and its page; panel.py is that of a training under way. tables.py: tables as HTML.
"""
