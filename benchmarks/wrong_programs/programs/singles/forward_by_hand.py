#$ def probe(script): return script.flat("w1 w2 w3 w4 b1 b2", loss="E", rate="eta")
# two inputs, two hidden, one output: all scalars
import math

x1, x2, target = 0.35, 0.9, 0.5
w1, w2, w3, w4 = 0.1, 0.8, 0.4, 0.6
b1, b2 = 0.0, 0.1
eta = 1.0

for i in range(30):
    n1 = w1 * x1 + w2 * x2 + b1
    h1 = 1 / (1 + math.exp(-n1))
    n2 = w3 * x1 + w4 * h1 + b2
    out = 1 / (1 + math.exp(-n2))
    E = 0.5 * (target - out) ** 2

    d_out = (out - target) * out * (1 - out)
    d_h1 = d_out * w4 * h1 * (1 - h1)
    #! missing-hidden-derivative :: d_h1 = d_out * w4

    w4 = w4 - eta * d_out * h1
    w3 = w3 - eta * d_out * x1
    b2 = b2 - eta * d_out
    w1 = w1 - eta * d_h1 * x1
    w2 = w2 - eta * d_h1 * x2
    #! wrong-layer-activation :: w2 = w2 - eta * d_h1 * x1
    b1 = b1 - eta * d_h1
    print(i, E)
