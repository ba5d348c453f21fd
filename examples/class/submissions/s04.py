# 二分类器 作业四
import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    # He 初始化
    权重一 = np.random.randn(n_in, n_hid) * np.sqrt(2.0 / n_in)
    权重二 = np.random.randn(n_hid, n_out) * np.sqrt(2.0 / n_hid)
    return {"W1": 权重一, "b1": np.zeros((1, n_hid)), "W2": 权重二, "b2": np.zeros((1, n_out))}


def sigmoid(Z):
    return 0.5 * (1.0 + np.tanh(0.5 * Z))  # 不会溢出


def relu(Z):
    return np.where(Z > 0, Z, 0.0)


def forward_propagation(X, parameters):
    隐层输入 = X @ parameters["W1"] + parameters["b1"]
    隐层输出 = relu(隐层输入)
    预测 = sigmoid(隐层输出 @ parameters["W2"] + parameters["b2"])
    return 预测, (隐层输入, 隐层输出, 预测)


def compute_loss(A2, Y):
    极小值 = 1e-9
    损失 = Y * np.log(A2 + 极小值) + (1 - Y) * np.log(1 - A2 + 极小值)
    return -np.mean(损失)


def backward_propagation(parameters, cache, X, Y):
    隐层输入, 隐层输出, 预测 = cache
    样本数 = X.shape[0]
    # 输出层误差
    输出误差 = (预测 - Y) / 样本数
    权重二梯度 = 隐层输出.T @ 输出误差
    偏置二梯度 = 输出误差.sum(axis=0, keepdims=True)
    # 隐藏层误差:乘以 ReLU 的导数
    隐层误差 = (输出误差 @ parameters["W2"].T) * (隐层输入 > 0)
    权重一梯度 = X.T @ 隐层误差
    偏置一梯度 = 隐层误差.sum(axis=0, keepdims=True)
    return {"dW1": 权重一梯度, "db1": 偏置一梯度, "dW2": 权重二梯度, "db2": 偏置二梯度}


def update_parameters(parameters, gradients, learning_rate):
    新参数 = dict(parameters)
    for 名 in 新参数:
        新参数[名] = 新参数[名] - learning_rate * gradients["d" + 名]
    return 新参数


if __name__ == "__main__":
    X = np.random.randn(100, 4)
    Y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
    参数 = initialize_parameters(4, 8, 1)
    for 轮 in range(500):
        A2, 缓存 = forward_propagation(X, 参数)
        参数 = update_parameters(参数, backward_propagation(参数, 缓存, X, Y), 0.5)
        if 轮 % 100 == 0:
            print("第", 轮, "轮 损失", compute_loss(A2, Y))
