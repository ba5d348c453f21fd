#= axes: n=6|4 form=minus|plus rec=record|print
#= steps: 2500
#= let n=6: hid = 6
#= let n=4: hid = 4
#= let form=minus: op = -=
#= let form=plus: op = +=
#= let form=minus: e = l2 - y
#= let form=plus: e = y - l2
#= let form=minus: wrongop = +=
#= let form=plus: wrongop = -=
#$ def probe(script):
#$     return script.flat("syn0 syn1", loss="mse", rate=0.8)
import numpy as np

def nonlin(x,deriv=False):
    if(deriv==True):
        return x*(1-x)
        #! activation-instead-of-derivative :: return x
        #! wrong-derivative-formula :: return x*(1+x)
        #! derivative-at-activation :: return nonlin(x)*(1-nonlin(x))
    return 1/(1+np.exp(-x))

X = np.array([[0,0,1],
              [0,1,1],
              [1,0,1],
              [1,1,1],
              [2,1,1],
              [0.5,-1,1]])   # last column: bias
y = np.array([[0,1],[1,1],[1,0],[0,0],[1,0],[0,1]])

np.random.seed(1)
syn0 = 2*np.random.random((3,<<hid>>)) - 1
syn1 = 2*np.random.random((<<hid>>+1,2)) - 1
#! saturated-initialisation :: syn1 = 400*np.random.random((<<hid>>+1,2)) + 300

#if rec=record
curve = []
#end
for j in range(2500):

    l0 = X
    z1 = np.dot(l0,syn0)
    l1 = np.hstack([nonlin(z1), np.ones((len(X),1))])
    l2 = nonlin(np.dot(l1,syn1))
    mse = 0.5*np.mean(np.sum((y-l2)**2, axis=1))
#if rec=record
    curve.append(mse)
#end

    l2_error = <<e>>
    l2_delta = l2_error*nonlin(l2,deriv=True)/len(X)
    #! missing-output-derivative [rec=record] :: l2_delta = l2_error/len(X)
    #! sum-instead-of-mean [rec=record] :: l2_delta = l2_error*nonlin(l2,deriv=True)
    #! extra-factor-2 [rec=record] :: l2_delta = 2*l2_error*nonlin(l2,deriv=True)/len(X)
    #! output-count-factor [rec=record] :: l2_delta = l2_error*nonlin(l2,deriv=True)/l2.size
    #! sign-flip :: l2_delta = -l2_error*nonlin(l2,deriv=True)/len(X)
    #! derivative-twice|loss-gradient-mismatch :: l2_delta = l2_error*nonlin(l2,deriv=True)**2/len(X)
    #!+ updated-weights-used :: syn1 <<op>> 0.8*l1.T.dot(l2_delta)

    l1_error = l2_delta.dot(syn1.T)
    #! raw-error-backpropagated :: l1_error = (l2_error/len(X)).dot(syn1.T)
    l1_delta = (l1_error*nonlin(l1,deriv=True))[:,:-1]
    #! missing-hidden-derivative :: l1_delta = l1_error[:,:-1]
    #! bias-in-backprop :: l1_delta = (l1_error*nonlin(np.roll(l1,1,axis=1),deriv=True))[:,1:]
    #! bias-in-backprop/err :: l1_delta = l1_error[:,1:]*nonlin(l1[:,:-1],deriv=True)
    #! output-form-given-preactivation :: l1_delta = l1_error[:,:-1]*nonlin(z1,deriv=True)
    #! derivative-of-gradient :: l1_delta = (l1_error*nonlin(l1_error,deriv=True))[:,:-1]
    #! upstream-lost :: l1_delta = nonlin(l1,deriv=True)[:,:-1]

    syn1 <<op>> 0.8*l1.T.dot(l2_delta)
    #! updated-weights-used ::
    #! sign-flip/one|local-constant :: syn1 <<wrongop>> 0.8*l1.T.dot(l2_delta)
    #! squashed-input|wrong-layer-activation :: syn1 <<op>> 0.8*nonlin(l1).T.dot(l2_delta)
    syn0 <<op>> 0.8*l0.T.dot(l1_delta)
    #! local-constant :: syn0 <<op>> 0.08*l0.T.dot(l1_delta)
    #! squashed-input/x :: syn0 <<op>> 0.8*nonlin(l0).T.dot(l1_delta)
    #! sign-flip-below|sign-flip|local-constant :: syn0 <<wrongop>> 0.8*l0.T.dot(l1_delta)

    if (j% 500) == 0:
        print("Error:" + str(mse))

print(l2)
