"""A classifier for two point clouds: 2-4-1, ReLU hidden layer, sigmoid output, binary cross-entropy.

Typed in from a tutorial (document 000 of this project's references). Parameters and gradients are dictionaries.
"""

import json

import numpy as np

np.random.seed(42)


def generate_data(n_samples=100, noise=0.1):
    """生成两个不同的数据点群。"""
    # 类别 0:围绕 (1, 1) 分布
    X0 = np.random.randn(n_samples // 2, 2) * noise + np.array([1, 1])
    Y0 = np.zeros((n_samples // 2, 1))
    # 类别 1:围绕 (-1, -1) 分布
    X1 = np.random.randn(n_samples // 2, 2) * noise + np.array([-1, -1])
    Y1 = np.ones((n_samples // 2, 1))
    X = np.vstack((X0, X1))
    Y = np.vstack((Y0, Y1))
    # 打乱数据
    permutation = np.random.permutation(n_samples)
    X = X[permutation]
    Y = Y[permutation]
    return X, Y


# 生成数据
X_train, Y_train = generate_data(n_samples=200, noise=0.2)

# 可视化数据
trace0 = {
    "type": "scatter", "mode": "markers",
    "x": X_train[Y_train.flatten() == 0, 0].tolist(),
    "y": X_train[Y_train.flatten() == 0, 1].tolist(),
    "name": "类别 0", "marker": {"color": "#fa5252", "size": 8},
}
trace1 = {
    "type": "scatter", "mode": "markers",
    "x": X_train[Y_train.flatten() == 1, 0].tolist(),
    "y": X_train[Y_train.flatten() == 1, 1].tolist(),
    "name": "类别 1", "marker": {"color": "#4c6ef5", "size": 8},
}
layout = {
    "title": {"text": "合成分类数据"},
    "xaxis": {"title": "特征 1"}, "yaxis": {"title": "特征 2"},
    "width": 600, "height": 400, "showlegend": True,
    "plot_bgcolor": "#e9ecef",
}

n_input = X_train.shape[1]  # 特征数量 = 2
n_hidden = 4
n_output = 1


def initialize_parameters(n_in, n_hid, n_out):
    """初始化权重和偏置。"""
    W1 = np.random.randn(n_in, n_hid) * 0.01
    b1 = np.zeros((1, n_hid))
    W2 = np.random.randn(n_hid, n_out) * 0.01
    b2 = np.zeros((1, n_out))
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    return parameters


parameters = initialize_parameters(n_input, n_hidden, n_output)
print("初始 W1 形状:", parameters["W1"].shape)
print("初始 b1 形状:", parameters["b1"].shape)
print("初始 W2 形状:", parameters["W2"].shape)
print("初始 b2 形状:", parameters["b2"].shape)


def sigmoid(Z):
    """Sigmoid 激活函数。"""
    A = 1 / (1 + np.exp(-Z))
    return A


def relu(Z):
    """ReLU 激活函数。"""
    A = np.maximum(0, Z)
    return A


def forward_propagation(X, parameters):
    """执行前向传播。"""
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]
    # 第 1 层(隐藏层)
    Z1 = np.dot(X, W1) + b1
    A1 = relu(Z1)
    # 第 2 层(输出层)
    Z2 = np.dot(A1, W2) + b2
    A2 = sigmoid(Z2)
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    return A2, cache


def compute_loss(A2, Y):
    """计算二元交叉熵损失。"""
    m = Y.shape[0]  # 样本数量
    # 添加一个小的 epsilon 以防止 log(0)
    epsilon = 1e-8
    loss = -(1 / m) * np.sum(Y * np.log(A2 + epsilon) + (1 - Y) * np.log(1 - A2 + epsilon))
    loss = np.squeeze(loss)  # 确保损失是一个标量
    return loss


def backward_propagation(parameters, cache, X, Y):
    """执行反向传播以计算梯度。"""
    m = X.shape[0]
    W1 = parameters["W1"]
    W2 = parameters["W2"]
    A1 = cache["A1"]
    A2 = cache["A2"]
    Z1 = cache["Z1"]
    # 输出层梯度
    dZ2 = A2 - Y  # BCE 损失对 Z2 的导数
    dW2 = (1 / m) * np.dot(A1.T, dZ2)
    db2 = (1 / m) * np.sum(dZ2, axis=0, keepdims=True)
    # 隐藏层梯度
    dA1 = np.dot(dZ2, W2.T)
    # ReLU 的梯度:如果 Z1 > 0 则为 1,否则为 0
    dZ1 = dA1 * (Z1 > 0)
    dW1 = (1 / m) * np.dot(X.T, dZ1)
    db1 = (1 / m) * np.sum(dZ1, axis=0, keepdims=True)
    gradients = {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
    return gradients


def update_parameters(parameters, gradients, learning_rate):
    """使用梯度下降更新参数。"""
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]
    dW1 = gradients["dW1"]
    db1 = gradients["db1"]
    dW2 = gradients["dW2"]
    db2 = gradients["db2"]
    # 更新规则
    W1 = W1 - learning_rate * dW1
    b1 = b1 - learning_rate * db1
    W2 = W2 - learning_rate * dW2
    b2 = b2 - learning_rate * db2
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    return parameters


def train_network(X, Y, n_hidden, num_epochs=10000, learning_rate=0.1, print_loss=True):
    """构建和训练神经网络。"""
    n_input = X.shape[1]
    n_output = Y.shape[1]
    m = X.shape[0]
    losses = []
    # 1. 初始化参数
    parameters = initialize_parameters(n_input, n_hidden, n_output)
    # 2. 训练循环(梯度下降)
    for i in range(num_epochs):
        # 3. 前向传播
        A2, cache = forward_propagation(X, parameters)
        # 4. 计算损失
        loss = compute_loss(A2, Y)
        losses.append(loss)
        # 5. 反向传播
        gradients = backward_propagation(parameters, cache, X, Y)
        # 6. 更新参数
        parameters = update_parameters(parameters, gradients, learning_rate)
        # 每 1000 个训练周期打印一次损失
        if print_loss and i % 1000 == 0:
            print(f"训练周期 {i} 后的损失: {loss:.4f}")
    if print_loss:
        print(f"训练周期 {num_epochs} 后的最终损失: {loss:.4f}")
    return parameters, losses


# --- 训练模型 ---
trained_parameters, training_losses = train_network(
    X_train, Y_train, n_hidden, num_epochs=20000, learning_rate=0.5
)

# 绘制损失曲线
epochs = list(range(len(training_losses)))
loss_trace = {
    "type": "scatter", "mode": "lines",
    "x": epochs, "y": training_losses,
    "name": "训练损失", "line": {"color": "#7048e8"},
}
loss_layout = {
    "title": {"text": "训练损失随训练周期的变化"},
    "xaxis": {"title": "训练周期"}, "yaxis": {"title": "二元交叉熵损失"},
    "width": 600, "height": 400, "showlegend": False,
    "yaxis_range": [0, max(training_losses) * 1.1],
}


def predict(parameters, X):
    """使用训练好的参数进行预测。"""
    A2, _ = forward_propagation(X, parameters)
    predictions = (A2 > 0.5).astype(int)  # 阈值为 0.5
    return predictions


# 在训练集上进行预测
predictions = predict(trained_parameters, X_train)
# 计算准确度
accuracy = np.mean(predictions == Y_train) * 100
print(f"训练准确度: {accuracy:.2f}%")


def plot_decision_boundary(pred_func, X, Y, parameters):
    """绘制模型学习到的决策边界。"""
    # 设置最小值和最大值并添加一些边距
    x_min, x_max = X[:, 0].min() - 0.5, X[:, 0].max() + 0.5
    y_min, y_max = X[:, 1].min() - 0.5, X[:, 1].max() + 0.5
    h = 0.01  # 网格步长
    # 生成点网格,点之间距离为 h
    xx, yy = np.meshgrid(np.arange(x_min, x_max, h), np.arange(y_min, y_max, h))
    # 预测整个网格的函数值
    Z = pred_func(parameters, np.c_[xx.ravel(), yy.ravel()])
    Z = Z.reshape(xx.shape)
    # 绘制等高线
    contour_trace = {
        "type": "contour",
        "x": xx[0, :].tolist(), "y": yy[:, 0].tolist(), "z": Z.tolist(),
        "colorscale": [[0, "#ffc9c9"], [1, "#a5d8ff"]],
        "opacity": 0.4, "showscale": False, "name": "决策边界",
    }
    # 绘制原始数据点
    trace0 = {
        "type": "scatter", "mode": "markers",
        "x": X[Y.flatten() == 0, 0].tolist(), "y": X[Y.flatten() == 0, 1].tolist(),
        "name": "类别 0", "marker": {"color": "#fa5252", "size": 8},
    }
    trace1 = {
        "type": "scatter", "mode": "markers",
        "x": X[Y.flatten() == 1, 0].tolist(), "y": X[Y.flatten() == 1, 1].tolist(),
        "name": "类别 1", "marker": {"color": "#4c6ef5", "size": 8},
    }
    layout = {
        "title": {"text": "决策边界"},
        "xaxis": {"title": "特征 1"}, "yaxis": {"title": "特征 2"},
        "width": 600, "height": 450, "showlegend": True,
        "plot_bgcolor": "#e9ecef",
    }
    fig_data = [contour_trace, trace0, trace1]
    return {"layout": layout, "data": fig_data}


# 生成绘图 JSON
boundary_plot_json = plot_decision_boundary(predict, X_train, Y_train, trained_parameters)

# (可选)如果 Plotly 库可用,则显示图形,或仅显示 JSON
# import plotly.graph_objects as go
# fig = go.Figure(data=boundary_plot_json['data'], layout=boundary_plot_json['layout'])
# fig.show()
print(len(json.dumps(boundary_plot_json)))
