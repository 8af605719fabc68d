// SPDX-License-Identifier: Apache-2.0

// Follows a log over HTTP with torchwood, a client of C2SP tlog-tiles: verifies the checkpoint,
// then reads every entry and proves some. Needs Go 1.24.
//
//	go run . URL KEY
//
// URL is the log's prefix, such as http://127.0.0.1:8080/log; KEY a verifier key.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: torchwood URL KEY")
	}
	ctx := context.Background()
	fetcher, err := torchwood.NewTileFetcher(os.Args[1], torchwood.WithConcurrencyLimit(4))
	check(err)
	client, err := torchwood.NewClient(fetcher)
	check(err)

	tree := openCheckpoint(ctx, fetcher, os.Args[2])
	read := int64(0)
	for index, entry := range client.Entries(ctx, tree, 0) {
		if index != read || len(entry) != tlog.HashSize {
			log.Fatalf("entry %d of %d bytes came as number %d", index, len(entry), read)
		}
		read++
	}
	check(client.Err())

	for _, index := range []int64{0, tree.N / 2, tree.N - 1} {
		entry, proof, err := client.Entry(ctx, tree, index)
		check(err)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
	}
	fmt.Printf("checkpoint of %d entries, %d of them read: all hold\n", tree.N, read)
}

func openCheckpoint(ctx context.Context, fetcher *torchwood.TileFetcher, key string) tlog.Tree {
	text, err := fetcher.ReadEndpoint(ctx, "checkpoint")
	check(err)
	verifier, err := note.NewVerifier(key)
	check(err)
	opened, err := note.Open(text, note.VerifierList(verifier))
	check(err)
	checkpoint, err := torchwood.ParseCheckpoint(opened.Text)
	check(err)
	if checkpoint.Origin != verifier.Name() {
		log.Fatalf("the checkpoint is of %q", checkpoint.Origin)
	}
	return checkpoint.Tree
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
