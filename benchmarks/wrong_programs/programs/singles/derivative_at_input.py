#$ def probe(script): return script.flat("w1 w2 c1 c2", loss="err", rate=0.7)
import numpy as np

def s(x): return 1/(1+np.exp(-x))
def ds(x): return s(x)*(1-s(x))

np.random.seed(3)
X = np.array([[0,0,1],[0,1,1],[1,0,1],[1,1,1],[.3,.6,1]])
Y = np.array([[0],[1],[1],[0],[1]])
w1 = np.random.randn(3,3)
c1 = np.random.randn(3)
w2 = np.random.randn(3,1)
c2 = np.random.randn(1)

for n in range(1000):
    z1 = X.dot(w1) + c1
    a1 = s(z1)
    z2 = a1.dot(w2) + c2
    a2 = s(z2)
    err = .5*np.sum((a2-Y)**2)
    d2 = (a2-Y)*ds(z2)
    d1 = d2.dot(w2.T)*ds(z1)
    #! derivative-of-wrong-argument :: d1 = d2.dot(w2.T)*ds(X)
    w2 -= .7*a1.T.dot(d2)
    c2 -= .7*d2.sum(0)
    w1 -= .7*X.T.dot(d1)
    c1 -= .7*d1.sum(0)
    if n%200==0: print(err)
