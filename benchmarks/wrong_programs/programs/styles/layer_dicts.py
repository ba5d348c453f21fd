#= axes: act=relu|linear|tanh net=1-6-1|2-5-4-2
#= steps: 300
#= let net=1-6-1: units = [1, 6, 1]
#= let net=2-5-4-2: units = [2, 5, 4, 2]
#$ def probe(script):
#$     ns = script.run()
#$     layers, x, y = ns["layers"], ns["x"], ns["y"]
#$     params = {}
#$     for i, l in enumerate(layers):
#$         params[f"w{i}"], params[f"b{i}"] = (l, "w"), (l, "b")
#$     def step():
#$         ns["forward"](layers, x)
#$         ns["backprop"](layers, x, y, 0.01)
#$     return Probe(params=params, loss=lambda: ns["cost"](ns["forward"](layers, x), y), update=step, rate=0.01, inputs=((ns, "x"),))
import numpy as np

np.random.seed(0)


def make_layers(units):
    layers = []
    for i in range(1, len(units)):
        layers.append({'w': np.random.normal(0, 0.4, (units[i - 1], units[i])),
                       'b': np.full((1, units[i]), 0.1)})
    return layers


def act(v):
#if act=relu
    return np.maximum(v, 0)
#end
#if act=linear
    return v
#end
#if act=tanh
    return np.tanh(v)
#end


def d_act(layer):
#if act=relu
    return np.where(layer['in'] > 0, 1.0, 0.0)
    #! relu-mask-always-on|missing-hidden-derivative :: return np.where(layer['out'] >= 0, 1.0, 0.0)
    #! wrong-derivative-formula/neg :: return np.where(layer['in'] > 0, 0.0, 1.0)
#end
#if act=linear
    return np.ones_like(layer['in'])
    #! activation-instead-of-derivative|wrong-derivative-formula :: return layer['in']
#end
#if act=tanh
    return 1 - layer['out'] ** 2
    #! output-form-given-preactivation :: return 1 - layer['in'] ** 2
    #! derivative-at-activation :: return 1 - np.tanh(layer['out']) ** 2
    #! activation-instead-of-derivative :: return layer['out']
    #! wrong-derivative-formula|sign-flip-below/sign :: return layer['out'] ** 2 - 1
#end


def forward(layers, x):
    o = x
    for i, layer in enumerate(layers):
        layer['in'] = o @ layer['w'] + layer['b']
        o = layer['in'] if i == len(layers) - 1 else act(layer['in'])
        layer['out'] = o
    return o


def cost(o, y):
    return np.sum((o - y) ** 2)


def backprop(layers, x, y, lr):
    """Update every layer in place, from the last to the first."""
    dz = 2 * (layers[-1]['out'] - y)
    #~ ascent-on-the-negative :: dz = -2 * (layers[-1]['out'] - y)
    #! missing-factor-2 :: dz = layers[-1]['out'] - y
    #! mean-instead-of-sum|double-mean :: dz = 2 * (layers[-1]['out'] - y) / len(y)
    #! sign-flip :: dz = -2 * (layers[-1]['out'] - y)
    #! loss-gradient-mismatch :: dz = np.sign(layers[-1]['out'] - y)
    #! learning-rate-baked-in :: dz = 2 * lr * (layers[-1]['out'] - y)
    for i in reversed(range(len(layers))):
        layer = layers[i]
        a_prev = layers[i - 1]['out'] if i > 0 else x
        #! wrong-layer-activation|squashed-input :: a_prev = layers[i - 1]['in'] if i > 0 else x
        #! squashed-input :: a_prev = layers[i - 1]['out'] if i > 0 else np.tanh(x)
        gw = a_prev.T @ dz
        gb = dz.sum(axis=0, keepdims=True)
        #! bias-mean-instead-of-sum :: gb = dz.mean(axis=0, keepdims=True)
        #! bias-sum-without-axis :: gb = dz.sum()
        #! bias-from-weight-gradient :: gb = gw.sum(axis=0, keepdims=True)
        #! bias-gradient-is-bias :: gb = layer['b']
        #!+ updated-weights-used :: layer['w'] = layer['w'] - lr * gw
        if i > 0:
            dz_prev = dz @ layer['w'].T * d_act(layers[i - 1])
            #! missing-hidden-derivative [act=relu,tanh] :: dz_prev = dz @ layer['w'].T
            #! upstream-lost/w :: dz_prev = np.ones_like(dz) @ layer['w'].T * d_act(layers[i - 1])
            #! learning-rate-baked-in/below|local-constant :: dz_prev = lr * dz @ layer['w'].T * d_act(layers[i - 1])
            #! derivative-twice [act=tanh] :: dz_prev = dz @ layer['w'].T * d_act(layers[i - 1]) ** 2
            #! summed-weights :: dz_prev = dz @ np.tile(layer['w'].sum(axis=0), (layer['w'].shape[0], 1)).T * d_act(layers[i - 1])
        layer['w'] = layer['w'] - lr * gw
        #~ ascent-on-the-negative :: layer['w'] += lr * gw
        #! sign-flip/upd :: layer['w'] = layer['w'] + lr * gw
        #! updated-weights-used ::
        layer['b'] = layer['b'] - lr * gb
        #~ ascent-on-the-negative :: layer['b'] += lr * gb
        #! sign-flip/upd :: layer['b'] = layer['b'] + lr * gb
        #! bias-gradient-missing ::
        if i > 0:
            dz = dz_prev


x = np.linspace(-1, 1, 10).reshape(-1, 1)
#if net=2-5-4-2
x = np.hstack([x, np.cos(3 * x)])
#end
y = x ** 2 + 0.1 * np.random.randn(*x.shape)
layers = make_layers(<<units>>)

for it in range(300):
    o = forward(layers, x)
    if it % 30 == 0:
        print(it, cost(o, y))
    backprop(layers, x, y, 0.005)
