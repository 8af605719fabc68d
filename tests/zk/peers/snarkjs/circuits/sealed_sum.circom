// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "circomlib/circuits/poseidon.circom";
include "circomlib/circuits/comparators.circom";

// The sum of sealed numbers, each below a public limit: outputs the sum and a Poseidon commitment to
// the numbers, under a public tag.
template SealedSum(n) {
    signal input limit;
    signal input tag;
    signal input numbers[n];
    signal output sum;
    signal output commitment;

    component below[n];
    signal partial[n + 1];
    component hash = Poseidon(n + 1);
    partial[0] <== 0;
    for (var i = 0; i < n; i++) {
        below[i] = LessThan(32);
        below[i].in[0] <== numbers[i];
        below[i].in[1] <== limit;
        below[i].out === 1;
        partial[i + 1] <== partial[i] + numbers[i];
        hash.inputs[i] <== numbers[i];
    }
    hash.inputs[n] <== tag;
    sum <== partial[n];
    commitment <== hash.out;
}

component main {public [limit, tag]} = SealedSum(4);
