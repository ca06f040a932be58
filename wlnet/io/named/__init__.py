"""Arrays by name: the numbers of a net out of files of other frameworks, and into such files.

In the order of an import: sources (what is in a file: safetensors, .npz, HDF5 by hdf5.py, which
reads in a process of its own, hdf5_process.py), units (layers, as a net and as a file has them),
layouts (the table of what frameworks do otherwise), pictures (numbers that were put in a row),
fitting (a layer and entries of a file), mapping (what the user says), matching (what the rest is),
plan (all of it, decided before anything is read), net_import_arrays. The way out is
net_export_arrays.
"""
