"""Factor and solve with SciPy's SuperLU, a round for each line of input. Usage: superlu.py FILE COLUMNS

FILE: int64 n, nnz; int64 rowptr[n+1]; int32 col[nnz]; complex128 val[nnz]. A round prints CPU seconds of factor with order,
of one solve and of a block, entries of L+U, the residual and the peak of memory. Settings for a symmetric pattern without pivoting, its fastest here."""
import json
import sys
import time

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as la

name, columns = sys.argv[1], int(sys.argv[2])
with open(name, "rb") as f:
    n, nnz = np.fromfile(f, np.int64, 2)
    rowptr = np.fromfile(f, np.int64, n + 1)
    col = np.fromfile(f, np.int32, nnz)
    val = np.fromfile(f, np.complex128, nnz)
a = sp.csr_matrix((val, col, rowptr), (n, n)).tocsc()  # symmetric: rows are columns
rng = np.random.default_rng(1)
b = np.asfortranarray(rng.standard_normal((n, columns)) + 1j * rng.standard_normal((n, columns)))
for _ in sys.stdin:
    t0 = time.process_time()
    lu = la.splu(a, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=dict(SymmetricMode=True))
    t1 = time.process_time()
    x = lu.solve(b[:, 0])
    t2 = time.process_time()
    lu.solve(b)
    t3 = time.process_time()
    r = np.linalg.norm(b[:, 0] - a @ x) / np.linalg.norm(b[:, 0])
    with open("/proc/self/status") as f:
        peak = next(1024 * int(v.split()[1]) for v in f if v.startswith("VmHWM:"))
    print(json.dumps(dict(factor=t1 - t0, one=t2 - t1, block=t3 - t2, nnz=lu.nnz, residual=r, peak=peak)), flush=True)
    del lu
