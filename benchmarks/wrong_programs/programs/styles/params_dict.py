#= axes: act=relu|tanh|leaky k=1|3
#= steps: 1201
#$ def probe(script):
#$     ns = script.run()
#$     P = {n: ns["params"][n] for n in ns["params"]} if "params" in ns else ns["initialize_parameters"](2, 4, ns["K"])
#$     X, Y = ns["X"], ns["Y"]
#$     def loss():
#$         return ns["compute_cost"](ns["forward_propagation"](X, P)[0], Y)
#$     def grads():
#$         A2, cache = ns["forward_propagation"](X, P)
#$         g = ns["backward_propagation"](P, cache, X, Y)
#$         before = {n: np.array(v) for n, v in P.items()}
#$         after = ns["update_parameters"]({n: np.array(v) for n, v in P.items()}, g, 0.01)
#$         return {n: (before[n] - after[n]) / 0.01 for n in before}
#$     return Probe(params=parameters(P, "W1 b1 W2 b2"), loss=loss, gradient=grads, inputs=((ns, "X"),))
import numpy as np
import matplotlib.pyplot as plt


#if k=1
K = 1
#else
K = 3
#end


def make_data(n_per_class=12, seed=3):
    """Gaussian blobs."""
    rng = np.random.RandomState(seed)
    centers = [(1, 1), (-1, -1), (1.5, -1)][:max(K, 2)]
    X = np.vstack([rng.randn(n_per_class, 2) * 0.6 + c for c in centers])
#if k=1
    Y = np.hstack([np.full(n_per_class, i) for i in range(2)]).reshape(-1, 1).astype(float)
    #! target-out-of-range :: Y = np.hstack([np.full(n_per_class, 4 * i - 1) for i in range(2)]).reshape(-1, 1).astype(float)
#else
    labels = np.hstack([np.full(n_per_class, i) for i in range(K)])
    Y = np.eye(K)[labels]
#end
    return X, Y


def initialize_parameters(n_x, n_h, n_y):
    np.random.seed(2)
    W1 = np.random.randn(n_x, n_h) * 0.3
    #! saturated-initialisation [act=tanh] :: W1 = np.random.randn(n_x, n_h) * 80
    #! symmetric-initialisation :: W1 = np.zeros((n_x, n_h))
    b1 = np.zeros((1, n_h))
    W2 = np.random.randn(n_h, n_y) * 0.3
    #! symmetric-initialisation :: W2 = np.zeros((n_h, n_y))
    b2 = np.zeros((1, n_y))
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


#if act=relu
def activation(Z):
    return np.maximum(0, Z)


def activation_backward(dA, Z):
    return dA * (Z > 0)
    #! relu-mask-always-on|missing-hidden-derivative :: return dA * (np.maximum(0, Z) >= 0)
    #! wrong-derivative-formula :: return dA * Z * (Z > 0)
    #! upstream-lost :: return (Z > 0) * 1.0
    #! relu-on-gradient :: return dA * (dA > 0)
#end
#if act=tanh
def activation(Z):
    return np.tanh(Z)


def activation_backward(dA, Z):
    return dA * (1 - np.tanh(Z) ** 2)
    #! wrong-derivative-formula :: return dA * (1 - np.tanh(Z))
    #! output-form-given-preactivation :: return dA * (1 - np.power(Z, 2))
    #! derivative-of-gradient :: return dA * (1 - np.tanh(dA) ** 2)
    #! wrong-derivative-formula/plus :: return dA * (1 + np.tanh(Z) ** 2)
#end
#if act=leaky
def activation(Z):
    return np.where(Z > 0, Z, 0.1 * Z)


def activation_backward(dA, Z):
    return np.where(Z > 0, dA, 0.1 * dA)
    #! leaky-slope-sign :: return np.where(Z > 0, dA, -0.1 * dA)
    #! missing-hidden-derivative :: return np.where(Z > 0, dA, dA)
    #! wrong-derivative-formula :: return np.where(Z > 0, dA, 0)
#end


#if k=1
def output_activation(Z):
    return 1.0 / (1.0 + np.exp(-Z))
#else
def output_activation(Z):
    e = np.exp(Z - np.max(Z, axis=1, keepdims=True))
    #! softmax-overflow [act=relu,leaky] :: e = np.exp(Z)
    return e / np.sum(e, axis=1, keepdims=True)
    #! softmax-axis :: return e / np.sum(e, axis=0, keepdims=True)
    #! softmax-axis/all :: return e / np.sum(e)
#end


def forward_propagation(X, params):
    Z1 = np.dot(X, params["W1"]) + params["b1"]
    A1 = activation(Z1)
    Z2 = np.dot(A1, params["W2"]) + params["b2"]
    A2 = output_activation(Z2)
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    return A2, cache


def compute_cost(A2, Y):
    m = Y.shape[0]
#if k=1
    cost = -(1.0 / m) * np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
    #! loss-epsilon :: cost = -(1.0 / m) * np.sum(Y * np.log(A2 + 1e-8) + (1 - Y) * np.log(1 - A2 + 1e-8))
    #! mean-instead-of-sum/loss :: cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
#else
    cost = -(1.0 / m) * np.sum(np.log(np.sum(Y * A2, axis=1)))
    #! loss-epsilon :: cost = -(1.0 / m) * np.sum(np.log(np.sum(Y * A2, axis=1) + 1e-8))
    #! mean-instead-of-sum/loss :: cost = -np.sum(np.log(np.sum(Y * A2, axis=1)))
#end
    return float(np.squeeze(cost))


def backward_propagation(params, cache, X, Y):
    m = X.shape[0]
    #! stale-batch-size :: m = 100
    A1, A2, Z1 = cache["A1"], cache["A2"], cache["Z1"]

    dZ2 = A2 - Y
    #!? mean-instead-of-sum/loss ::
    #~ mean-in-delta :: dZ2 = (A2 - Y) / m
    #! sign-flip :: dZ2 = Y - A2
    #! extra-output-derivative :: dZ2 = (A2 - Y) * A2 * (1 - A2)
    #! output-count-factor [k=3] :: dZ2 = (A2 - Y) / Y.shape[1]
    dW2 = (1.0 / m) * np.dot(A1.T, dZ2)
    #!? mean-instead-of-sum/loss ::
    #~ mean-in-delta :: dW2 = np.dot(A1.T, dZ2)
    #! sum-instead-of-mean :: dW2 = np.dot(A1.T, dZ2)
    #! wrong-layer-activation|squashed-input :: dW2 = (1.0 / m) * np.dot(Z1.T, dZ2)
    db2 = (1.0 / m) * np.sum(dZ2, axis=0, keepdims=True)
    #!? mean-instead-of-sum/loss ::
    #~ mean-in-delta :: db2 = np.sum(dZ2, axis=0, keepdims=True)
    #! sum-instead-of-mean :: db2 = np.sum(dZ2, axis=0, keepdims=True)
    #! bias-sum-without-axis/out [k=3] :: db2 = (1.0 / m) * np.sum(dZ2)

    dA1 = np.dot(dZ2, params["W2"].T)
    #! summed-weights [k=3] :: dA1 = np.outer(dZ2.sum(axis=1), params["W2"].sum(axis=1))
    dZ1 = activation_backward(dA1, Z1)
    #! missing-hidden-derivative/call :: dZ1 = dA1
    #! derivative-at-activation [act=tanh] :: dZ1 = activation_backward(dA1, A1)
    dW1 = (1.0 / m) * np.dot(X.T, dZ1)
    #!? mean-instead-of-sum/loss ::
    #~ mean-in-delta :: dW1 = np.dot(X.T, dZ1)
    #! sum-instead-of-mean :: dW1 = np.dot(X.T, dZ1)
    #! gradient-stopped :: dW1 = np.zeros_like(params["W1"])
    #! local-constant|missing-factor-2 :: dW1 = (0.5 / m) * np.dot(X.T, dZ1)
    db1 = (1.0 / m) * np.sum(dZ1, axis=0, keepdims=True)
    #!? mean-instead-of-sum/loss ::
    #~ mean-in-delta :: db1 = np.sum(dZ1, axis=0, keepdims=True)
    #! sum-instead-of-mean :: db1 = np.sum(dZ1, axis=0, keepdims=True)
    #! bias-sum-without-axis :: db1 = (1.0 / m) * np.sum(dZ1)
    #! bias-mean-instead-of-sum :: db1 = (1.0 / m) * np.mean(dZ1, axis=0, keepdims=True)
    #! bias-not-summed|shape-mismatch :: db1 = (1.0 / m) * dZ1

    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(params, grads, learning_rate):
    params["W1"] = params["W1"] - learning_rate * grads["dW1"]
    params["b1"] = params["b1"] - learning_rate * grads["db1"]
    #! bias-gradient-missing :: params["b1"] = params["b1"]
    params["W2"] = params["W2"] - learning_rate * grads["dW2"]
    #! sign-flip/upd :: params["W2"] = params["W2"] + learning_rate * grads["dW2"]
    params["b2"] = params["b2"] - learning_rate * grads["db2"]
    return params


def model(X, Y, n_h=4, num_iterations=1201, learning_rate=0.3):
    #! learning-rate-too-large [act=relu,leaky] :: def model(X, Y, n_h=4, num_iterations=1201, learning_rate=300.0):
    params = initialize_parameters(X.shape[1], n_h, Y.shape[1])
    costs = []
    for i in range(num_iterations):
        A2, cache = forward_propagation(X, params)
        cost = compute_cost(A2, Y)
        grads = backward_propagation(params, cache, X, Y)
        params = update_parameters(params, grads, learning_rate)
        costs.append(cost)
        if i % 200 == 0:
            print("Cost after iteration %i: %f" % (i, cost))
    return params, costs


X, Y = make_data()
params, costs = model(X, Y)
plt.plot(costs)
plt.show()
