"""A step that trains one network and then, by another loss, a second one: what is compared, and what is not said."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.submissions import check_file

PROGRAM = """
import numpy as np

rng = np.random.default_rng(3)
G = {{"W": rng.normal(size=(2, 1)) * 0.5, "b": np.zeros((1, 1))}}
D = {{"W": rng.normal(size=(1, 4)) * 0.5, "b": np.zeros((1, 4)), "v": rng.normal(size=(4, 1)) * 0.5}}


def generator(z):
    return z @ G["W"] + G["b"]


def discriminator(x):
    h = np.tanh(x @ D["W"] + D["b"])
    return h @ D["v"], h


def backward(x, h, d):
    dh = d @ D["v"].T * {slope}
    return {{"v": h.T @ d, "W": x.T @ dh, "b": dh.sum(0, keepdims=True)}}, dh @ D["W"].T


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


for turn in range(200):
    real, z = 3 + 0.5 * rng.normal(size=(8, 1)), rng.normal(size=(8, 2))
    fake = generator(z)
    on_real, h_real = discriminator(real)
    on_fake, h_fake = discriminator(fake)
    loss = np.mean(np.logaddexp(0, -on_real)) + np.mean(np.logaddexp(0, on_fake))
    one, _ = backward(real, h_real, (sigmoid(on_real) - 1) / 8)
    two, _ = backward(fake, h_fake, sigmoid(on_fake) / 8)
    for k in D:
        D[k] -= 0.05 * (one[k] + two[k])
    z = rng.normal(size=(8, 2))
    fake = generator(z)
    on_fake, h_fake = discriminator(fake)
    _, d = backward(fake, h_fake, (sigmoid(on_fake) - 1) / 8)
    G["W"] -= 0.05 * z.T @ d
    G["b"] -= 0.05 * d.sum(0, keepdims=True)
    if turn % 50 == 0:
        print(turn, "discriminator", loss)
"""


@pytest.mark.parametrize(
    ("slope", "verdict", "wrong"), [("(1 - h * h)", "PASS", []), ("(1 - h)", "FAIL", ["D.W", "D.b"])]
)
def test_the_second_network_is_not_held_against_the_loss_of_the_first(
    tmp_path: Path, slope: str, verdict: str, wrong: list[str]
) -> None:
    """Where the first one is right; that nothing is said about the second is said."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM.format(slope=slope), encoding="utf-8")
    report = check_file(file)
    assert report.verdict.name == verdict
    assert set(wrong) <= {block.name for block in report.blocks if block.verdict.name == "FAIL"}
    if verdict == "PASS":
        assert {block.name for block in report.blocks} == {"D.W", "D.b", "D.v"}
        (told,) = [finding.message for finding in report.findings if finding.id == "not-compared"]
        assert "G.W" in told
        assert "G.b" in told
