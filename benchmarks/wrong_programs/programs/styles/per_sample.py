#= axes: f=sigmoid|tanh out=k1|k3
#= steps: 120
#= let f=sigmoid: act = 1 / (1 + np.exp(-u))
#= let f=tanh: act = np.tanh(u)
#= let f=sigmoid: der = h * (1 - h)
#= let f=tanh: der = (1 - h * h)
#= let f=sigmoid: derz = u1 * (1 - u1)
#= let f=tanh: derz = (1 - u1 * u1)
#$ def probe(script):
#$     ns = script.run()
#$     P = {n: ns[n] for n in ("W", "b", "V", "c")}
#$     X, T = ns["样本"], ns["标签"]
#$     i = {"i": 0}
#$     def call():
#$         return ns["前向"](X[2], P["W"], P["b"], P["V"], P["c"])
#$     def loss():
#$         return ns["损失"](call()[-1], T[2])
#$     def grads():
#$         out = ns["更新"](X[2], T[2], *[np.array(P[n]) for n in ("W", "b", "V", "c")], 0.01)
#$         return {n: (P[n] - o) / 0.01 for n, o in zip(("W", "b", "V", "c"), out)}
#$     return Probe(params=parameters(P, "W b V c"), loss=loss, gradient=grads, inputs=((ns, "样本"),))
# 单隐层神经网络，逐个样本更新
import numpy as np

np.random.seed(10)


def 激活(u):
    return <<act>>


def 前向(x, W, b, V, c):
    u1 = np.dot(W, x) + b
    h = 激活(u1)
    u2 = np.dot(V, h) + c
    return u1, h, u2, 激活(u2)


def 损失(y, t):
    return 0.5 * np.sum((t - y) ** 2)


def 更新(x, t, W, b, V, c, 学习率):
    u1, h, u2, y = 前向(x, W, b, V, c)
    # 输出层误差
    误差 = y - t
    #~ target-minus-output :: 误差 = t - y
#if f=sigmoid
    d2 = 误差 * y * (1 - y)
    #! missing-output-derivative :: d2 = 误差
    #! extra-factor-2 :: d2 = 2 * 误差 * y * (1 - y)
    #! activation-instead-of-derivative|missing-output-derivative|loss-gradient-mismatch/o :: d2 = 误差 * y
#else
    d2 = 误差 * (1 - y ** 2)
    #! missing-output-derivative :: d2 = 误差
    #! extra-factor-2 :: d2 = 2 * 误差 * (1 - y ** 2)
    #! wrong-derivative-formula/o :: d2 = 误差 * (1 - y)
#end
    # 隐层误差
    d1 = np.dot(V.T, d2) * <<der>>
    #! missing-hidden-derivative :: d1 = np.dot(V.T, d2)
    #! raw-error-backpropagated :: d1 = np.dot(V.T, 误差) * <<der>>
    #! output-form-given-preactivation :: d1 = np.dot(V.T, d2) * <<derz>>
    #! upstream-lost :: d1 = np.sum(V, axis=0) * <<der>>
    #! derivative-of-gradient :: d1 = np.dot(V.T, d2) * (1 - np.dot(V.T, d2))
    #! activation-instead-of-derivative :: d1 = np.dot(V.T, d2) * h
    dV = np.outer(d2, h)
    #! wrong-layer-activation|squashed-input :: dV = np.outer(d2, u1)
    dW = np.outer(d1, x)
    #! squashed-input :: dW = np.outer(d1, 激活(x))
    #! weight-instead-of-input :: dW = d1[:, None] * W

    V = V - 学习率 * dV
    #~ target-minus-output :: V = V + 学习率 * dV
    #! sign-flip :: V = V + 学习率 * dV
    c = c - 学习率 * d2
    #~ target-minus-output :: c = c + 学习率 * d2
    #! sign-flip :: c = c + 学习率 * d2
    #! bias-sum-without-axis [out=k3] :: c = c - 学习率 * np.sum(d2)
    #! bias-gradient-missing ::
    W = W - 学习率 * dW
    #~ target-minus-output :: W = W + 学习率 * dW
    #! sign-flip :: W = W + 学习率 * dW
    #! local-constant|missing-factor-2 :: W = W - 0.5 * 学习率 * dW
    b = b - 学习率 * d1
    #~ target-minus-output :: b = b + 学习率 * d1
    #! sign-flip :: b = b + 学习率 * d1
    #! bias-sum-without-axis/b :: b = b - 学习率 * np.sum(d1)
    #! bias-gradient-is-bias :: b = b - 学习率 * b
    return W, b, V, c


样本 = np.random.rand(12, 3) * 2 - 1
#if out=k1
标签 = (样本[:, :1] * 样本[:, 1:2] > 0).astype(float)
#else
标签 = np.column_stack([样本[:, 0] > 0, 样本[:, 1] > 样本[:, 2], 样本.sum(axis=1) > 0]).astype(float)
#end

W = np.random.randn(4, 3)
b = np.random.randn(4) * 0.1
V = np.random.randn(标签.shape[1], 4)
c = np.random.randn(标签.shape[1]) * 0.1

for 轮 in range(120):
    总损失 = 0
    for x, t in zip(样本, 标签):
        总损失 += 损失(前向(x, W, b, V, c)[-1], t)
        W, b, V, c = 更新(x, t, W, b, V, c, 0.3)
    if 轮 % 20 == 0:
        print('第', 轮, '轮 损失', 总损失 / len(样本))
