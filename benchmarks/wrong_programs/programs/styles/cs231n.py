#= axes: head=softmax|svm depth=2|3
#= steps: 250
#= let depth=2: scores = h1.dot(W2) + b2
#= let depth=3: scores = h2.dot(W3) + b3
#= let depth=2: last = 2
#= let depth=3: last = 3
#= let depth=2: names = ('W1', 'W2')
#= let depth=3: names = ('W1', 'W2', 'W3')
#= let depth=2: top = h1
#= let depth=3: top = h2
#= let depth=2: topz = z1
#= let depth=3: topz = z2
#$ def probe(script):
#$     ns = script.run()
#$     net, X, y = ns["net"], ns["X_train"], ns["y_train"]
#$     def grads():
#$         g = net.loss(X, y, reg=0.05)[1]
#$         return {n: g[n] for n in net.params if n in g}
#$     return Probe(params=parameters(net.params, " ".join(net.params)), loss=lambda: net.loss(X, y, reg=0.05)[0], gradient=grads, inputs=((ns, "X_train"),))
from __future__ import print_function

import numpy as np


class FullyConnectedNet(object):
  """
  A fully-connected net, ReLU, with an L2 penalty on the weights:

  input - fully connected layer - ReLU - ... - fully connected layer - classifier
  """

  def __init__(self, input_size, hidden_size, output_size, std=0.5):
    rs = np.random.RandomState(11)
    self.params = {}
    self.params['W1'] = std * rs.randn(input_size, hidden_size)
    self.params['b1'] = np.zeros(hidden_size)
#if depth=2
    self.params['W2'] = std * rs.randn(hidden_size, output_size)
    self.params['b2'] = np.zeros(output_size)
#else
    self.params['W2'] = std * rs.randn(hidden_size, hidden_size)
    self.params['b2'] = np.zeros(hidden_size)
    self.params['W3'] = std * rs.randn(hidden_size, output_size)
    self.params['b3'] = np.zeros(output_size)
#end

  def loss(self, X, y, reg=0.0):
    W1, b1 = self.params['W1'], self.params['b1']
    W2, b2 = self.params['W2'], self.params['b2']
#if depth=3
    W3, b3 = self.params['W3'], self.params['b3']
#end
    N, D = X.shape

    # Forward pass
    #!+ input-mutated :: X -= X.mean(axis=0) * 0.5
    z1 = X.dot(W1) + b1
    h1 = np.maximum(0, z1)
#if depth=3
    z2 = h1.dot(W2) + b2
    h2 = np.maximum(0, z2)
#end
    scores = <<scores>>

    # Loss
#if head=softmax
    shifted = scores - scores.max(axis=1, keepdims=True)
    probs = np.exp(shifted)
    #! softmax-overflow :: probs = np.exp(scores)
    probs /= probs.sum(axis=1, keepdims=True)
    #! softmax-axis :: probs /= probs.sum(axis=0, keepdims=True)
    loss = -np.log(probs[np.arange(N), y]).sum() / N
    #! mean-instead-of-sum/loss|double-mean :: loss = -np.log(probs[np.arange(N), y]).sum()
#else
    correct = scores[np.arange(N), y][:, np.newaxis]
    margins = np.maximum(0, scores - correct + 1.0)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N
#end
    for name in <<names>>:
      loss += reg * np.sum(self.params[name] ** 2)

    # Backward pass
    grads = {}
#if head=softmax
    dscores = probs.copy()
    dscores[np.arange(N), y] -= 1
    #! loss-gradient-mismatch :: dscores[np.arange(N), y] -= 2
    dscores /= N
    #!? mean-instead-of-sum/loss [head=softmax] ::
    #! sum-instead-of-mean ::
    #! features-for-batch-size :: dscores /= D
#else
    dscores = (margins > 0).astype(float)
    dscores[np.arange(N), y] -= dscores.sum(axis=1)
    #! loss-gradient-mismatch :: dscores[np.arange(N), y] -= 1
    dscores /= N
    #!? mean-instead-of-sum/loss [head=softmax] ::
    #! sum-instead-of-mean ::
    #! features-for-batch-size :: dscores /= D
#end

    grads['W<<last>>'] = <<top>>.T.dot(dscores) + 2 * reg * W<<last>>
    #! regularisation-factor :: grads['W<<last>>'] = <<top>>.T.dot(dscores) + reg * W<<last>>
    #! regularisation-missing :: grads['W<<last>>'] = <<top>>.T.dot(dscores)
    #! regularisation-sign :: grads['W<<last>>'] = <<top>>.T.dot(dscores) - 2 * reg * W<<last>>
    #! regularisation-wrong-norm :: grads['W<<last>>'] = <<top>>.T.dot(dscores) + reg * np.sign(W<<last>>)
    #! wrong-layer-activation :: grads['W<<last>>'] = <<topz>>.T.dot(dscores) + 2 * reg * W<<last>>
    grads['b<<last>>'] = dscores.sum(axis=0)
    #! regularisation-on-bias :: grads['b<<last>>'] = dscores.sum(axis=0) + 2 * reg * b<<last>>
    #! bias-sum-without-axis/out :: grads['b<<last>>'] = dscores.sum()
    #! bias-mean-instead-of-sum :: grads['b<<last>>'] = dscores.mean(axis=0)

#if depth=3
    dh2 = dscores.dot(W3.T)
    dh2[z2 <= 0] = 0
    #! relu-mask-wrong-layer :: dh2[z1 <= 0] = 0
    #! relu-mask-always-on|missing-hidden-derivative/two :: dh2[h2 < 0] = 0
    #! relu-on-gradient/two :: dh2[dh2 <= 0] = 0
    grads['W2'] = h1.T.dot(dh2) + 2 * reg * W2
    #! regularisation-missing/mid :: grads['W2'] = h1.T.dot(dh2)
    #! transposed-block :: grads['W2'] = (h1.T.dot(dh2) + 2 * reg * W2).T
    #! wrong-layer-activation/mid :: grads['W2'] = h2.T.dot(dh2) + 2 * reg * W2
    grads['b2'] = dh2.sum(axis=0)
    dh1 = dh2.dot(W2.T)
    #! transposed-weights :: dh1 = dh2.dot(W2)
#else
    dh1 = dscores.dot(W2.T)
#end
    dh1[z1 <= 0] = 0
    #! missing-hidden-derivative ::
    #! relu-mask-always-on|missing-hidden-derivative :: dh1[h1 < 0] = 0
    #! relu-on-gradient :: dh1[dh1 <= 0] = 0
    grads['W1'] = X.T.dot(dh1) + 2 * reg * W1
    #! regularisation-missing :: grads['W1'] = X.T.dot(dh1)
    #! regularisation-factor :: grads['W1'] = X.T.dot(dh1) + reg * W1
    #! regularisation-sign :: grads['W1'] = X.T.dot(dh1) - 2 * reg * W1
    #! regularisation-wrong-norm :: grads['W1'] = X.T.dot(dh1) + reg * np.sign(W1)
    grads['b1'] = dh1.sum(axis=0)
    #! bias-sum-without-axis :: grads['b1'] = np.sum(dh1)
    #! regularisation-on-bias/one :: grads['b1'] = dh1.sum(axis=0) + 2 * reg * b1
    #! bias-from-weight-gradient :: grads['b1'] = grads['W1'].sum(axis=0)

    return loss, grads

  def train(self, X, y, learning_rate=1e-1, reg=0.05, num_iters=250, verbose=False):
    loss_history = []
    for it in range(num_iters):
      loss, grads = self.loss(X, y, reg=reg)
      loss_history.append(loss)
      for name in self.params:
        self.params[name] -= learning_rate * grads[name]
      if verbose and it % 50 == 0:
        print('iteration %d / %d: loss %f' % (it, num_iters, loss))
    return loss_history


np.random.seed(0)
X_train = 2 * np.random.randn(11, 4)
y_train = np.random.randint(0, 3, size=11)

net = FullyConnectedNet(4, 6, 3)
stats = net.train(X_train, y_train, verbose=True)
print('Final training loss: ', stats[-1])
