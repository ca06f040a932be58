"""Winograd convolution, F(4x4, 3x3) and F(2x2, 5x5), of examples in lanes, or of channels.

winograd_transforms.py: the matrices and how they are applied. winograd_tiles.py: input, filter and
output transforms of one tile. winograd.py: the kernels, forward and back to the input.
winograd_gradients.py: back to the weights. winograd_in_channels.py: all of these with channels side
by side (NHWC); winograd_channel_tiles.py: what is special about tiles there.
"""
