# SPDX-License-Identifier: Apache-2.0
"""WebAssembly programs for the tests: WAT text, and a tiny encoder for binaries.

Each function returns the text or the bytes of one module. `serial` gives modules that do the
same but have different ids.
"""

import itertools

_SERIAL = itertools.count(1)


# --- text ---------------------------------------------------------------------------------------

def command(body, imports=(), memory="1", data="", functions="", locals_=""):
    """A WASI preview 1 command whose `_start` has this body."""
    lines = "\n  ".join(PREVIEW1_IMPORT[name] for name in imports)
    return f"""(module
  {lines}
  (memory (export "memory") {memory})
  {data}
  {functions}
  (func (export "_start") {locals_} {body}))"""


def echo():
    """Standard input to standard output, to the end."""
    return command("""
    (block $end (loop $again
      (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 32768))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br_if $end (i32.eqz (i32.load (i32.const 8))))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br $again)))""", ["fd_read", "fd_write"])


def printing(text, descriptor=1, then=""):
    """Writes a short text to a descriptor, then does `then`."""
    return command(write(descriptor, 64, len(text)) + then, ["fd_write", "proc_exit"],
                   data=f'(data (i32.const 64) "{text}")')


def exiting(code, text="partial"):
    """Writes a text and ends with an exit code."""
    return printing(text, then=f"(call $proc_exit (i32.const {code}))")


def trapping():
    return printing("before the trap", then="unreachable")


def unlabelled(serial=None):
    """A command that does nothing, different from every other one made here."""
    number = next(_SERIAL) if serial is None else serial
    return command("nop", data=f'(data (i32.const 64) "serial {number}")')


def endless():
    return command("(loop $again (br $again))")


def counting():
    """Loops for ever, but visibly alive: the counter is in memory."""
    return command("(loop $again (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) "
                   "(i32.const 1))) (br $again))")


def endless_start_function():
    """Loops in the start function, before any export could be called."""
    return """(module (memory (export "memory") 1)
  (func $loop (loop $again (br $again))) (start $loop)
  (func (export "_start")))"""


def recursing():
    return command("(call $deeper)", functions="(func $deeper (call $deeper) (call $deeper))")


def filling(count, descriptor=1, byte="x"):
    """Writes `count` equal bytes in pieces of at most 32 KiB."""
    return command(f"""
    (memory.fill (i32.const 1024) (i32.const {ord(byte)}) (i32.const 32768))
    (local.set $left (i32.const {count}))
    (block $end (loop $again
      (br_if $end (i32.eqz (local.get $left)))
      (i32.store (i32.const 0) (i32.const 1024))
      (i32.store (i32.const 4) (select (local.get $left) (i32.const 32768)
                                       (i32.lt_u (local.get $left) (i32.const 32768))))
      (br_if $end (call $fd_write (i32.const {descriptor}) (i32.const 0) (i32.const 1)
                        (i32.const 8)))
      (local.set $left (i32.sub (local.get $left) (i32.load (i32.const 8))))
      (br $again)))""", ["fd_write"], locals_="(local $left i32)")


def flooding():
    """Writes to standard output for ever, whatever fd_write says."""
    return command("""
    (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 32768))
    (loop $again
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br $again))""", ["fd_write"])


def listing(sizes, get):
    """Writes what args_get or environ_get gives: the strings, each with its final zero."""
    return command(f"""
    (drop (call ${sizes} (i32.const 16) (i32.const 20)))
    (drop (call ${get} (i32.const 1024) (i32.const 65536)))
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.load (i32.const 20)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))""",
                   [sizes, get, "fd_write"], memory="4")


def arguments():
    return listing("args_sizes_get", "args_get")


def environment():
    return listing("environ_sizes_get", "environ_get")


def clock_and_random():
    """Writes two readings of the clock and 16 random bytes: 32 bytes in all."""
    return command("""
    (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 1024)))
    (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 1032)))
    (drop (call $random_get (i32.const 1040) (i32.const 16)))"""
                   + write(1, 1024, 32), ["clock_time_get", "random_get", "fd_write"])


def sleeping(seconds):
    """Asks poll_oneoff for a sleep; the clock of the program moves, the host does not wait."""
    return command(f"""
    (i32.store8 (i32.const 1032) (i32.const 0)) (i32.store (i32.const 1040) (i32.const 1))
    (i64.store (i32.const 1048) (i64.const {seconds * 1_000_000_000}))
    (drop (call $poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 8)))"""
                   + write(1, 64, 5), ["poll_oneoff", "fd_write"],
                   data='(data (i32.const 64) "awake")')


def opening_a_file():
    """Writes the errno of path_open, as one byte: there is no file system."""
    return command("""
    (i32.store8 (i32.const 1024) (call $path_open (i32.const 3) (i32.const 0) (i32.const 64)
      (i32.const 11) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 8)))"""
                   + write(1, 1024, 1), ["path_open", "fd_write"],
                   data='(data (i32.const 64) "/etc/passwd")')


def growing(pages):
    """Writes the answer of memory.grow, as 4 bytes."""
    return command(f"(i32.store (i32.const 1024) (memory.grow (i32.const {pages})))"
                   + write(1, 1024, 4), ["fd_write"])


def large_memory(pages):
    """A command that declares that many pages from the start."""
    return command(write(1, 64, 2), ["fd_write"], memory=str(pages),
                   data='(data (i32.const 64) "ok")')


def every_preview1_function():
    """Imports all of preview 1 and calls nothing."""
    return command("nop", PREVIEW1_IMPORT)


def write(descriptor, address, length):
    """The instructions that write memory[address, address + length)."""
    return f"""
    (i32.store (i32.const 0) (i32.const {address})) (i32.store (i32.const 4) (i32.const {length}))
    (drop (call $fd_write (i32.const {descriptor}) (i32.const 0) (i32.const 1) (i32.const 8)))"""


def reactor(body="(local.get $packed)"):
    """`run` packs the input's place into one u64; `body` may return another one."""
    return f"""(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 1024))
  (func (export "alloc") (param $size i32) (result i32)
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $size))))
  (func (export "run") (param $ptr i32) (param $len i32) (result i64) (local $packed i64)
    (local.set $packed (i64.or (i64.shl (i64.extend_i32_u (local.get $ptr)) (i64.const 32))
                               (i64.extend_i32_u (local.get $len))))
    {body}))"""


def reactor_with_initialize():
    """Its output is one byte that `_initialize` has set to '1'."""
    return """(module
  (memory (export "memory") 1)
  (data (i32.const 64) "0")
  (func (export "_initialize") (i32.store8 (i32.const 64) (i32.const 49)))
  (func (export "alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "run") (param i32 i32) (result i64)
    (i64.or (i64.shl (i64.const 64) (i64.const 32)) (i64.const 1))))"""


def calculator():
    """Functions of every number type, for scalar calls."""
    return """(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "add64") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))
  (func (export "mul") (param f64 f64) (result f64) (f64.mul (local.get 0) (local.get 1)))
  (func (export "divide") (param f64 f64) (result f64) (f64.div (local.get 0) (local.get 1)))
  (func (export "half") (param f32) (result f32) (f32.mul (local.get 0) (f32.const 0.5)))
  (func (export "quotient") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "both") (param i32) (result i32 i64)
    (local.get 0) (i64.extend_i32_s (local.get 0)))
  (func (export "nothing"))
  (func (export "spin") (loop $again (br $again))))"""


PREVIEW1 = {
    "args_get": ("i32 i32", "i32"),
    "args_sizes_get": ("i32 i32", "i32"),
    "environ_get": ("i32 i32", "i32"),
    "environ_sizes_get": ("i32 i32", "i32"),
    "clock_res_get": ("i32 i32", "i32"),
    "clock_time_get": ("i32 i64 i32", "i32"),
    "fd_advise": ("i32 i64 i64 i32", "i32"),
    "fd_allocate": ("i32 i64 i64", "i32"),
    "fd_close": ("i32", "i32"),
    "fd_datasync": ("i32", "i32"),
    "fd_fdstat_get": ("i32 i32", "i32"),
    "fd_fdstat_set_flags": ("i32 i32", "i32"),
    "fd_fdstat_set_rights": ("i32 i64 i64", "i32"),
    "fd_filestat_get": ("i32 i32", "i32"),
    "fd_filestat_set_size": ("i32 i64", "i32"),
    "fd_filestat_set_times": ("i32 i64 i64 i32", "i32"),
    "fd_pread": ("i32 i32 i32 i64 i32", "i32"),
    "fd_prestat_get": ("i32 i32", "i32"),
    "fd_prestat_dir_name": ("i32 i32 i32", "i32"),
    "fd_pwrite": ("i32 i32 i32 i64 i32", "i32"),
    "fd_read": ("i32 i32 i32 i32", "i32"),
    "fd_readdir": ("i32 i32 i32 i64 i32", "i32"),
    "fd_renumber": ("i32 i32", "i32"),
    "fd_seek": ("i32 i64 i32 i32", "i32"),
    "fd_sync": ("i32", "i32"),
    "fd_tell": ("i32 i32", "i32"),
    "fd_write": ("i32 i32 i32 i32", "i32"),
    "path_create_directory": ("i32 i32 i32", "i32"),
    "path_filestat_get": ("i32 i32 i32 i32 i32", "i32"),
    "path_filestat_set_times": ("i32 i32 i32 i32 i64 i64 i32", "i32"),
    "path_link": ("i32 i32 i32 i32 i32 i32 i32", "i32"),
    "path_open": ("i32 i32 i32 i32 i32 i64 i64 i32 i32", "i32"),
    "path_readlink": ("i32 i32 i32 i32 i32 i32", "i32"),
    "path_remove_directory": ("i32 i32 i32", "i32"),
    "path_rename": ("i32 i32 i32 i32 i32 i32", "i32"),
    "path_symlink": ("i32 i32 i32 i32 i32", "i32"),
    "path_unlink_file": ("i32 i32 i32", "i32"),
    "poll_oneoff": ("i32 i32 i32 i32", "i32"),
    "proc_exit": ("i32", ""),
    "proc_raise": ("i32", "i32"),
    "sched_yield": ("", "i32"),
    "random_get": ("i32 i32", "i32"),
    "sock_accept": ("i32 i32 i32", "i32"),
    "sock_recv": ("i32 i32 i32 i32 i32 i32", "i32"),
    "sock_send": ("i32 i32 i32 i32 i32", "i32"),
    "sock_shutdown": ("i32 i32", "i32"),
}
PREVIEW1_IMPORT = {
    name: f'(import "wasi_snapshot_preview1" "{name}" (func ${name} (param {params})'
          + (f" (result {result})))" if result else "))")
    for name, (params, result) in PREVIEW1.items()
}


# --- binary -------------------------------------------------------------------------------------

I32 = b"\x7f"
HEADER = b"\0asm\1\0\0\0"


def uleb(number):
    """Unsigned LEB128."""
    out = b""
    while True:
        byte, number = number & 0x7F, number >> 7
        out += bytes([byte | (0x80 if number else 0)])
        if not number:
            return out


def section(number, *entries):
    """A section that is a vector of entries."""
    body = uleb(len(entries)) + b"".join(entries)
    return bytes([number]) + uleb(len(body)) + body


def custom_section(name, content):
    body = uleb(len(name)) + name + content
    return b"\0" + uleb(len(body)) + body


def code(instructions, locals_=b"\0"):
    body = locals_ + instructions + b"\x0b"
    return uleb(len(body)) + body


def function_export(name, index):
    return uleb(len(name)) + name + b"\0" + uleb(index)


def binary(instructions=b"\x20\0\x20\1\x6a", name=b"add", locals_=b"\0"):
    """A module with one exported function (i32, i32) -> i32; `add` unless told otherwise."""
    kind = b"\x60" + uleb(2) + I32 + I32 + uleb(1) + I32
    return (HEADER + section(1, kind) + section(3, uleb(0))
            + section(7, function_export(name, 0)) + section(10, code(instructions, locals_)))


def padded(size):
    """The `add` module with a custom section that brings it to exactly `size` bytes."""
    base = binary()
    rest = size - len(base)
    for width in range(1, 6):
        content = rest - 1 - width - 4
        if content >= 0 and len(uleb(content + 4)) == width:
            return base + custom_section(b"pad", b"\0" * content)
    raise ValueError(f"no module of {size} bytes")
