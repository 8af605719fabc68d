// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "call.hpp"

/// The functions of WASI preview 1, named and typed as in its witx files; pointers are into the
/// program's memory. A function that stopped the call returns what it likes: the program does not
/// see it.
namespace vcp::wasm::wasi {

using std::uint16_t;
using std::uint32_t;
using std::uint64_t;
using std::uint8_t;

/// The error codes that we use (`errno`).
enum class Errno : uint16_t {
  success = 0,
  bad_descriptor = 8,
  fault = 21,
  invalid = 28,
  no_such_call = 52,
  not_a_directory = 54,
  not_a_socket = 57,
  not_seekable = 70,
  not_capable = 76,
};

/// Host functions that work long look at the deadline after this many bytes.
inline constexpr uint32_t kChunkBytes = 1 << 20;

/// Whether the value fits into memory there, where it then is.
template <class T>
[[nodiscard]] bool store(const Call& call, uint32_t pointer, const T& value) {
  static_assert(std::has_unique_object_representations_v<T>, "padding would not be deterministic");
  uint8_t* target = call.memory_at(pointer, sizeof value);
  if (target == nullptr) return false;
  std::memcpy(target, &value, sizeof value);
  return true;
}

template <class T>
[[nodiscard]] Errno store_result(const Call& call, uint32_t pointer, const T& value) {
  return store(call, pointer, value) ? Errno::success : Errno::fault;
}

/// Which standard stream a descriptor is: 0, 1, 2, or -1 if it is not open.
[[nodiscard]] int stream_of(const Call& call, uint32_t fd);

/// The answer to what an open descriptor cannot do: `error`, unless it is not open.
[[nodiscard]] Errno refuse_descriptor(const Call& call, uint32_t fd, Errno error);

// Arguments, environment and the end: wasi_process.cpp.
Errno args_get(Call& call, uint32_t pointers, uint32_t buffer);
Errno args_sizes_get(Call& call, uint32_t count, uint32_t bytes);
Errno environ_get(Call& call, uint32_t pointers, uint32_t buffer);
Errno environ_sizes_get(Call& call, uint32_t count, uint32_t bytes);
Errno proc_raise(Call&, uint32_t);
void proc_exit(Call& call, uint32_t code);

// Time and randomness: wasi_time.cpp.
Errno clock_res_get(Call& call, uint32_t clock, uint32_t result);
Errno clock_time_get(Call& call, uint32_t clock, uint64_t, uint32_t result);
Errno random_get(Call& call, uint32_t buffer, uint32_t size);
Errno poll_oneoff(Call& call, uint32_t in, uint32_t out, uint32_t count, uint32_t result);
Errno sched_yield(Call&);

// The standard streams: wasi_streams.cpp.
Errno fd_write(Call& call, uint32_t fd, uint32_t pointer, uint32_t count, uint32_t result);
Errno fd_read(Call& call, uint32_t fd, uint32_t pointer, uint32_t count, uint32_t result);
Errno fd_fdstat_get(Call& call, uint32_t fd, uint32_t result);
Errno fd_filestat_get(Call& call, uint32_t fd, uint32_t result);
Errno fd_close(Call& call, uint32_t fd);
Errno fd_renumber(Call& call, uint32_t from, uint32_t to);
Errno fd_fdstat_set_flags(Call& call, uint32_t fd, uint32_t);
Errno fd_fdstat_set_rights(Call& call, uint32_t fd, uint64_t, uint64_t);
Errno fd_sync(Call& call, uint32_t fd);
Errno fd_advise(Call& call, uint32_t fd, uint64_t, uint64_t, uint32_t);
Errno fd_allocate(Call& call, uint32_t fd, uint64_t, uint64_t);
Errno fd_filestat_set_size(Call& call, uint32_t fd, uint64_t);
Errno fd_filestat_set_times(Call& call, uint32_t fd, uint64_t, uint64_t, uint32_t);
Errno fd_pread(Call& call, uint32_t fd, uint32_t, uint32_t, uint64_t, uint32_t);
Errno fd_pwrite(Call& call, uint32_t fd, uint32_t, uint32_t, uint64_t, uint32_t);
Errno fd_seek(Call& call, uint32_t fd, uint64_t, uint32_t, uint32_t);
Errno fd_tell(Call& call, uint32_t fd, uint32_t);
Errno fd_readdir(Call& call, uint32_t fd, uint32_t, uint32_t, uint64_t, uint32_t);

// Directories and sockets, of which there are none: wasi_absent.cpp.
Errno fd_prestat_get(Call&, uint32_t, uint32_t);
Errno fd_prestat_dir_name(Call&, uint32_t, uint32_t, uint32_t);
Errno path_create_directory(Call& call, uint32_t fd, uint32_t, uint32_t);
Errno path_filestat_get(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t);
Errno path_filestat_set_times(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint64_t,
                              uint64_t, uint32_t);
Errno path_link(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t,
                uint32_t);
Errno path_open(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t, uint64_t, uint64_t,
                uint32_t, uint32_t);
Errno path_readlink(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
Errno path_remove_directory(Call& call, uint32_t fd, uint32_t, uint32_t);
Errno path_rename(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
Errno path_symlink(Call& call, uint32_t, uint32_t, uint32_t fd, uint32_t, uint32_t);
Errno path_unlink_file(Call& call, uint32_t fd, uint32_t, uint32_t);
Errno sock_accept(Call& call, uint32_t fd, uint32_t, uint32_t);
Errno sock_recv(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
Errno sock_send(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t);
Errno sock_shutdown(Call& call, uint32_t fd, uint32_t);

}  // namespace vcp::wasm::wasi
