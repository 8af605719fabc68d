// SPDX-License-Identifier: Apache-2.0

// Measures gnark-crypto's BN254 on one thread, as bench/micro/zk.cpp measures ours, and prints one
// "name nanoseconds" a line.
package main

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"runtime"
	"sort"
	"syscall"
	"time"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark-crypto/ecc/bn254"
	"github.com/consensys/gnark-crypto/ecc/bn254/fp"
	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark-crypto/ecc/bn254/fr/fft"
)

// processorTime is that of the process, as sums of points run on other threads than the caller's,
// one at a time.
func processorTime() time.Duration {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// median runs f in batches of about 20 ms and gives the median processor time of one run.
func median(f func()) float64 {
	start := time.Now()
	f()
	runs := 1 + int(20*time.Millisecond/(1+time.Since(start)))
	count := 15
	if time.Since(start) > 200*time.Millisecond {
		count = 3
	}
	times := make([]float64, count)
	for i := range times {
		before := processorTime()
		for j := 0; j < runs; j++ {
			f()
		}
		times[i] = float64((processorTime() - before).Nanoseconds()) / float64(runs)
	}
	sort.Float64s(times)
	return times[len(times)/2]
}

func report(name string, f func()) { fmt.Printf("%s %.1f\n", name, median(f)) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func scalar() *big.Int {
	k, err := rand.Int(rand.Reader, fr.Modulus())
	must(err)
	return k
}

func main() {
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	_, _, g1, g2 := bn254.Generators()
	var p, c, l bn254.G1Affine
	var q bn254.G2Affine
	p.ScalarMultiplication(&g1, scalar())
	c.ScalarMultiplication(&g1, scalar())
	l.ScalarMultiplication(&g1, scalar())
	q.ScalarMultiplication(&g2, scalar())

	var a, b fp.Element
	a.SetRandom()
	b.SetRandom()
	report("fp_multiplication_x100", func() {
		for i := 0; i < 100; i++ {
			b.Mul(&b, &a)
		}
	})

	f, err := bn254.MillerLoop([]bn254.G1Affine{p}, []bn254.G2Affine{q})
	must(err)
	report("miller_loop", func() {
		_, err := bn254.MillerLoop([]bn254.G1Affine{p}, []bn254.G2Affine{q})
		must(err)
	})
	report("final_exponentiation", func() { bn254.FinalExponentiation(&f) })
	report("pairing", func() {
		_, err := bn254.Pair([]bn254.G1Affine{p}, []bn254.G2Affine{q})
		must(err)
	})
	report("subgroup_check", func() { q.IsInSubGroup() })
	k := scalar()
	report("g1_multiplication", func() { new(bn254.G1Affine).ScalarMultiplication(&p, k) })
	report("g2_multiplication", func() { new(bn254.G2Affine).ScalarMultiplication(&q, k) })

	report("verification", verification(p, c, l, q))

	for _, log := range []int{16, 20} {
		scalars := randomScalars(1 << log)
		points := multiples(p, c, len(scalars))
		report(fmt.Sprintf("g1_msm/%d", log), func() {
			_, err := new(bn254.G1Jac).MultiExp(points, scalars, ecc.MultiExpConfig{NbTasks: 1})
			must(err)
		})
		domain := fft.NewDomain(uint64(len(scalars)))
		report(fmt.Sprintf("ntt/%d", log), func() {
			domain.FFTInverse(scalars, fft.DIF, fft.WithNbTasks(1))
		})
	}
	scalars := randomScalars(1 << 16)
	twistPoints := twistMultiples(q, len(scalars))
	report("g2_msm/16", func() {
		_, err := new(bn254.G2Jac).MultiExp(twistPoints, scalars, ecc.MultiExpConfig{NbTasks: 1})
		must(err)
	})
}

func randomScalars(count int) []fr.Element {
	scalars := make([]fr.Element, count)
	for i := range scalars {
		scalars[i].SetRandom()
	}
	return scalars
}

// multiples gives c + p, c + 2p, ….
func multiples(p, c bn254.G1Affine, count int) []bn254.G1Affine {
	sums := make([]bn254.G1Jac, count)
	var sum bn254.G1Jac
	sum.FromAffine(&c)
	for i := range sums {
		sum.AddMixed(&p)
		sums[i] = sum
	}
	return bn254.BatchJacobianToAffineG1(sums)
}

// twistMultiples gives 2q, 3q, ….
func twistMultiples(q bn254.G2Affine, count int) []bn254.G2Affine {
	points := make([]bn254.G2Affine, count)
	var sum bn254.G2Jac
	sum.FromAffine(&q)
	for i := range points {
		sum.AddMixed(&q)
		points[i].FromJacobian(&sum)
	}
	return points
}

// verification does what Groth16 asks for with two public signals: the subgroup check, the input
// sum, one variable and two fixed Miller loops, and the final exponentiation.
func verification(p, c, l bn254.G1Affine, q bn254.G2Affine) func() {
	gamma := bn254.PrecomputeLines(q)
	delta := bn254.PrecomputeLines(q)
	fixed := [][2][len(gamma[0])]bn254.LineEvaluationAff{gamma, delta}
	k1, k2 := scalar(), scalar()
	return func() {
		if !p.IsOnCurve() || !c.IsOnCurve() || !q.IsInSubGroup() {
			panic("the points are good")
		}
		var sum, term bn254.G1Affine
		sum.ScalarMultiplication(&p, k1)
		term.ScalarMultiplication(&c, k2)
		sum.Add(&sum, &term)
		sum.Add(&sum, &l)
		variable, err := bn254.MillerLoop([]bn254.G1Affine{p}, []bn254.G2Affine{q})
		must(err)
		both, err := bn254.MillerLoopFixedQ([]bn254.G1Affine{sum, c}, fixed)
		must(err)
		bn254.FinalExponentiation(&variable, &both)
	}
}
