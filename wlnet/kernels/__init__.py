"""The kernels: functions over addresses, compiled to machine code. Numbers in, numbers out.

Read in this order: language.py (what a kernel is), emit/ (how vector code, SIMD, is written),
products/ (GEMM), elementwise/ (activations, arithmetic with broadcasting, dropout masks, LSTM
cells), reductions/ (sums, softmax, cross entropy), copies/ (strided copies, layouts, gather and
scatter), updates/ (optimizer steps, fused with the gradient of weights), windows/ (convolution and
pooling), winograd/ (Winograd convolution), attention/ (attention in one kernel), jit/ (compiler,
cache on disk, linker, dispatch loop).
No room knows one that stands above it in setup.cfg, and none knows anything else of wlnet.

What a writer of a kernel must know, in one place; `running_sum` in
docs/how-to/a-primitive-of-your-own.md is a whole example:

    @native
    def double_rows(context, rows, columns, x, x_row, y, y_row):
        '''y[i, j] = 2 x[i, j]. Divided by rows.'''
        for i in range(start_of(context, rows, 1), stop_of(context, rows, 1)):
            source, to = reals(x + i * x_row), reals(y + i * y_row)
            for j in range(columns):
                to[j] = source[j] + source[j]

* **The record.** A kernel gets a context and words, integers of 64 bits: sizes, distances,
  addresses, codes. The parameters after `context` are the names of the fields: plan/calls/ gives
  each of them by name, and a test does so too. A float is a word that holds its bits (`double`).
* **Addresses count bytes**, and so do distances (strides): row i begins at `x + i * x_row`, and
  number j of it lies ITEM * j bytes further on. `reals(address)` makes a pointer whose indices
  count numbers; `indices` are integers of 32 bits, `words` of 64.
* **ITEM and LANES** are no numbers yet: the bytes of a real number, and how many of them a vector
  has. They are put in when the kernel is compiled, once for each precision. `real(0.0)` is a number
  of that precision; a bare `0.5 * x` would be computed in 64 bits.
* **Workers.** Every worker is called with the same record and does its share, from
  `start_of(context, count, grain)` up to `stop_of(context, count, grain)`; shares begin at
  multiples of the grain. What is divided is what is written: **one writer for each number**, and no
  sum is divided, so that the bits are the same for any number of workers. Where shares are numbers
  side by side the grain is a line of cache (64 bytes): two workers that write one line are slow.
* **Nothing is allocated, nothing raised.** A worker's own memory begins at `scratch(context)`; the
  caller says how many bytes (`scratch=`). What cannot be is answered with NaN, or not written.
* **What the caller says of a kernel** (`Emitter.step` in plan/calls/emitter.py): `reads=`,
  `writes=`, from which the waiting of workers follows; `work=`, in floating-point operations of the
  whole call, which is only told (an addition or a product counts as one); the fields.
* **Inputs are contiguous** unless the row in plan/calls/ says `accepts=`: then distances are
  fields.
* **The name** of a kernel is `module.function`, as in `products.product`. It names the machine code
  in the cache, so it is unique over all rooms; no two modules may have one name and one function.
* **Only what Numba takes**: loops, integers, names of this room. A part that several kernels use is
  a `routine`; what a plain loop does not do fast enough is an `instruction`, code of LLVM.
* **Its test** calls it on memory with guarded borders (`tests/kernels/native_bench.py`), with one
  worker and with several, against NumPy; `make check-kernels` tries it between forbidden pages and
  runs it as Python. A change in any file here has all kernels compiled anew.
"""
