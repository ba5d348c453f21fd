#= axes: g=relu|tanh depth=2|3
#= steps: 600
#= let g=relu: f = np.maximum(0, Z)
#= let g=tanh: f = np.tanh(Z)
#= let depth=2: dims = [n_x, 5, n_y]
#= let depth=3: dims = [n_x, 6, 4, n_y]
#$ def probe(script):
#$     ns = script.run()
#$     P, X, Y = ns["parameters"], ns["X"], ns["Y"]
#$     def step():
#$         AL, caches = ns["L_model_forward"](X, P)
#$         g = ns["L_model_backward"](AL, Y, caches, P)
#$         q = ns["update_parameters"]({n: np.array(v) for n, v in P.items()}, g, 0.01)
#$         return {n: (P[n] - q[n]) / 0.01 for n in P}
#$     return Probe(params=parameters(P, " ".join(P)), loss=lambda: ns["compute_cost"](ns["L_model_forward"](X, P)[0], Y), gradient=step, inputs=((ns, "X"),))
# L-layer network, one example per column
import numpy as np
import h5py
import matplotlib.pyplot as plt

np.random.seed(1)


def sigmoid(Z):
    return 1/(1+np.exp(-Z))


def initialize_parameters_deep(layer_dims):
    parameters = {}
    L = len(layer_dims)
    for l in range(1, L):
        parameters['W' + str(l)] = np.random.randn(layer_dims[l], layer_dims[l-1]) / np.sqrt(layer_dims[l-1])
        #! symmetric-initialisation [g=tanh] :: parameters['W' + str(l)] = np.zeros((layer_dims[l], layer_dims[l-1]))
        parameters['b' + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters


def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A_prev = A
        Z = np.dot(parameters['W' + str(l)], A_prev) + parameters['b' + str(l)]
        A = <<f>>
        caches.append((A_prev, Z, A))
    ZL = np.dot(parameters['W' + str(L)], A) + parameters['b' + str(L)]
    AL = sigmoid(ZL)
    caches.append((A, ZL, AL))
    return AL, caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    cost = -1/m * np.sum(np.multiply(Y, np.log(AL)) + np.multiply(1-Y, np.log(1-AL)))
    #! loss-epsilon :: cost = -1/m * np.sum(np.multiply(Y, np.log(AL + 1e-10)) + np.multiply(1-Y, np.log(1-AL + 1e-10)))
    return cost


def linear_backward(dZ, A_prev, W):
    m = A_prev.shape[1]
    #! features-for-batch-size :: m = A_prev.shape[0]
    dW = 1/m * np.dot(dZ, A_prev.T)
    #! sum-instead-of-mean :: dW = np.dot(dZ, A_prev.T)
    #! extra-factor-2 :: dW = 2/m * np.dot(dZ, A_prev.T)
    #! regularisation-missing|regularisation-factor|local-constant/wd :: dW = 1/m * np.dot(dZ, A_prev.T) + 0.1 * W
    db = 1/m * np.sum(dZ, axis=1, keepdims=True)
    #! sum-instead-of-mean :: db = np.sum(dZ, axis=1, keepdims=True)
    #! extra-factor-2 :: db = 2/m * np.sum(dZ, axis=1, keepdims=True)
    #! bias-sum-without-axis :: db = 1/m * np.sum(dZ)
    #! bias-mean-instead-of-sum :: db = 1/m * np.mean(dZ, axis=1, keepdims=True)
    #! bias-not-summed|shape-mismatch :: db = 1/m * dZ
    dA_prev = np.dot(W.T, dZ)
    #! double-mean|mean-instead-of-sum|local-constant :: dA_prev = 1/m * np.dot(W.T, dZ)
    return dA_prev, dW, db


#if g=relu
def activation_backward(dA, Z, A):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    #! relu-mask-always-on|missing-hidden-derivative :: dZ[A < 0] = 0
    #! relu-on-gradient :: dZ[dZ <= 0] = 0
    #! missing-hidden-derivative ::
    #! wrong-derivative-formula|leaky-slope-sign/neg :: dZ[Z <= 0] *= -1
    return dZ
#else
def activation_backward(dA, Z, A):
    return np.multiply(dA, 1 - np.power(A, 2))
    #! derivative-at-activation :: return np.multiply(dA, 1 - np.power(np.tanh(A), 2))
    #! output-form-given-preactivation :: return np.multiply(dA, 1 - np.power(Z, 2))
    #! wrong-derivative-formula :: return np.multiply(dA, 1 - A)
    #! derivative-of-gradient :: return np.multiply(dA, 1 - np.power(dA, 2))
    #! upstream-lost :: return 1 - np.power(A, 2)
#end


def L_model_backward(AL, Y, caches, parameters):
    grads = {}
    L = len(caches)

    A_prev, Z, A = caches[L-1]
    dAL = -(np.divide(Y, AL) - np.divide(1-Y, 1-AL))
    #! sign-flip :: dAL = np.divide(Y, AL) - np.divide(1-Y, 1-AL)
    #! loss-gradient-mismatch :: dAL = AL - Y
    dZ = dAL * AL * (1 - AL)
    #! missing-output-derivative :: dZ = dAL
    #! derivative-twice|loss-gradient-mismatch|extra-output-derivative/o :: dZ = dAL * (AL * (1 - AL)) ** 2
    dA, grads['dW' + str(L)], grads['db' + str(L)] = linear_backward(dZ, A_prev, parameters['W' + str(L)])
    #! raw-error-backpropagated :: dA, grads['dW' + str(L)], grads['db' + str(L)] = linear_backward(dZ, A_prev, parameters['W' + str(L)])
    #!. dA = np.dot(parameters['W' + str(L)].T, dAL)
    for l in reversed(range(L-1)):
        A_prev, Z, A = caches[l]
        dZ = activation_backward(dA, Z, A)
        dA, grads['dW' + str(l+1)], grads['db' + str(l+1)] = linear_backward(dZ, A_prev, parameters['W' + str(l+1)])
        #! wrong-layer-activation [depth=2] :: dA, grads['dW' + str(l+1)], grads['db' + str(l+1)] = linear_backward(dZ, sigmoid(A_prev), parameters['W' + str(l+1)])
    return grads


def update_parameters(parameters, grads, learning_rate):
    L = len(parameters) // 2
    for l in range(L):
        parameters["W" + str(l+1)] = parameters["W" + str(l+1)] - learning_rate * grads["dW" + str(l+1)]
        #! sign-flip/u :: parameters["W" + str(l+1)] = parameters["W" + str(l+1)] + learning_rate * grads["dW" + str(l+1)]
        parameters["b" + str(l+1)] = parameters["b" + str(l+1)] - learning_rate * grads["db" + str(l+1)]
        #! sign-flip/u :: parameters["b" + str(l+1)] = parameters["b" + str(l+1)] + learning_rate * grads["db" + str(l+1)]
    return parameters


def L_layer_model(X, Y, layers_dims, learning_rate=0.3, num_iterations=600, print_cost=False):
    #! learning-rate-too-large [g=relu] :: def L_layer_model(X, Y, layers_dims, learning_rate=900, num_iterations=600, print_cost=False):
    costs = []
    parameters = initialize_parameters_deep(layers_dims)
    for i in range(0, num_iterations):
        AL, caches = L_model_forward(X, parameters)
        cost = compute_cost(AL, Y)
        grads = L_model_backward(AL, Y, caches, parameters)
        parameters = update_parameters(parameters, grads, learning_rate)
        if print_cost and i % 100 == 0:
            print("Cost after iteration %i: %f" % (i, cost))
        costs.append(cost)
    return parameters, costs


n_x, n_y, m_train = 3, 2, 16
X = np.random.randn(n_x, m_train)
Y = np.vstack([X[0] * X[1] > 0, X[2] > X[0]]).astype(float)
parameters, costs = L_layer_model(X, Y, <<dims>>, print_cost=True)
plt.plot(costs)
plt.show()
