#$ def probe(script): return script.flat("w b", loss="loss", rate="lr")
import numpy as np
# house prices: size in square metres -> price
size = np.array([50., 60., 75., 80., 95., 110., 130.])
price = np.array([150., 180., 210., 235., 270., 330., 380.])
w = np.array(0.1)
b = np.array(0.0)
lr = 0.0001
#! learning-rate-too-large :: lr = 0.01
for i in range(150):
    y_hat = w * size + b
    loss = np.mean((y_hat - price) ** 2)
    dw = 2 * np.mean((y_hat - price) * size)
    db = 2 * np.mean(y_hat - price)
    w = w - lr * dw
    b = b - lr * db
    print(i, loss)
