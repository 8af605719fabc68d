// SPDX-License-Identifier: Apache-2.0

#include "wasi_functions.hpp"

namespace vcp::wasm::wasi {
Errno fd_prestat_get(Call&, uint32_t, uint32_t) { return Errno::bad_descriptor; }

Errno fd_prestat_dir_name(Call&, uint32_t, uint32_t, uint32_t) { return Errno::bad_descriptor; }

Errno path_create_directory(Call& call, uint32_t fd, uint32_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_directory);
}

Errno path_filestat_get(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_directory);
}

Errno path_filestat_set_times(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint64_t,
                              uint64_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_directory);
}

Errno path_link(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t,
                uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_directory);
}

Errno path_open(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t, uint64_t, uint64_t,
                uint32_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_directory);
}

Errno path_readlink(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_directory);
}

Errno path_remove_directory(Call& call, uint32_t fd, uint32_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_directory);
}

Errno path_rename(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_directory);
}

Errno path_symlink(Call& call, uint32_t, uint32_t, uint32_t fd, uint32_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_directory);
}

Errno path_unlink_file(Call& call, uint32_t fd, uint32_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_directory);
}

Errno sock_accept(Call& call, uint32_t fd, uint32_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_socket);
}

Errno sock_recv(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_socket);
}

Errno sock_send(Call& call, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_socket);
}

Errno sock_shutdown(Call& call, uint32_t fd, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_socket);
}

}  // namespace vcp::wasm::wasi
