"""Files: a net in one file, or the record of a training, and back. What is read is trusted nowhere.

From the outside in: files (`save`, `load`), replacement (the old file or the new one, whole),
layout (the bytes: safetensors, a checksum), signatures (how files of others begin), canonical (JSON
in its one spelling), record (a net as JSON, and the numbers by key), rebuild (the way back, with
wiring for edges). Both use keys (names of tensors), ports, rates (multipliers), plain (values of
parameters; core/records.py does it) and checks (of what a record says). Beside its net a file may
hold what train/saving/ knows to read.
In named/: arrays alone, by name, out of files of other frameworks and into such.
"""

from wlnet.io.files import load, save
from wlnet.io.named.net_export_arrays import net_export_arrays
from wlnet.io.named.net_import_arrays import net_import_arrays

__all__ = ["load", "net_export_arrays", "net_import_arrays", "save"]
