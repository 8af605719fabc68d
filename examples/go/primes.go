// SPDX-License-Identifier: Apache-2.0

// Primes reads a JSON object {"from": 1, "to": 100} from standard input and writes the primes between
// the two as a JSON array. It works with goroutines and sleeps on the way, as Go programs do.
package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"sync"
	"time"
)

type interval struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// primesIn sends the primes of the interval in rising order and closes the channel.
func primesIn(in interval, out chan<- int64) {
	defer close(out)
	for n := in.From; n <= in.To; n++ {
		if big.NewInt(n).ProbablyPrime(20) {
			out <- n
		}
	}
}

func run() error {
	var in interval
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	found := make(chan int64)
	primes := []int64{}
	var collector sync.WaitGroup
	collector.Add(1)
	go func() {
		defer collector.Done()
		for prime := range found {
			primes = append(primes, prime)
		}
	}()
	time.Sleep(time.Second) // takes no time of the node's
	primesIn(in, found)
	collector.Wait()
	return json.NewEncoder(os.Stdout).Encode(primes)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "primes:", err)
		os.Exit(1)
	}
}
