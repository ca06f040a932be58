"""Texts in pieces: three ways to cut a text into tokens of a vocabulary.

A piece that is no token is one that the vocabulary does not cover: a character, or of WordPiece a
word.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Mapping, Sequence

UNKNOWN_PENALTY = 10.0
"""By how much a character that no token covers is less likely than the least likely token."""


def merged(text: str, ranks: Mapping[str, int]) -> list[str]:
    """The pieces of byte pair encoding: of all neighbours that together are a token, those of the
    first token in the vocabulary are joined, the leftmost of them first, until there are none.

    Sennrich et al. 2016; so SentencePiece does it, where the order of tokens is that of merges.

    >>> merged("abcab", {"ab": 1, "bc": 2, "abc": 3})
    ['abc', 'ab']
    """
    pieces: list[str] = list(text)
    after = [*range(1, len(pieces)), -1]
    before = list(range(-1, len(pieces) - 1))
    waiting: list[tuple[int, int, int, str]] = []

    def offer(left: int, right: int) -> None:
        joined = pieces[left] + pieces[right]
        if joined in ranks:
            heapq.heappush(waiting, (ranks[joined], left, right, joined))

    for place in range(len(pieces) - 1):
        offer(place, place + 1)
    while waiting:
        _, left, right, joined = heapq.heappop(waiting)
        # A pair of which one has been joined with another since is none any more.
        if after[left] != right or pieces[left] + pieces[right] != joined:
            continue
        pieces[left], pieces[right] = joined, ""
        after[left] = after[right]
        after[right] = -2
        if after[left] >= 0:
            before[after[left]] = left
            offer(left, after[left])
        if before[left] >= 0:
            offer(before[left], left)
    return [piece for piece in pieces if piece]


def likeliest(text: str, scores: Mapping[str, float], lengths: Collection[int]) -> list[str]:
    """The pieces whose scores have the largest sum (Viterbi 1967); of equal sums, that whose last
    piece is longest. A character that no token covers by itself has the least score, less 10.

    lengths: those of the tokens. Kudo 2018; so SentencePiece does it, with log probabilities.

    >>> likeliest("abc", {"a": -1.0, "b": -1.5, "c": -1.0, "ab": -2.0, "bc": -2.0}, {1, 2})
    ['a', 'bc']
    """
    least = min(scores.values(), default=0.0) - UNKNOWN_PENALTY
    best = [0.0, *[-math.inf] * len(text)]
    begin = [0] * (len(text) + 1)
    for place in range(len(text)):
        for length in {1, *lengths}:
            end = place + length
            if end > len(text):
                continue
            score = scores.get(text[place:end], least if length == 1 else None)
            if score is not None and best[place] + score > best[end]:
                best[end], begin[end] = best[place] + score, place
    pieces = []
    end = len(text)
    while end:
        pieces.append(text[begin[end] : end])
        end = begin[end]
    return pieces[::-1]


def longest(words: Sequence[str], tokens: Collection[str], lengths: Sequence[int]) -> list[str]:
    """The pieces of WordPiece: from the begin of each word on the longest token that stands there.
    A word that does not come out even is one piece. Tokens that begin a word have a space before.

    lengths: those of the tokens, from the longest to the shortest. Schuster and Nakajima 2012; so
    BERT does it.

    >>> longest(["unable"], {" un", "a", "able", " able"}, [5, 4, 3, 1])
    [' un', 'able']
    """
    pieces: list[str] = []
    for word in words:
        spaced, found = f" {word}", []
        place = 0
        while place < len(spaced):
            fitting = (spaced[place : place + length] for length in lengths)
            token = next((each for each in fitting if each in tokens), None)
            # The space alone is no begin of a word.
            if token is None or token == " ":
                found = [spaced]
                break
            found.append(token)
            place += len(token)
        pieces += found
    return pieces
