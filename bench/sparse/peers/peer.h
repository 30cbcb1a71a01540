/* What the drivers share: the matrix file, clocks, random right-hand sides, the residual, and the line that a round prints. */
#include <complex.h>
#undef I
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef double complex number;

struct matrix {
	int64_t n, nnz, *row;
	int32_t *col;
	number *value;
};

static void *must(void *p) {
	if (!p) {
		fprintf(stderr, "no memory\n");
		exit(1);
	}
	return p;
}

/* int64 n, nnz; int64 row[n+1]; int32 col[nnz]; complex128 value[nnz] */
static struct matrix read_matrix(const char *name) {
	struct matrix m;
	int64_t head[2];
	FILE *f = fopen(name, "rb");
	if (!f || fread(head, 8, 2, f) != 2) {
		perror(name);
		exit(1);
	}
	m.n = head[0], m.nnz = head[1];
	m.row = must(malloc(8 * (m.n + 1)));
	m.col = must(malloc(4 * m.nnz));
	m.value = must(malloc(16 * m.nnz));
	if (fread(m.row, 8, m.n + 1, f) != (size_t)m.n + 1 || fread(m.col, 4, m.nnz, f) != (size_t)m.nnz || fread(m.value, 16, m.nnz, f) != (size_t)m.nnz) {
		fprintf(stderr, "%s: short\n", name);
		exit(1);
	}
	fclose(f);
	return m;
}

static double cpu(void) {
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void fill(number *b, int64_t n) {
	uint64_t s = 1;
	for (int64_t i = 0; i < n; i++) {
		double v[2];
		for (int k = 0; k < 2; k++) {
			s = s * 6364136223846793005u + 1442695040888963407u;
			v[k] = (double)(s >> 11) / 9007199254740992.0 - 0.5;
		}
		b[i] = v[0] + v[1] * _Complex_I;
	}
}

static double residual(const struct matrix *m, const number *x, const number *b) {
	double r = 0, s = 0;
	for (int64_t i = 0; i < m->n; i++) {
		number t = b[i];
		s += creal(t) * creal(t) + cimag(t) * cimag(t);
		for (int64_t k = m->row[i]; k < m->row[i + 1]; k++)
			t -= m->value[k] * x[m->col[k]];
		r += creal(t) * creal(t) + cimag(t) * cimag(t);
	}
	return sqrt(r / s);
}

/* the largest resident memory so far; rusage would count that of the parent too */
static long peak(void) {
	char line[256];
	long kib = 0;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

static void tell(double analysis, double factor, double one, double block, double points, double nnz, double res) {
	printf("{\"analysis\":%.6f,\"factor\":%.6f,\"one\":%.6f,\"block\":%.6f,\"points\":%.6f,\"nnz\":%.0f,\"residual\":%.3g,\"peak\":%ld}\n", analysis, factor, one, block, points, nnz, res, peak() * 1024L);
	fflush(stdout);
}
