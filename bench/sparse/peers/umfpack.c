/* umfpack FILE COLUMNS: a round of UMFPACK for each line of input. LU, METIS order, symmetric strategy, no refinement. It
 * solves one right-hand side at a time; the better of two factorizations. */
#include "peer.h"
#include <suitesparse/umfpack.h>

static void check(int status, const char *what) {
	if (status) {
		fprintf(stderr, "umfpack: %s: status %d\n", what, status);
		exit(1);
	}
}

int main(int argc, char **argv) {
	if (argc != 3)
		return 2;
	struct matrix m = read_matrix(argv[1]);
	int columns = atoi(argv[2]);
	SuiteSparse_long *ptr = must(malloc(8 * (m.n + 1))), *index = must(malloc(8 * m.nnz));
	number *b = must(malloc(16 * m.n * columns)), *x = must(malloc(16 * m.n));
	for (int64_t i = 0; i <= m.n; i++)
		ptr[i] = m.row[i];
	for (int64_t k = 0; k < m.nnz; k++)
		index[k] = m.col[k];
	fill(b, m.n * columns);
	double control[UMFPACK_CONTROL], info[UMFPACK_INFO];
	umfpack_zl_defaults(control);
	control[UMFPACK_ORDERING] = UMFPACK_ORDERING_METIS;
	control[UMFPACK_STRATEGY] = UMFPACK_STRATEGY_SYMMETRIC;
	control[UMFPACK_IRSTEP] = 0;
	for (int c; (c = getchar()) != EOF;) {
		if (c != '\n')
			continue;
		void *symbolic, *numeric = NULL;
		double t0 = cpu(), factor = INFINITY;
		check(umfpack_zl_symbolic(m.n, m.n, ptr, index, (double *)m.value, NULL, &symbolic, control, info), "symbolic");
		double analysis = cpu() - t0;
		for (int k = 0; k < 2; k++) {
			if (numeric)
				umfpack_zl_free_numeric(&numeric);
			t0 = cpu();
			check(umfpack_zl_numeric(ptr, index, (double *)m.value, NULL, symbolic, &numeric, control, info), "numeric");
			factor = fmin(factor, cpu() - t0);
		}
		double nnz = info[UMFPACK_LNZ] + info[UMFPACK_UNZ], one = 0, r = 0;
		double start = cpu();
		for (int k = 0; k < columns; k++) { /* A = Aᵀ: the array transpose is the rows that we have */
			t0 = cpu();
			check(umfpack_zl_solve(UMFPACK_Aat, ptr, index, (double *)m.value, NULL, (double *)x, NULL, (double *)(b + k * m.n), NULL, numeric, control, info), "solve");
			if (k == 0) {
				double t = cpu();
				one = t - t0, r = residual(&m, x, b);
				start += cpu() - t;
			}
		}
		tell(analysis, factor, one, cpu() - start, 0, nnz, r);
		umfpack_zl_free_symbolic(&symbolic);
		umfpack_zl_free_numeric(&numeric);
	}
	return 0;
}
