"""Evaluation: from what the user gives to a net, to what the net's decoder answers."""

from wlnet.evaluate.evaluation import evaluate as evaluate
