// SPDX-License-Identifier: Apache-2.0

// Proofs, keys and arithmetic of gnark and gnark-crypto.
//
//	peer fixtures FILE   writes keys and proofs, compressed and raw, as base64 in JSON
//	peer cases COUNT     prints cases, one JSON object a line (see ../README.md)
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"os"
	"strconv"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark-crypto/ecc/bn254"
	"github.com/consensys/gnark-crypto/ecc/bn254/fp"
	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/backend/groth16"
	"github.com/consensys/gnark/backend/witness"
	"github.com/consensys/gnark/constraint"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/frontend/cs/r1cs"
	"github.com/consensys/gnark/logger"
	"github.com/rs/zerolog"
)

// cubic is knowledge of x with x³ + x + 5 = y, under a tag that nothing constrains.
type cubic struct {
	Y   frontend.Variable `gnark:",public"`
	Tag frontend.Variable `gnark:",public"`
	X   frontend.Variable
}

func (c *cubic) Define(api frontend.API) error {
	api.AssertIsEqual(c.Y, api.Add(api.Mul(c.X, c.X, c.X), c.X, 5))
	return nil
}

// committed is a circuit whose proofs carry a commitment.
type committed struct {
	Y frontend.Variable `gnark:",public"`
	X frontend.Variable
}

func (c *committed) Define(api frontend.API) error {
	commitment, err := api.(frontend.Committer).Commit(c.X)
	if err != nil {
		return err
	}
	api.AssertIsDifferent(commitment, 0)
	api.AssertIsEqual(c.Y, api.Mul(c.X, c.X))
	return nil
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func randomFr() fr.Element {
	var e fr.Element
	must(e.SetRandom())
	return e
}

func below(n int64) int64 { return must(rand.Int(rand.Reader, big.NewInt(n))).Int64() }

// setup is a compiled circuit with its keys.
type setup struct {
	system constraint.ConstraintSystem
	pk     groth16.ProvingKey
	vk     groth16.VerifyingKey
}

func newSetup(circuit frontend.Circuit) setup {
	system := must(frontend.Compile(ecc.BN254.ScalarField(), r1cs.NewBuilder, circuit))
	pk, vk, err := groth16.Setup(system)
	if err != nil {
		log.Fatal(err)
	}
	return setup{system, pk, vk}
}

func cubicAssignment() *cubic {
	x, tag := randomFr(), randomFr()
	var y, five fr.Element
	y.Square(&x).Mul(&y, &x).Add(&y, &x).Add(&y, five.SetUint64(5))
	return &cubic{Y: y, Tag: tag, X: x}
}

func (s setup) prove(assignment frontend.Circuit) (groth16.Proof, witness.Witness) {
	full := must(frontend.NewWitness(assignment, ecc.BN254.ScalarField()))
	return must(groth16.Prove(s.system, s.pk, full)), must(full.Public())
}

type encoder interface {
	io.WriterTo
	WriteRawTo(io.Writer) (int64, error)
}

func compressed(e encoder) []byte {
	var out bytes.Buffer
	must(e.WriteTo(&out))
	return out.Bytes()
}

func raw(e encoder) []byte {
	var out bytes.Buffer
	must(e.WriteRawTo(&out))
	return out.Bytes()
}

func decimals(signals fr.Vector) []string {
	texts := make([]string, len(signals))
	for i := range signals {
		texts[i] = integer(signals[i]).String()
	}
	return texts
}

type object = map[string]any

func fixture(s setup, assignment frontend.Circuit) object {
	proof, public := s.prove(assignment)
	if err := groth16.Verify(proof, s.vk, public); err != nil {
		log.Fatal(err)
	}
	return object{
		"key": compressed(s.vk), "key_raw": raw(s.vk),
		"proof": compressed(proof), "proof_raw": raw(proof),
		"public_signals": decimals(public.Vector().(fr.Vector)),
	}
}

func writeFixtures(path string) {
	content := must(json.MarshalIndent(object{
		"cubic":     fixture(newSetup(&cubic{}), cubicAssignment()),
		"committed": fixture(newSetup(&committed{}), &committed{Y: 49, X: 7}),
	}, "", " "))
	if err := os.WriteFile(path, append(content, '\n'), 0o644); err != nil {
		log.Fatal(err)
	}
}

// printer prints one case a line.
type printer struct{ out *json.Encoder }

func (p printer) print(op string, members object) {
	members["op"] = op
	if err := p.out.Encode(members); err != nil {
		log.Fatal(err)
	}
}

// verification prints a proof with its own signals, or with others.
func (p printer) verification(s setup) {
	proof, public := s.prove(cubicAssignment())
	signals := public.Vector().(fr.Vector)
	edges := []fr.Element{randomFr(), {}, fr.One(), *new(fr.Element).Neg(new(fr.Element).SetOne())}
	if below(2) == 0 {
		signals[below(int64(len(signals)))] = edges[below(int64(len(edges)))]
	}
	values := make(chan any, len(signals))
	for i := range signals {
		values <- signals[i]
	}
	close(values)
	changed := must(witness.New(ecc.BN254.ScalarField()))
	if err := changed.Fill(len(signals), 0, values); err != nil {
		log.Fatal(err)
	}
	key, proofBytes := compressed(s.vk), compressed(proof)
	if below(2) == 0 {
		key, proofBytes = raw(s.vk), raw(proof)
	}
	p.print("verify", object{
		"circuit": object{"format": "gnark", "key": key}, "proof": proofBytes,
		"public_signals": decimals(signals),
		"expect":         groth16.Verify(proof, s.vk, changed) == nil,
	})
}

// scalar is random or an edge.
func scalar() fr.Element {
	var minusOne fr.Element
	one := fr.One()
	minusOne.Neg(&one)
	edges := []fr.Element{{}, one, minusOne}
	if i := below(10); i < int64(len(edges)) {
		return edges[i]
	}
	return randomFr()
}

func integer(e fr.Element) *big.Int { return e.BigInt(new(big.Int)) }

func g1() bn254.G1Affine {
	var p bn254.G1Affine
	return *p.ScalarMultiplicationBase(integer(scalar()))
}

func g2() bn254.G2Affine {
	var p bn254.G2Affine
	return *p.ScalarMultiplicationBase(integer(scalar()))
}

func g1Words(p bn254.G1Affine) string { b := p.RawBytes(); return hex.EncodeToString(b[:]) }
func g2Words(p bn254.G2Affine) string { b := p.RawBytes(); return hex.EncodeToString(b[:]) }
func frWord(e fr.Element) string      { b := e.Bytes(); return hex.EncodeToString(b[:]) }
func fpWord(e fp.Element) string      { b := e.Bytes(); return hex.EncodeToString(b[:]) }

func (p printer) fields() {
	a, b := scalar(), scalar()
	var product, inverse fr.Element
	p.print("fr_mul", object{"a": frWord(a), "b": frWord(b), "expect": frWord(*product.Mul(&a, &b))})
	p.print("fr_inverse", object{"a": frWord(a), "expect": frWord(*inverse.Inverse(&a))})

	var x, y, z fp.Element
	must(x.SetRandom())
	must(y.SetRandom())
	if below(5) == 0 {
		y.SetOne()
		y.Neg(&y)
	}
	p.print("fp_mul", object{"a": fpWord(x), "b": fpWord(y), "expect": fpWord(*z.Mul(&x, &y))})
	p.print("fp_inverse", object{"a": fpWord(x), "expect": fpWord(*z.Inverse(&x))})
}

func (p printer) groups() {
	a, b, k := g1(), g1(), scalar()
	switch below(8) {
	case 0:
		b = a
	case 1:
		b.Neg(&a)
	}
	var sum, multiple bn254.G1Affine
	sum.Add(&a, &b)
	multiple.ScalarMultiplication(&a, integer(k))
	p.print("g1_add", object{"a": g1Words(a), "b": g1Words(b), "expect": g1Words(sum)})
	p.print("g1_mul", object{"k": frWord(k), "a": g1Words(a), "expect": g1Words(multiple)})

	c, d := g2(), g2()
	switch below(8) {
	case 0:
		d = c
	case 1:
		d.Neg(&c)
	}
	var sum2, multiple2 bn254.G2Affine
	sum2.Add(&c, &d)
	multiple2.ScalarMultiplication(&c, integer(k))
	p.print("g2_add", object{"a": g2Words(c), "b": g2Words(d), "expect": g2Words(sum2)})
	p.print("g2_mul", object{"k": frWord(k), "a": g2Words(c), "expect": g2Words(multiple2)})
}

// subgroup prints a point of the twist, mostly outside the subgroup, found by trying x.
func (p printer) subgroup() {
	for {
		var x [bn254.SizeOfG2AffineCompressed]byte
		must(rand.Read(x[:]))
		x[0] = 0x80 | x[0]&0x1f
		x[32] &= 0x1f
		var point bn254.G2Affine
		decoder := bn254.NewDecoder(bytes.NewReader(x[:]), bn254.NoSubgroupChecks())
		if decoder.Decode(&point) != nil {
			continue
		}
		p.print("g2_in_subgroup", object{"a": g2Words(point), "expect": point.IsInSubGroup()})
		return
	}
}

// pairing prints e(a, b)·e(−a·k, b·(1/k)), or the same with another last point.
func (p printer) pairing() {
	a, b, k := g1(), g2(), randomFr()
	var inverse fr.Element
	inverse.Inverse(&k)
	var c bn254.G1Affine
	var d bn254.G2Affine
	c.ScalarMultiplication(&a, integer(k))
	c.Neg(&c)
	d.ScalarMultiplication(&b, integer(inverse))
	if below(2) == 0 {
		d = g2()
	}
	holds := must(bn254.PairingCheck([]bn254.G1Affine{a, c}, []bn254.G2Affine{b, d}))
	terms := [][2]string{{g1Words(a), g2Words(b)}, {g1Words(c), g2Words(d)}}
	p.print("pairing", object{"terms": terms, "expect": holds})
}

// compression prints bytes that gnark reads as a compressed point, or refuses.
func (p printer) compression() {
	a, b := g1(), g2()
	one, two := a.Bytes(), b.Bytes()
	p.print("decode_g1", object{"format": "gnark_compressed", "bytes": hex.EncodeToString(one[:]),
		"expect": g1Words(a)})
	p.print("decode_g2", object{"format": "gnark_compressed", "bytes": hex.EncodeToString(two[:]),
		"expect": g2Words(b)})

	var other [bn254.SizeOfG1AffineCompressed]byte
	must(rand.Read(other[:]))
	other[0] |= 0x80
	var point bn254.G1Affine
	var expect any
	if _, err := point.SetBytes(other[:]); err == nil {
		expect = g1Words(point)
	}
	p.print("decode_g1", object{"format": "gnark_compressed", "bytes": hex.EncodeToString(other[:]),
		"expect": expect})
}

func printCases(count int) {
	p := printer{json.NewEncoder(os.Stdout)}
	s := newSetup(&cubic{})
	for printed := 0; printed < count; printed += 14 {
		p.verification(s)
		p.fields()
		p.groups()
		p.subgroup()
		p.pairing()
		p.compression()
	}
}

func main() {
	logger.Set(zerolog.Nop())
	if len(os.Args) != 3 {
		log.Fatal("fixtures FILE or cases COUNT")
	}
	if os.Args[1] == "fixtures" {
		writeFixtures(os.Args[2])
	} else {
		printCases(must(strconv.Atoi(os.Args[2])))
	}
}
