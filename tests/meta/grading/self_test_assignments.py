"""Assignments that declare their interfaces in unlike ways, for the self-test to write programs for."""

HEAD = """schema = "gradcheck/assignment@1"
title = "Own programs"
[hidden]
seed = 4
[limits]
time = 5.0
"""
RUBRIC = """
[[rubric]]
id = "loads"
points = 1
checks = "loads"
[[rubric]]
id = "forward"
points = 2
checks = "forward"
[[rubric]]
id = "loss"
points = 2
checks = "loss"
"""
GRADIENT = """
[[rubric]]
id = "gradient"
points = 4
checks = "gradient"
"""
REST = """
[[rubric]]
id = "update"
points = 2
checks = "update"
[[rubric]]
id = "robustness"
points = 2
checks = "robustness"
[[rubric]]
id = "purity"
points = 1
checks = "purity"
"""
TWO = """
[network]
sizes = [3, 4, 2]
activations = ["tanh", "linear"]
loss = "mse"
"""
# Every array an argument of its own, samples in columns, and values of the first layer handed from call to call.
APART = (
    HEAD
    + TWO
    + """
[interface]
style = "functions"
layout = "columns"
[interface.calls]
forward = "forward(X, W1, b1, W2, b2) -> A1, output"
loss = "loss(output, Y) -> loss"
gradient = "backward(X, Y, W2, A1, output) -> dW1, db1, dW2, db2"
update = "step(W1, b1, W2, b2, dW1, db1, dW2, db2, learning_rate) -> W1, b1, W2, b2"
"""
    + RUBRIC
    + GRADIENT
    + REST
)
# Parameters in lists, gradients in another order of keys, keyword arguments, three layers, a penalty.
LISTS = (
    HEAD
    + """
[network]
sizes = [3, 4, 4, 2]
activations = ["softplus", "leaky-relu", "softmax"]
loss = "cross-entropy"
regularisation = { l2 = 0.1, form = "half-mean" }
[interface]
style = "functions"
[interface.parameters]
W1 = "params[0]['W']"
b1 = "params[0]['b']"
W2 = "params[1]['W']"
b2 = "params[1]['b']"
W3 = "params[2]['W']"
b3 = "params[2]['b']"
[interface.gradients]
W1 = "gradients[0][0]"
b1 = "gradients[0][1]"
W2 = "gradients[1][0]"
b2 = "gradients[1][1]"
W3 = "gradients[2][0]"
b3 = "gradients[2][1]"
[interface.calls]
initialise = "start(sizes, seed=seed) -> params"
forward = "predict(params, X) -> output"
loss = "cost(params, X, Y, lam=l2) -> loss"
gradient = "slopes(params, X, labels=Y, lam=l2) -> gradients"
update = "descend(params, gradients, 0.5, rate=learning_rate)"
"""
    + RUBRIC
    + GRADIENT
    + REST
)
# Gradients that the object keeps, weights the other way round, flat biases, a loss of what the forward pass has kept.
KEEPING = (
    HEAD
    + """
[network]
sizes = [3, 4, 1]
activations = ["elu", "sigmoid"]
loss = "bce-sum"
[interface]
style = "class"
weights = "out-in"
biases = "flat"
construct = "Net([3, 4, 1], rate=learning_rate)"
parameters = { W1 = "self.layers[0].W", b1 = "self.layers[0].b", W2 = "self.layers[1].W", b2 = "self.layers[1].b" }
gradients = { W1 = "self.dW1", b1 = "self.db1", W2 = "self.dW2", b2 = "self.db2" }
values = { output = "self.answer" }
[interface.calls]
forward = "self.forward(X)"
loss = "self.cost(Y) -> loss"
gradient = "self.backward(Y)"
update = "self.step()"
"""
    + RUBRIC
    + GRADIENT
    + REST
)
# Globals of the module.
GLOBALS = (
    HEAD
    + TWO
    + """
[interface]
style = "functions"
layout = "either"
parameters = { W1 = "module.W1", b1 = "module.b1", W2 = "module.W2", b2 = "module.b2" }
[interface.calls]
forward = "forward(X) -> output"
loss = "loss(output, Y) -> loss"
update = "train_step(X, Y, learning_rate)"
train = "train(X, Y, learning_rate, epochs) -> losses"
"""
    + RUBRIC
    + GRADIENT
    + REST
)
SCRIPT = (
    HEAD
    + """
[network]
sizes = [2, 4, 1]
activations = ["tanh", "sigmoid"]
loss = "bce"
[interface]
style = "recognised"
"""
    + RUBRIC
    + GRADIENT
)
UNLIKE = {"apart": APART, "lists": LISTS, "keeping": KEEPING, "globals": GLOBALS, "recognised": SCRIPT}
