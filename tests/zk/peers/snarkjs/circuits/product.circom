// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

// Knowledge of two factors of a number, neither of them one.
template Product() {
    signal input a;
    signal input b;
    signal output product;
    signal nontrivial;
    signal inverse;

    product <== a * b;
    nontrivial <== (a - 1) * (b - 1);
    inverse <-- 1 / nontrivial;
    nontrivial * inverse === 1;
}

component main = Product();
