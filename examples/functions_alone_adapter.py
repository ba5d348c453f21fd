"""Adapter: tells gradcheck how to drive functions_alone.py.

Use it: gradcheck check functions_alone.py --adapter THIS_FILE
"""

import numpy as np

from gradcheck import Problem


def build(module, *, batch=5, features=4, hidden=6, outputs=3, seed=0):
    """`module` is functions_alone.py, already executed."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((batch, features))
    Y = np.eye(outputs)[rng.integers(0, outputs, batch)]
    params = module.start(inputs=features, middle=hidden, outputs=outputs)

    def loss(params):
        part_0, part_1 = module.run(w=params, x=X)
        return module.distance(result=part_1, wanted=Y)

    def gradient(params):
        part_0, part_1 = module.run(w=params, x=X)
        result = module.slopes(w=params, x=X, wanted=Y)
        return type(params)(result)

    return Problem(loss, gradient, params)
