#include "textflag.h"

// A complex multiply-add is two real ones: with s = a with its halves swapped, VFMADDSUB makes
//   even lanes  ar·br − x, then ai·bi − that: x stays −(sum of real parts)
//   odd lanes   ai·br + x, then ar·bi + that: x stays the sum of imaginary parts
// so that flipping the sign of the odd lanes at the end gives minus the product.

DATA odd<>+0(SB)/8, $0
DATA odd<>+8(SB)/8, $0x8000000000000000
DATA odd<>+16(SB)/8, $0
DATA odd<>+24(SB)/8, $0x8000000000000000
GLOBL odd<>(SB), RODATA|NOPTR, $32

DATA even<>+0(SB)/8, $0x8000000000000000
DATA even<>+8(SB)/8, $0
DATA even<>+16(SB)/8, $0x8000000000000000
DATA even<>+24(SB)/8, $0
GLOBL even<>(SB), RODATA|NOPTR, $32

#define CLEAR \
	VXORPD Y0, Y0, Y0 \
	VXORPD Y1, Y1, Y1 \
	VXORPD Y2, Y2, Y2 \
	VXORPD Y3, Y3, Y3 \
	VXORPD Y4, Y4, Y4 \
	VXORPD Y5, Y5, Y5 \
	VXORPD Y6, Y6, Y6 \
	VXORPD Y7, Y7, Y7

// Four numbers at p are the rows of the tile.
#define ROWS(p) \
	VMOVUPD (p), Y8 \
	VMOVUPD 32(p), Y9 \
	VPERMILPD $5, Y8, Y10 \
	VPERMILPD $5, Y9, Y11

// The number at off(q) is the factor of one column.
#define COLUMN(q, off, lo, hi, re, im) \
	VBROADCASTSD off(q), re \
	VBROADCASTSD off+8(q), im \
	VFMADDSUB231PD re, Y8, lo \
	VFMADDSUB231PD re, Y9, hi \
	VFMADDSUB231PD im, Y10, lo \
	VFMADDSUB231PD im, Y11, hi

#define STEP(q, off, by) \
	COLUMN(q, off, Y0, Y1, Y12, Y13) \
	COLUMN(q, off+by, Y2, Y3, Y14, Y15) \
	COLUMN(q, off+2*by, Y4, Y5, Y12, Y13) \
	COLUMN(q, off+3*by, Y6, Y7, Y14, Y15)

#define NEGATE \
	VMOVUPD odd<>(SB), Y12 \
	VXORPD Y12, Y0, Y0 \
	VXORPD Y12, Y1, Y1 \
	VXORPD Y12, Y2, Y2 \
	VXORPD Y12, Y3, Y3 \
	VXORPD Y12, Y4, Y4 \
	VXORPD Y12, Y5, Y5 \
	VXORPD Y12, Y6, Y6 \
	VXORPD Y12, Y7, Y7

#define ADD(p, lo, hi) \
	VADDPD (p), lo, lo \
	VADDPD 32(p), hi, hi

#define STORE(p, lo, hi) \
	VMOVUPD lo, (p) \
	VMOVUPD hi, 32(p)

// func tilesAVX2(k, nt int, a, b, c *complex128, set bool)
TEXT ·tilesAVX2(SB), NOSPLIT, $0-41
	MOVQ k+0(FP), R8
	MOVQ nt+8(FP), R9
	MOVQ a+16(FP), R10
	MOVQ b+24(FP), DI
	MOVQ c+32(FP), DX
	MOVB set+40(FP), R11

tile:
	MOVQ R10, SI
	MOVQ R8, CX
	CLEAR

loop:
	ROWS(SI)
	STEP(DI, 0, 16)
	ADDQ $64, SI
	ADDQ $64, DI
	DECQ CX
	JNZ  loop
	NEGATE
	TESTB R11, R11
	JNZ  write
	VADDPD (DX), Y0, Y0
	VADDPD 32(DX), Y1, Y1
	VADDPD 64(DX), Y2, Y2
	VADDPD 96(DX), Y3, Y3
	VADDPD 128(DX), Y4, Y4
	VADDPD 160(DX), Y5, Y5
	VADDPD 192(DX), Y6, Y6
	VADDPD 224(DX), Y7, Y7

write:
	VMOVUPD Y0, (DX)
	VMOVUPD Y1, 32(DX)
	VMOVUPD Y2, 64(DX)
	VMOVUPD Y3, 96(DX)
	VMOVUPD Y4, 128(DX)
	VMOVUPD Y5, 160(DX)
	VMOVUPD Y6, 192(DX)
	VMOVUPD Y7, 224(DX)
	ADDQ $256, DX
	DECQ R9
	JNZ  tile
	VZEROUPPER
	RET

// func forwardAVX2(k, nr int, a, y *complex128, ld int, o *[4]*complex128)
TEXT ·forwardAVX2(SB), NOSPLIT, $0-48
	MOVQ k+0(FP), R8
	MOVQ nr+8(FP), R9
	MOVQ a+16(FP), R10
	MOVQ y+24(FP), R11
	MOVQ ld+32(FP), AX
	MOVQ o+40(FP), BX
	MOVQ (BX), R12
	MOVQ 8(BX), R13
	MOVQ 16(BX), DX
	MOVQ 24(BX), BX

ftile:
	MOVQ R11, SI
	MOVQ R10, DI
	MOVQ R8, CX
	CLEAR

floop:
	ROWS(SI)
	STEP(DI, 0, 16)
	ADDQ AX, SI
	ADDQ $64, DI
	DECQ CX
	JNZ  floop
	NEGATE
	ADD(R12, Y0, Y1)
	STORE(R12, Y0, Y1)
	ADD(R13, Y2, Y3)
	STORE(R13, Y2, Y3)
	ADD(DX, Y4, Y5)
	STORE(DX, Y4, Y5)
	ADD(BX, Y6, Y7)
	STORE(BX, Y6, Y7)
	ADDQ $64, R11
	ADDQ $64, R12
	ADDQ $64, R13
	ADDQ $64, DX
	ADDQ $64, BX
	DECQ R9
	JNZ  ftile
	VZEROUPPER
	RET

// func backwardAVX2(ns, nr int, a *complex128, stride, more int, x *complex128, ld int, o *[4]*complex128)
TEXT ·backwardAVX2(SB), NOSPLIT, $0-64
	MOVQ nr+8(FP), R9
	MOVQ x+40(FP), R11
	MOVQ ld+48(FP), AX
	MOVQ o+56(FP), BX
	MOVQ (BX), R12
	MOVQ 8(BX), R13
	MOVQ 16(BX), DX
	MOVQ 24(BX), BX

btile:
	MOVQ R11, SI
	MOVQ a+16(FP), DI
	MOVQ stride+24(FP), R8
	MOVQ more+32(FP), R10
	MOVQ ns+0(FP), CX
	CLEAR

bloop:
	PREFETCHT0 -256(DI) // for the four columns before these, which come next
	PREFETCHT0 -192(DI)
	PREFETCHT0 -128(DI)
	PREFETCHT0 -64(DI)
	ROWS(SI)
	STEP(DI, 0, 64)
	ADDQ AX, SI
	ROWS(SI)
	STEP(DI, 16, 64)
	ADDQ AX, SI
	ROWS(SI)
	STEP(DI, 32, 64)
	ADDQ AX, SI
	ROWS(SI)
	STEP(DI, 48, 64)
	ADDQ AX, SI
	ADDQ R8, DI
	ADDQ R10, R8
	DECQ CX
	JNZ  bloop
	NEGATE
	ADD(R12, Y0, Y1)
	STORE(R12, Y0, Y1)
	ADD(R13, Y2, Y3)
	STORE(R13, Y2, Y3)
	ADD(DX, Y4, Y5)
	STORE(DX, Y4, Y5)
	ADD(BX, Y6, Y7)
	STORE(BX, Y6, Y7)
	ADDQ $64, R11
	ADDQ $64, R12
	ADDQ $64, R13
	ADDQ $64, DX
	ADDQ $64, BX
	DECQ R9
	JNZ  btile
	VZEROUPPER
	RET

// x -= f·y for two vectors: y in ya, yb; i·y in ia, ib; f at off(p).
#define TAKE(p, off, ya, yb, ia, ib, xa, xb) \
	VBROADCASTSD off(p), Y12 \
	VBROADCASTSD off+8(p), Y13 \
	VFNMADD231PD Y12, ya, xa \
	VFNMADD231PD Y12, yb, xb \
	VFNMADD231PD Y13, ia, xa \
	VFNMADD231PD Y13, ib, xb

// i·y = −im, re.
#define TURN(ya, yb, ia, ib) \
	VPERMILPD $5, ya, ia \
	VPERMILPD $5, yb, ib \
	VXORPD Y15, ia, ia \
	VXORPD Y15, ib, ib

// A finished column goes to x, and times its inverse pivot to c.
#define DONE(off, doff, ya, yb, ia, ib) \
	VMOVUPD ya, off(DX) \
	VMOVUPD yb, off+32(DX) \
	VBROADCASTSD doff(BX), Y12 \
	VBROADCASTSD doff+8(BX), Y13 \
	VMULPD Y12, ya, Y14 \
	VFMADD231PD Y13, ia, Y14 \
	VMOVUPD Y14, off(SI) \
	VMULPD Y12, yb, Y14 \
	VFMADD231PD Y13, ib, Y14 \
	VMOVUPD Y14, off+32(SI)

// func trsmAVX2(c, x, l, d *complex128)
TEXT ·trsmAVX2(SB), NOSPLIT, $0-32
	MOVQ c+0(FP), SI
	MOVQ x+8(FP), DX
	MOVQ l+16(FP), DI
	MOVQ d+24(FP), BX
	VMOVUPD even<>(SB), Y15
	VMOVUPD (SI), Y0
	VMOVUPD 32(SI), Y1
	VMOVUPD 64(SI), Y2
	VMOVUPD 96(SI), Y3
	VMOVUPD 128(SI), Y4
	VMOVUPD 160(SI), Y5
	VMOVUPD 192(SI), Y6
	VMOVUPD 224(SI), Y7
	TURN(Y0, Y1, Y8, Y9)
	DONE(0, 0, Y0, Y1, Y8, Y9)
	TAKE(DI, 16, Y0, Y1, Y8, Y9, Y2, Y3)
	TAKE(DI, 32, Y0, Y1, Y8, Y9, Y4, Y5)
	TAKE(DI, 48, Y0, Y1, Y8, Y9, Y6, Y7)
	TURN(Y2, Y3, Y8, Y9)
	DONE(64, 16, Y2, Y3, Y8, Y9)
	TAKE(DI, 96, Y2, Y3, Y8, Y9, Y4, Y5)
	TAKE(DI, 112, Y2, Y3, Y8, Y9, Y6, Y7)
	TURN(Y4, Y5, Y8, Y9)
	DONE(128, 32, Y4, Y5, Y8, Y9)
	TAKE(DI, 176, Y4, Y5, Y8, Y9, Y6, Y7)
	TURN(Y6, Y7, Y8, Y9)
	DONE(192, 48, Y6, Y7, Y8, Y9)
	VZEROUPPER
	RET

// func rowAVX2(nr int, f complex128, y, o *complex128)
TEXT ·rowAVX2(SB), NOSPLIT, $0-40
	MOVQ nr+0(FP), CX
	MOVQ y+24(FP), SI
	MOVQ o+32(FP), DX
	VBROADCASTSD f_real+8(FP), Y12
	VBROADCASTSD f_imag+16(FP), Y13
	VMOVUPD even<>(SB), Y15

rloop:
	VMOVUPD (SI), Y0
	VMOVUPD 32(SI), Y1
	VMOVUPD (DX), Y2
	VMOVUPD 32(DX), Y3
	TURN(Y0, Y1, Y8, Y9)
	VFNMADD231PD Y12, Y0, Y2
	VFNMADD231PD Y12, Y1, Y3
	VFNMADD231PD Y13, Y8, Y2
	VFNMADD231PD Y13, Y9, Y3
	VMOVUPD Y2, (DX)
	VMOVUPD Y3, 32(DX)
	ADDQ $64, SI
	ADDQ $64, DX
	DECQ CX
	JNZ  rloop
	VZEROUPPER
	RET

// func scaleAVX2(nr int, f complex128, o *complex128)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-32
	MOVQ nr+0(FP), CX
	MOVQ o+24(FP), DX
	VBROADCASTSD f_real+8(FP), Y12
	VBROADCASTSD f_imag+16(FP), Y13
	VMOVUPD even<>(SB), Y15

sloop:
	VMOVUPD (DX), Y0
	VMOVUPD 32(DX), Y1
	TURN(Y0, Y1, Y8, Y9)
	VMULPD Y12, Y0, Y2
	VMULPD Y12, Y1, Y3
	VFMADD231PD Y13, Y8, Y2
	VFMADD231PD Y13, Y9, Y3
	VMOVUPD Y2, (DX)
	VMOVUPD Y3, 32(DX)
	ADDQ $64, DX
	DECQ CX
	JNZ  sloop
	VZEROUPPER
	RET

// func addAVX2(n int, dst, src *complex128)
TEXT ·addAVX2(SB), NOSPLIT, $0-24
	MOVQ n+0(FP), CX
	MOVQ dst+8(FP), DI
	MOVQ src+16(FP), SI
	SUBQ $4, CX
	JLT  arest

afour:
	VMOVUPD (SI), X0
	VMOVUPD 64(SI), X1
	VMOVUPD 128(SI), X2
	VMOVUPD 192(SI), X3
	VADDPD (DI), X0, X0
	VADDPD 64(DI), X1, X1
	VADDPD 128(DI), X2, X2
	VADDPD 192(DI), X3, X3
	VMOVUPD X0, (DI)
	VMOVUPD X1, 64(DI)
	VMOVUPD X2, 128(DI)
	VMOVUPD X3, 192(DI)
	ADDQ $256, SI
	ADDQ $256, DI
	SUBQ $4, CX
	JGE  afour

arest:
	ADDQ $4, CX
	JZ   adone

aone:
	VMOVUPD (SI), X0
	VADDPD (DI), X0, X0
	VMOVUPD X0, (DI)
	ADDQ $64, SI
	ADDQ $64, DI
	DECQ CX
	JNZ  aone

adone:
	RET

// func maxAbsAVX2(n int, a *complex128) float64
TEXT ·maxAbsAVX2(SB), NOSPLIT, $0-24
	MOVQ n+0(FP), CX
	MOVQ a+8(FP), SI
	VPCMPEQD Y15, Y15, Y15
	VPSRLQ $1, Y15, Y15
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1

mloop:
	VANDPD (SI), Y15, Y2
	VANDPD 32(SI), Y15, Y3
	VMAXPD Y0, Y2, Y0
	VMAXPD Y1, Y3, Y1
	ADDQ $64, SI
	DECQ CX
	JNZ  mloop
	VMAXPD Y0, Y1, Y0
	VEXTRACTF128 $1, Y0, X1
	VMAXPD X0, X1, X0
	VPERMILPD $1, X0, X1
	VMAXSD X0, X1, X0
	VMOVSD X0, ret+16(FP)
	VZEROUPPER
	RET
