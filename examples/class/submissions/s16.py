#!/usr/bin/env python3
import numpy as np

def initialize_parameters(n_in, n_hid, n_out):
    return {
        'W1': np.random.rand(n_in, n_hid) - 0.5,
        'b1': np.zeros((1, n_hid)),
        'W2': np.random.rand(n_hid, n_out) - 0.5,
        'b2': np.zeros((1, n_out)),
    }

def sigmoid(Z):
    return 1/(1+np.exp(-np.clip(Z,-500,500)))

def relu(Z):
    return np.maximum(0,Z)

def forward_propagation(X, parameters):
    Z1 = np.dot(X, parameters['W1']) + parameters['b1']
    A1 = relu(Z1)
    Z2 = np.dot(A1, parameters['W2']) + parameters['b2']
    A2 = sigmoid(Z2)
    cache = {'Z1':Z1,'A1':A1,'Z2':Z2,'A2':A2}
    return A2, cache

def compute_loss(A2, Y):
    m = Y.shape[0]
    return -(1/m) * np.sum(Y*np.log(A2+1e-8) + (1-Y)*np.log(1-A2+1e-8))

def backward_propagation(parameters, cache, X, Y):
    m = X.shape[0]
    # output layer
    dZ2 = cache['A2'] - Y
    dW2 = (1/m) * np.dot(cache['A1'].T, dZ2)
    db2 = (1/m) * np.sum(dZ2, axis=0, keepdims=True)
    # hidden layer
    dZ1 = np.dot(dZ2, parameters['W2'].T)
    dW1 = (1/m) * np.dot(X.T, dZ1)
    db1 = (1/m) * np.sum(dZ1, axis=0, keepdims=True)
    return {'dW1':dW1,'db1':db1,'dW2':dW2,'db2':db2}

def update_parameters(parameters, gradients, learning_rate):
    return {k: v - learning_rate*gradients['d'+k] for k,v in parameters.items()}
