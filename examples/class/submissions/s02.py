import numpy as np

initialize_parameters = lambda n_in, n_hid, n_out: dict(
    W1=np.random.standard_normal((n_in, n_hid)) / n_in**0.5, b1=np.zeros((1, n_hid)),
    W2=np.random.standard_normal((n_hid, n_out)) / n_hid**0.5, b2=np.zeros((1, n_out)))
sigmoid = lambda Z: np.where(Z >= 0, 1 / (1 + np.exp(-np.abs(Z))), np.exp(-np.abs(Z)) / (1 + np.exp(-np.abs(Z))))
relu = lambda Z: Z * (Z > 0)


def forward_propagation(X, parameters):
    p = parameters
    h = relu(pre := np.einsum("ij,jk->ik", X, p["W1"]) + p["b1"])
    return (out := sigmoid(np.einsum("ij,jk->ik", h, p["W2"]) + p["b2"])), dict(h=h, pre=pre, out=out)


def compute_loss(A2, Y, tiny=1e-12):
    A2 = np.clip(A2, tiny, 1 - tiny)
    return -(Y * np.log(A2) + (1 - Y) * np.log1p(-A2)).mean()


def backward_propagation(parameters, cache, X, Y):
    g = (cache["out"] - Y) / len(X)
    gh = np.einsum("ik,jk->ij", g, parameters["W2"]) * (cache["pre"] > 0)
    return dict(dW2=np.einsum("ij,ik->jk", cache["h"], g), db2=np.einsum("ik->k", g)[None],
                dW1=np.einsum("ij,ik->jk", X, gh), db1=np.einsum("ik->k", gh)[None])


def update_parameters(parameters, gradients, learning_rate):
    return {k: parameters[k] - learning_rate * gradients[f"d{k}"] for k in parameters}
