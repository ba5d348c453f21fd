#= axes: act=sigmoid|tanh|relu loss=mse|bce rec=record|print
#= steps: 1500
#= let act=sigmoid: f = sigmoid(z1)
#= let act=tanh: f = np.tanh(z1)
#= let act=relu: f = np.maximum(0, z1)
#= let act=sigmoid: df = a1 * (1 - a1)
#= let act=tanh: df = (1 - a1 ** 2)
#= let act=relu: df = (z1 > 0)
#= let act=sigmoid: dfa = sigmoid(a1) * (1 - sigmoid(a1))
#= let act=tanh: dfa = (1 - np.tanh(a1) ** 2)
#= let act=relu: dfa = (a1 >= 0)
#= let act=sigmoid: dfz = z1 * (1 - z1)
#= let act=tanh: dfz = (1 - z1 ** 2)
#= let act=relu: dfz = z1
#$ def probe(script):
#$     return script.flat("W1 b1 W2 b2", loss="loss", rate="lr")
# XOR with a small network
import numpy as np

np.random.seed(1)

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)
m = X.shape[0]
#! features-for-batch-size [rec=record] :: m = X.shape[1]

n_hidden = 5
lr = 0.5

W1 = np.random.randn(2, n_hidden)
#! saturated-initialisation [act=sigmoid,tanh] :: W1 = np.random.randn(2, n_hidden) * 40 - 150
#! symmetric-initialisation :: W1 = np.zeros((2, n_hidden)) + 0.5
b1 = np.zeros((1, n_hidden))
W2 = np.random.randn(n_hidden, 1)
#! symmetric-initialisation :: W2 = np.zeros((n_hidden, 1)) + 0.5
b2 = np.zeros((1, 1))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


#if rec=record
losses = []
#end
for i in range(1500):
    # forward
    z1 = X @ W1 + b1
    a1 = <<f>>
    z2 = a1 @ W2 + b2
    out = sigmoid(z2)

#if loss=mse
    loss = np.mean((out - y) ** 2)
#else
    loss = -np.sum(y * np.log(out) + (1 - y) * np.log(1 - out)) / X.shape[0]
#end
#if rec=record
    losses.append(loss)
#end

    # backward
#if loss=mse
    dout = 2 * (out - y) / m
    #~ target-minus-output [loss=mse] :: dout = 2 * (y - out) / m
    #! missing-factor-2 [rec=record] :: dout = (out - y) / m
    #! sum-instead-of-mean [rec=record] :: dout = 2 * (out - y)
    #! sign-flip/delta :: dout = 2 * (y - out) / m
    #! learning-rate-baked-in [rec=record] :: dout = lr * 2 * (out - y) / m
    dz2 = dout * out * (1 - out)
    #! missing-output-derivative [rec=record] :: dz2 = dout
    #! derivative-twice|loss-gradient-mismatch/output :: dz2 = dout * (out * (1 - out)) ** 2
#else
    dz2 = (out - y) / m
    #! sum-instead-of-mean [rec=record] :: dz2 = out - y
    #! extra-output-derivative [rec=record] :: dz2 = (out - y) / m * out * (1 - out)
    #! extra-factor-2 [rec=record] :: dz2 = 2 * (out - y) / m
    #! sign-flip/delta :: dz2 = (y - out) / m
#end
    dW2 = a1.T @ dz2
    #! wrong-layer-activation|squashed-input/z :: dW2 = z1.T @ dz2
    #! double-mean [rec=record] :: dW2 = a1.T @ dz2 / m
    db2 = np.sum(dz2, axis=0, keepdims=True)
    #! bias-gradient-missing :: db2 = np.zeros_like(b2)
    #! double-mean [rec=record] :: db2 = np.sum(dz2, axis=0, keepdims=True) / m
    da1 = dz2 @ W2.T
    #! raw-error-backpropagated [loss=mse] :: da1 = dout @ W2.T
    dz1 = da1 * <<df>>
    #! missing-hidden-derivative :: dz1 = da1
    #! derivative-at-activation [act=sigmoid,tanh] :: dz1 = da1 * <<dfa>>
    #! relu-mask-always-on|missing-hidden-derivative [act=relu] :: dz1 = da1 * (a1 >= 0)
    #! relu-on-gradient [act=relu] :: dz1 = np.maximum(0, da1)
    #! output-form-given-preactivation [act=sigmoid,tanh] :: dz1 = da1 * <<dfz>>
    #! derivative-twice [act=sigmoid,tanh] :: dz1 = da1 * (<<df>>) ** 2
    #! upstream-lost :: dz1 = <<df>>
    #! activation-instead-of-derivative :: dz1 = da1 * a1
    #! derivative-of-gradient [act=sigmoid] :: dz1 = da1 * (da1 * (1 - da1))
    dW1 = X.T @ dz1
    #! squashed-input :: dW1 = sigmoid(X).T @ dz1
    #! double-mean [rec=record] :: dW1 = X.T @ dz1 / m
    #! local-constant :: dW1 = 0.1 * X.T @ dz1
    db1 = np.sum(dz1, axis=0, keepdims=True)
    #! bias-sum-without-axis :: db1 = np.sum(dz1)
    #! bias-mean-instead-of-sum :: db1 = np.mean(dz1, axis=0, keepdims=True)
    #! bias-from-weight-gradient :: db1 = np.sum(dW1, axis=0, keepdims=True)
    #! bias-gradient-is-bias :: db1 = b1
    #! double-mean [rec=record] :: db1 = np.sum(dz1, axis=0, keepdims=True) / m

    # update
    W2 -= lr * dW2
    #~ target-minus-output [loss=mse] :: W2 += lr * dW2
    #! sign-flip/w2|local-constant :: W2 += lr * dW2
    b2 -= lr * db2
    #~ target-minus-output [loss=mse] :: b2 += lr * db2
    W1 -= lr * dW1
    #~ target-minus-output [loss=mse] :: W1 += lr * dW1
    #! sign-flip/w1|local-constant|sign-flip-below :: W1 += lr * dW1
    b1 -= lr * db1
    #~ target-minus-output [loss=mse] :: b1 += lr * db1

    if i % 300 == 0:
        print("step", i, "loss", loss)

print(out)
