"""The crosswell problem the old way: stencil of Jo, Shin and Suh, SuperLU, real cross-line wavenumbers. One of 80 is timed.

Prints the seconds of 80: assembly, factor, solves for the given number of sources."""
import sys
import time

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as sla

NX, NZ, PML, F, TERMS = 264, 164, 32, 400.0, 80
sources = int(sys.argv[1])
x, z = np.meshgrid(np.arange(NX) + 0.5, np.arange(NZ) + 0.5)
c = np.pad(2500 + 2 * z, PML, "edge")
k = 2 * np.pi * F / 2200


def stretch(n):
    d = np.maximum(np.maximum(PML - np.arange(n) - 0.5, np.arange(n) + 0.5 - n + PML), 0)
    return 1 - 3j * c.max() * np.log(1e-6) / (2 * PML) / (2 * np.pi * F) * (d / PML) ** 2


def system(ky):
    nz, nx = c.shape
    X, Z = stretch(nx)[None, :] * np.ones((nz, 1)), stretch(nz)[:, None] * np.ones((1, nx))
    k2, a = (2 * np.pi * F / c) ** 2 - ky**2, 0.5461
    index = np.arange((nz + 1) * (nx + 1)).reshape(nz + 1, nx + 1)
    node = [index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]]
    gx, gz, hg, mass = (-1, 1, -1, 1), (-1, -1, 1, 1), (1, -1, -1, 1), (0.6248 / 4, 0.09381 / 2, 1.297e-6)
    i, j, v = [], [], []
    for p in range(4):
        for q in range(4):
            stiff = -(Z / X * (gx[p] * gx[q] + a * hg[p] * hg[q]) + X / Z * (gz[p] * gz[q] + a * hg[p] * hg[q])) / 4
            i.append(node[p].ravel()), j.append(node[q].ravel())
            v.append((stiff + X * Z * k2 * mass[bin(p ^ q).count("1")]).ravel())
    a = sp.csc_matrix((np.concatenate(v), (np.concatenate(i), np.concatenate(j))))
    inner = index[1:-1, 1:-1].ravel()
    return a[inner][:, inner].tocsc()


t = time.perf_counter()
a = system(k * 0.5)
f = sla.splu(a)
b = np.zeros((a.shape[0], sources), complex)
b[np.arange(sources) * 7 + 1000, np.arange(sources)] = -1
f.solve(b)
print(TERMS * (time.perf_counter() - t))
