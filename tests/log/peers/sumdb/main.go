// SPDX-License-Identifier: Apache-2.0

// Reads what log_sample wrote with the packages note and tlog of Go's x/mod module, as a monitor
// that is not ours would: signatures, tiles against roots, entries against tiles, both kinds of
// proof, and a receipt.
//
//	go run . DIR
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

var dir string

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: sumdb DIR")
	}
	dir = os.Args[1]

	keys := lines("keys")
	trees := map[int64]tlog.Tree{}
	for _, size := range lines("sizes") {
		text := read("checkpoint." + size)
		tree := openWithEachKey(text, keys)
		if strconv.FormatInt(tree.N, 10) != size {
			log.Fatalf("checkpoint.%s is of a tree of %d", size, tree.N)
		}
		trees[tree.N] = tree
		checkTiles(tree)
	}
	last := openWithEachKey(read("checkpoint"), keys)
	checkEntries(last)
	proofs := checkProofs(trees)
	checkReceipt(last, keys)
	fmt.Printf("%d checkpoints by %d keys, %d entries, %d proofs, 1 receipt: all hold\n",
		len(trees), len(keys), last.N, proofs)
}

// Opens a checkpoint by each key alone, then by all.
func openWithEachKey(text []byte, keys []string) (tree tlog.Tree) {
	var all []note.Verifier
	for _, key := range keys {
		verifier, err := note.NewVerifier(key)
		check(err)
		all = append(all, verifier)
		tree = open(text, verifier)
	}
	opened, err := note.Open(text, note.VerifierList(all...))
	check(err)
	if len(opened.Sigs) != len(keys) || len(opened.UnverifiedSigs) != 0 {
		log.Fatalf("%d of %d signatures verified", len(opened.Sigs), len(keys))
	}
	return tree
}

func open(text []byte, verifier note.Verifier) (tree tlog.Tree) {
	opened, err := note.Open(text, note.VerifierList(verifier))
	check(err)
	body := strings.Split(opened.Text, "\n")
	if len(body) != 4 || body[0] != verifier.Name() {
		log.Fatalf("unexpected checkpoint %q", opened.Text)
	}
	tree.N, err = strconv.ParseInt(body[1], 10, 64)
	check(err)
	copy(tree.Hash[:], decode(body[2]))
	return tree
}

// Files as the tiles that tlog asks for; its own paths name the height too.
type tiles struct{}

func (tiles) Height() int                     { return tileHeight }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (tiles) ReadTiles(wanted []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range wanted {
		data = append(data, read(strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
	}
	return data, nil
}

// Reads the first, the last and some leaves between; tlog checks each tile against the root.
func checkTiles(tree tlog.Tree) {
	reader := tlog.TileHashReader(tree, tiles{})
	var indexes []int64
	for leaf := int64(0); leaf < tree.N; leaf += 1 + tree.N/100 {
		indexes = append(indexes, tlog.StoredHashIndex(0, leaf))
	}
	indexes = append(indexes, tlog.StoredHashIndex(0, tree.N-1))
	_, err := reader.ReadHashes(indexes)
	check(err)
	root, err := tlog.TreeHash(tree.N, reader)
	check(err)
	if root != tree.Hash {
		log.Fatalf("the tiles of %d leaves make another root", tree.N)
	}
}

// Hashes every entry and compares it with its leaf in the tiles.
func checkEntries(tree tlog.Tree) {
	reader := tlog.TileHashReader(tree, tiles{})
	for first := int64(0); first < tree.N; first += 256 {
		count := tree.N - first
		if count > 256 {
			count = 256
		}
		bundle := read(entriesPath(first/256, count))
		var indexes []int64
		for i := int64(0); i < count; i++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, first+i))
		}
		leaves, err := reader.ReadHashes(indexes)
		check(err)
		for i := int64(0); i < count; i++ {
			size := binary.BigEndian.Uint16(bundle)
			if tlog.RecordHash(bundle[2:2+size]) != leaves[i] {
				log.Fatalf("entry %d is not its leaf", first+i)
			}
			bundle = bundle[2+size:]
		}
		if len(bundle) != 0 {
			log.Fatalf("bundle %d has bytes left over", first/256)
		}
	}
}

func entriesPath(index, width int64) string {
	path := tlog.Tile{H: tileHeight, L: 0, N: index, W: int(width)}.Path()
	return strings.Replace(path, "tile/8/0/", "tile/entries/", 1)
}

func checkProofs(trees map[int64]tlog.Tree) (count int) {
	for _, line := range lines("proofs") {
		fields := strings.Fields(line)
		first, err := strconv.ParseInt(fields[1], 10, 64)
		check(err)
		size, err := strconv.ParseInt(fields[2], 10, 64)
		check(err)
		var hashes []tlog.Hash
		for _, field := range fields[3:] {
			hashes = append(hashes, hash(decode(field)))
		}
		tree := trees[size]
		switch fields[0] {
		case "inclusion":
			leaves, err := tlog.TileHashReader(tree, tiles{}).ReadHashes(
				[]int64{tlog.StoredHashIndex(0, first)})
			check(err)
			check(tlog.CheckRecord(hashes, size, tree.Hash, first, leaves[0]))
		case "consistency":
			check(tlog.CheckTree(hashes, size, tree.Hash, first, trees[first].Hash))
		default:
			log.Fatalf("unknown proof %q", fields[0])
		}
		count++
	}
	return count
}

func checkReceipt(last tlog.Tree, keys []string) {
	var answer struct {
		Receipt        json.RawMessage `json:"receipt"`
		LeafIndex      int64           `json:"leaf_index"`
		TreeSize       int64           `json:"tree_size"`
		InclusionProof [][]byte        `json:"inclusion_proof"`
		Checkpoint     string          `json:"checkpoint"`
	}
	check(json.Unmarshal(read("receipt.json"), &answer))
	if openWithEachKey([]byte(answer.Checkpoint), keys) != last || answer.TreeSize != last.N {
		log.Fatal("the receipt's checkpoint is not the last one")
	}
	var proof tlog.RecordProof
	for _, bytes := range answer.InclusionProof {
		proof = append(proof, hash(bytes))
	}
	entry := sha256.Sum256(answer.Receipt)
	check(tlog.CheckRecord(proof, last.N, last.Hash, answer.LeafIndex, tlog.RecordHash(entry[:])))
}

func hash(bytes []byte) (out tlog.Hash) {
	if copy(out[:], bytes) != len(bytes) || len(bytes) != tlog.HashSize {
		log.Fatalf("%d bytes are no hash", len(bytes))
	}
	return out
}

func decode(text string) []byte {
	bytes, err := base64.StdEncoding.DecodeString(text)
	check(err)
	return bytes
}

func read(name string) []byte {
	bytes, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	check(err)
	return bytes
}

func lines(name string) []string {
	return strings.Split(string(bytes.TrimSpace(read(name))), "\n")
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
