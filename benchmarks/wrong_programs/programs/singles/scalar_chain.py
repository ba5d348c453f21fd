#$ def probe(script): return script.flat("u v w", loss="cost", rate=0.1)
import math
u, v, w = 0.7, -0.4, 1.2
data = [(0.5, 0.3), (1.0, 0.1), (-0.8, 0.6), (0.2, 0.4), (1.5, -0.2)]
for epoch in range(100):
    gu = gv = gw = 0.0
    cost = 0.0
    for x, t in data:
        p = math.tanh(u * x)
        q = math.tanh(v * p)
        y = w * q
        cost += (y - t) ** 2 / len(data)
        dy = 2 * (y - t) / len(data)
        dq = dy * w
        dv_in = dq * (1 - q ** 2)
        dp = dv_in * v
        #! stale-weights|wrong-layer-weights :: dp = dv_in * w
        du_in = dp * (1 - p ** 2)
        #! wrong-derivative-formula :: du_in = dp * (1 + p ** 2)
        gw += dy * q
        gv += dv_in * p
        gu += du_in * x
    u -= 0.1 * gu
    v -= 0.1 * gv
    w -= 0.1 * gw
print(u, v, w, cost)
