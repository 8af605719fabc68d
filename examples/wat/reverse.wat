;; SPDX-License-Identifier: Apache-2.0
;; A reactor: gives its input back, last byte first. It also exports `factorial`, which can be called with
;; numbers: `--function factorial --args '[20]'`.
(module
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 1024))

  ;; alloc(size) -> pointer: room for the input, right after what was given out before.
  (func (export "alloc") (param $size i32) (result i32)
    (local $pointer i32)
    (local.set $pointer (global.get $free))
    (global.set $free (i32.add (global.get $free) (local.get $size)))
    (block $enough
      (br_if $enough
        (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
      (br_if $enough
        (i32.ne
          (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1)))
          (i32.const -1)))
      unreachable)
    (local.get $pointer))

  ;; run(pointer, size) -> pointer << 32 | size of the result: reversed in place.
  (func (export "run") (param $pointer i32) (param $size i32) (result i64)
    (local $left i32) (local $right i32) (local $byte i32)
    (local.set $left (local.get $pointer))
    (local.set $right (i32.sub (i32.add (local.get $pointer) (local.get $size)) (i32.const 1)))
    (block $done
      (loop $swap
        (br_if $done (i32.ge_s (local.get $left) (local.get $right)))
        (local.set $byte (i32.load8_u (local.get $left)))
        (i32.store8 (local.get $left) (i32.load8_u (local.get $right)))
        (i32.store8 (local.get $right) (local.get $byte))
        (local.set $left (i32.add (local.get $left) (i32.const 1)))
        (local.set $right (i32.sub (local.get $right) (i32.const 1)))
        (br $swap)))
    (i64.or
      (i64.shl (i64.extend_i32_u (local.get $pointer)) (i64.const 32))
      (i64.extend_i32_u (local.get $size))))

  (func $factorial (export "factorial") (param $n i64) (result i64)
    (if (result i64) (i64.le_s (local.get $n) (i64.const 1))
      (then (i64.const 1))
      (else
        (i64.mul (local.get $n) (call $factorial (i64.sub (local.get $n) (i64.const 1))))))))
