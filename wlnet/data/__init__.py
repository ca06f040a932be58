"""Data at the door: tables, and real data to learn from.

Tables: table_of.py (`table`), tables.py (what it gives), asked.py (its options), columns.py and
csv_file.py (columns out of frames and files), features.py (which encoder a column asks for),
front.py (the net from columns to one vector).

Real data: digits.py lies in the package, mnist.py is read where it is found; split.py divides,
png.py and idx.py read their files. Both return ((x_train, y_train), (x_test, y_test)): uint8
images, int64 labels, read-only.

Streams, read when they are used (core/stored.py): array_files.py, parquet_files.py, images.py.
batches (core/loaders.py): loaders of other libraries.

unpadded.py: sequences of one's own, which were filled up to one length.
"""

from wlnet.core.loaders import Loader, batches
from wlnet.data.array_files import array_files
from wlnet.data.digits import digits
from wlnet.data.front import columns_net
from wlnet.data.images import Images, images
from wlnet.data.mnist import mnist
from wlnet.data.parquet_files import parquet_files
from wlnet.data.table_of import column_encoders, table
from wlnet.data.tables import Table
from wlnet.data.unpadded import unpadded

__all__ = [
    "Images",
    "Loader",
    "Table",
    "array_files",
    "batches",
    "column_encoders",
    "columns_net",
    "digits",
    "images",
    "mnist",
    "parquet_files",
    "table",
    "unpadded",
]
