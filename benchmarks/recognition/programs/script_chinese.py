# parameters: (2, 4) (1, 4) (4, 1) (1, 1)
# loss: np.mean((输出 - 目标) ** 2)
import numpy as np

np.random.seed(9)
输入 = np.random.randn(10, 2)
目标 = (输入[:, :1] > 0).astype(float)
权重一, 偏置一 = np.random.randn(2, 4), np.zeros((1, 4))
权重二, 偏置二 = np.random.randn(4, 1), np.zeros((1, 1))
学习率 = 0.4
记录 = []
for 轮 in range(50):
    隐 = np.tanh(输入 @ 权重一 + 偏置一)
    输出 = 1 / (1 + np.exp(-(隐 @ 权重二 + 偏置二)))
    损失 = np.mean((输出 - 目标) ** 2)
    记录.append(损失)
    差 = 2 * (输出 - 目标) / len(输入) * 输出 * (1 - 输出)
    回 = 差 @ 权重二.T * (1 - 隐 ** 2)  # wrong: 回 = 差 @ 权重二.T * (1 - 隐)
    权重二 -= 学习率 * 隐.T @ 差
    偏置二 -= 学习率 * 差.sum(axis=0, keepdims=True)
    权重一 -= 学习率 * 输入.T @ 回
    偏置一 -= 学习率 * 回.sum(axis=0, keepdims=True)
