"""The command line: `wlnet`, or `python -m wlnet`. It reads words, asks wlnet, and prints.

command.py has the table of commands and `main`: what is given, who does it, how it ends. A command
is a file in the room commands/ and a row there: `arguments` declares what it takes, `run` gives an
Answer (answer.py: a text for people, a value for programs, how it ended). A command is imported
when it is used.

From words to values: rule_texts.py (a rule), rule_files.py (all rules of a command, TOML),
values.py (an option of a training; option_flags.py: all of them as flags), data_files.py (files to
columns; array_files.py reads arrays, picture_files.py folders of pictures), data_ports.py (columns
to ports), net_files.py (nets and records).
From values to words: plain.py (anything as JSON), predictions.py (answers of nets), differences.py
(two nets), outputs.py (files, none of them over another one unasked). trainings.py is what train
and resume share; completions.py makes scripts for shells, of the parser.
"""
