"""Windows over images, signals and volumes: convolution and pooling, and the gradients of both.

There are three layouts. In lanes, LANES examples lie side by side (batch-blocked): window_tiles.py
(micro-kernels), windows_in_lanes.py (direct convolution), windows_pooled.py (fused with pooling),
window_gradients.py (gradient by the weights), pool_tiles.py, pools_in_lanes.py. In rows, for few
examples, one example after the other (NCDHW): window_shifting.py (copies, for a stride of 1),
windows_shifted.py, shift_tiles.py (micro-kernel), windows_shifted_back.py (gradient by the
weights); window_gathering.py (im2col, for longer ones), windows_in_rows.py, window_spreading.py
(col2im), windows_in_rows_back.py (gradients), pools_in_rows.py. With channels last (NHWC):
channel_tiles.py (micro-kernel), windows_in_channels.py (implicit GEMM), depthwise.py. Read each
list in its order. The fields of all of them are worked out in plan/calls/.
"""
