#$ def probe(script):
#$     ns = script.run(); n = ns["layers"]
#$     return Probe(params={"w": (n[0], "w"), "b": (n[0], "b")}, loss=lambda: np.sum((n[0]["w"] * ns["x"] + n[0]["b"] - ns["y"]) ** 2), update=lambda: ns["step"](0.01), rate=0.01)
import numpy as np
x = np.linspace(-1, 1, 20); y = 2 * x + 1
layers = [{"w": np.array(0.1), "b": np.array(0.0)}]
def step(lr):
    out = layers[0]["w"] * x + layers[0]["b"]
    d = -2 * (out - y)
    layers[0]["w"] = layers[0]["w"] + lr * np.sum(d * x)
    layers[0]["b"] = layers[0]["b"] + lr * np.sum(d)
    return out
for i in range(100):
    out = step(0.01)
    if i % 10 == 0:
        print("mean squared error", np.mean((out - y) ** 2))
