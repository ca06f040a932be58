"""Reductions: sums over axes, softmax, cross entropy.

reductions.py: sums in blocks, for three cases of strides. softmaxes.py: softmax, log-softmax, and
the loss of classes fused with softmax and gradient.
"""
