# parameters: (4, 6) (1, 6) (6, 3) (1, 3)
# loss: np.mean((预测 - 标签) ** 2)
import numpy as np


def 初始化(输入数, 隐藏数, 输出数):
    随机 = np.random.default_rng(5)
    return {"甲": 随机.standard_normal((输入数, 隐藏数)), "乙": np.zeros((1, 隐藏数)),
            "丙": 随机.standard_normal((隐藏数, 输出数)), "丁": np.zeros((1, 输出数))}


def 前向(数据, 参数):
    中 = np.tanh(数据 @ 参数["甲"] + 参数["乙"])
    return 中 @ 参数["丙"] + 参数["丁"], 中


def 损失(预测, 标签):
    return np.mean((预测 - 标签) ** 2)


def 反向(数据, 标签, 预测, 中, 参数):
    二 = 2 * (预测 - 标签) / 预测.size
    一 = 二 @ 参数["丙"].T * (1 - 中 ** 2)  # wrong: 一 = 二 @ 参数["丙"].T
    return {"甲": 数据.T @ 一, "乙": 一.sum(0, keepdims=True), "丙": 中.T @ 二, "丁": 二.sum(0, keepdims=True)}
