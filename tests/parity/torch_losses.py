"""What the words of draws_of_losses.py mean in PyTorch; a loss here tells a number an example."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from tests.parity.torch_layers import Tensors, meaning


def _of_examples(losses: torch.Tensor) -> Tensors:
    """The mean over all places of an example."""
    return {"Loss": losses.reshape(len(losses), -1).mean(1)}


@meaning
def MeanSquaredLossLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return _of_examples(F.mse_loss(inputs["Input"], inputs["Target"], reduction="none"))


@meaning
def MeanAbsoluteLossLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return _of_examples(F.l1_loss(inputs["Input"], inputs["Target"], reduction="none"))


@meaning
def HuberLossLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    both = inputs["Input"], inputs["Target"]
    return _of_examples(F.huber_loss(*both, reduction="none", delta=words["delta"]))


@meaning
def ContrastiveLossLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    """Both of the cases that PyTorch has, as far as the target says each."""
    distance, apart = inputs["Input"], inputs["Target"]
    cases = [
        F.hinge_embedding_loss(distance, sign, margin=words["margin"], reduction="none")
        for sign in (-torch.ones_like(distance), torch.ones_like(distance))
    ]
    return {"Loss": apart * cases[0] + (1 - apart) * cases[1]}


def _cross_entropies(words: Any, inputs: Tensors) -> torch.Tensor:
    """A number a place."""
    x, target, smoothing = inputs["Input"], inputs["Target"], words["smoothing"]
    weights = words["weights"] and torch.tensor(words["weights"], dtype=x.dtype)
    if words["form"] == "Binary":
        shares = (1 - smoothing) * target + smoothing / 2
        of_no, of_yes = words["weights"] or (1.0, 1.0)
        if words["is_scored"]:
            ratio = torch.tensor(of_yes / of_no, dtype=x.dtype)
            return of_no * F.binary_cross_entropy_with_logits(
                x, shares, reduction="none", pos_weight=ratio
            )
        ones = torch.ones_like(x)
        yes, no = (F.binary_cross_entropy(x, to, reduction="none") for to in (ones, 0 * ones))
        return of_yes * shares * yes + of_no * (1 - shares) * no
    options = {"weight": weights, "reduction": "none", "label_smoothing": smoothing}
    if words["form"] == "Index":
        target = target - 1
    # The classes come second, and are the last level here.
    scores = (x if words["is_scored"] else x.log()).movedim(-1, 1)
    target = target if words["form"] == "Index" else target.movedim(-1, 1)
    if words["is_scored"]:
        return F.cross_entropy(scores, target, **options)
    # Numbers that do not add up to 1 are not made to.
    count = scores.shape[1]
    is_index = words["form"] == "Index"
    shares = F.one_hot(target, count).movedim(-1, 1).to(x.dtype) if is_index else target
    shares = (1 - smoothing) * shares + smoothing / count
    counts = torch.ones(count, dtype=x.dtype) if weights is None else weights
    return -torch.einsum("bc...,bc...,c->b...", shares, scores, counts)


@meaning
def CrossEntropyLossLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return _of_examples(_cross_entropies(words, inputs))


@meaning
def WeightedLossLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return _of_examples(inputs["Weight"] * _cross_entropies(words, inputs))


@meaning
def CTCLossLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    logs = F.log_softmax(inputs["Input"], -1).transpose(0, 1)
    (steps, count, symbols), targets = logs.shape, inputs["Target"] - 1
    lengths = torch.full((count,), steps), torch.full((count,), targets.shape[1])
    return {"Loss": F.ctc_loss(logs, targets, *lengths, blank=symbols - 1, reduction="none")}
