"""How long vectors are: as the CPU has them, or shorter if asked."""

from __future__ import annotations

import pytest

from wlnet.kernels.jit import target

of_this_cpu = target.vector_width.__wrapped__


def test_vectors_are_as_long_as_the_cpu_has_them_unless_shorter_ones_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WLNET_VECTOR_BYTES", raising=False)
    widest = of_this_cpu()
    assert widest in target.WIDTHS
    for asked in target.WIDTHS:
        monkeypatch.setenv("WLNET_VECTOR_BYTES", str(asked))
        assert of_this_cpu() == min(asked, widest)


@pytest.mark.parametrize("asked", ["8", "48", "wide", "-16"])
def test_another_length_is_an_error_that_tells_which_there_are(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WLNET_VECTOR_BYTES", asked)
    with pytest.raises(ValueError, match=f"16, 32 or 64, not '{asked}'"):
        of_this_cpu()
