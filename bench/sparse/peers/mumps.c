/* mumps FILE COLUMNS: a round of MUMPS for each line of input. LDLᵀ (SYM=2), sequential, METIS nested dissection counted in
 * the analysis, automatic scaling, 2×2 pivots and threshold as it comes; the better of two factorizations
 * and of two solves. */
#include "peer.h"
#include <metis.h>
#include <zmumps_c.h>

static void order(const struct matrix *m, MUMPS_INT *perm) {
	idx_t n = m->n, q = 0, *start = must(malloc(sizeof(idx_t) * (n + 1))), *to = must(malloc(sizeof(idx_t) * m->nnz));
	idx_t *p = must(malloc(sizeof(idx_t) * n)), *inverse = must(malloc(sizeof(idx_t) * n));
	for (int64_t i = 0; i < m->n; i++) {
		start[i] = q;
		for (int64_t k = m->row[i]; k < m->row[i + 1]; k++)
			if (m->col[k] != i)
				to[q++] = m->col[k];
	}
	start[n] = q;
	METIS_NodeND(&n, start, to, NULL, NULL, p, inverse);
	for (int64_t i = 0; i < m->n; i++)
		perm[i] = inverse[i] + 1;
	free(start), free(to), free(p), free(inverse);
}

static void job(ZMUMPS_STRUC_C *s, int what) {
	s->job = what;
	zmumps_c(s);
	if (s->infog[0] < 0) {
		fprintf(stderr, "mumps: job %d: error %d %d\n", what, s->infog[0], s->infog[1]);
		exit(1);
	}
}

/* points solves for point sources spread over the grid, given as sparse columns; whole solutions come back. */
static double points(ZMUMPS_STRUC_C *s, const struct matrix *m, number *x, int columns) {
	MUMPS_INT *start = must(malloc(sizeof(MUMPS_INT) * (columns + 1))), *node = must(malloc(sizeof(MUMPS_INT) * columns));
	number *one = must(malloc(sizeof(number) * columns));
	int64_t nx = m->col[m->row[1] - 1] - 1, nz = m->n / nx; /* the last neighbour of node 0 is nx + 1 */
	for (int64_t i = 0; i < columns; i++) {
		start[i] = i + 1, one[i] = 1;
		node[i] = (16 + (i * 7919) % (nz - 32)) * nx + 16 + (i * 104729) % (nx - 32) + 1;
	}
	start[columns] = columns + 1;
	s->nrhs = columns, s->nz_rhs = columns, s->irhs_ptr = start, s->irhs_sparse = node, s->rhs_sparse = (void *)one;
	s->rhs = (void *)x, s->icntl[19] = 3;
	double best = INFINITY;
	for (int k = 0; k < 2; k++) {
		double t0 = cpu();
		job(s, 3);
		best = fmin(best, cpu() - t0);
	}
	s->icntl[19] = 0;
	free(start), free(node), free(one);
	return best;
}

int main(int argc, char **argv) {
	if (argc != 3)
		return 2;
	struct matrix m = read_matrix(argv[1]);
	int columns = atoi(argv[2]);
	MUMPS_INT *rows = must(malloc(4 * m.nnz)), *cols = must(malloc(4 * m.nnz)), *perm = must(malloc(4 * m.n));
	number *values = must(malloc(16 * m.nnz)), *b = must(malloc(16 * m.n * columns)), *x = must(malloc(16 * m.n * columns));
	int64_t nnz = 0;
	for (int64_t i = 0; i < m.n; i++)
		for (int64_t k = m.row[i]; k < m.row[i + 1]; k++)
			if (m.col[k] <= i)
				rows[nnz] = i + 1, cols[nnz] = m.col[k] + 1, values[nnz++] = m.value[k];
	fill(b, m.n * columns);
	ZMUMPS_STRUC_C s;
	memset(&s, 0, sizeof s);
	s.par = 1, s.sym = 2, s.comm_fortran = -987654;
	job(&s, -1);
	s.n = m.n, s.nnz = nnz, s.irn = rows, s.jcn = cols, s.a = (void *)values, s.perm_in = perm;
	s.icntl[0] = 6, s.icntl[1] = 0, s.icntl[2] = 0, s.icntl[3] = 1;
	s.icntl[5] = 0, s.icntl[6] = 1, s.icntl[7] = 77, s.icntl[11] = 1, s.icntl[13] = 30;
	for (int c; (c = getchar()) != EOF;) {
		if (c != '\n')
			continue;
		double t0 = cpu(), factor = INFINITY;
		order(&m, perm);
		job(&s, 1);
		double analysis = cpu() - t0;
		for (int k = 0; k < 2; k++) {
			t0 = cpu();
			job(&s, 2);
			factor = fmin(factor, cpu() - t0);
		}
		s.rhs = (void *)x, s.lrhs = m.n;
		double best[2] = {INFINITY, INFINITY}, r = 0;
		for (int k = 0; k < 4; k++) {
			s.nrhs = k % 2 ? columns : 1;
			memcpy(x, b, 16 * m.n * s.nrhs);
			t0 = cpu();
			job(&s, 3);
			best[k % 2] = fmin(best[k % 2], cpu() - t0);
			r = residual(&m, x, b);
		}
		tell(analysis, factor, best[0], best[1], points(&s, &m, x, columns), s.infog[28] > 0 ? s.infog[28] : -1e6 * s.infog[28], r);
	}
	return 0;
}
