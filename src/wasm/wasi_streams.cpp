// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "wasi_functions.hpp"

namespace vcp::wasm::wasi {
namespace {

/// Vectors longer than this are worked on in part, as readv and writev may.
constexpr uint32_t kMaxVectors = 1'024;

struct IoVector {
  uint32_t pointer;
  uint32_t size;
};

/// Reads at most kMaxVectors vectors; false if they are not all in memory.
bool load_vectors(const Call& call, uint32_t pointer, uint32_t count,
                  std::vector<IoVector>& vectors) {
  const uint32_t taken = std::min(count, kMaxVectors);
  const uint8_t* source = call.memory_at(pointer, uint64_t{taken} * sizeof(IoVector));
  if (source == nullptr) return false;
  vectors.resize(taken);
  if (taken > 0) std::memcpy(vectors.data(), source, taken * sizeof(IoVector));
  return std::ranges::all_of(vectors, [&](const IoVector& vector) {
    return call.memory_at(vector.pointer, vector.size) != nullptr;
  });
}

/// Standard output beyond its limit ends the call; the log beyond its limit is cut.
void append(Call& call, int stream, std::string_view bytes) {
  const CallLimits& limits = call.invocation.limits;
  if (stream == 1) {
    if (bytes.size() > limits.output_bytes - call.output.size()) {
      return call.stop(
          Status::output_too_large,
          "standard output has more than " + std::to_string(limits.output_bytes) + " bytes");
    }
    call.output += bytes;
  } else {
    const std::size_t room = limits.log_bytes - call.log.size();
    call.log_truncated |= bytes.size() > room;
    call.log += bytes.substr(0, room);
  }
}

/// `fdstat` and `filestat` of preview 1. The streams are of no particular kind: no terminal, so
/// that libc buffers; no regular file, so that nobody seeks.
struct DescriptorState {
  uint64_t type_and_flags = 0;
  uint64_t rights = 0;
  uint64_t rights_inheriting = 0;
};
static_assert(sizeof(DescriptorState) == 24 && offsetof(DescriptorState, rights) == 8);

struct FileState {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t type = 0;
  uint64_t links = 1;
  uint64_t size = 0;
  uint64_t accessed = 0;
  uint64_t modified = 0;
  uint64_t changed = 0;
};
static_assert(sizeof(FileState) == 64 && offsetof(FileState, links) == 24);

constexpr uint64_t kRightRead = uint64_t{1} << 1;
constexpr uint64_t kRightWrite = uint64_t{1} << 6;
constexpr uint64_t kRightPoll = uint64_t{1} << 27;

}  // namespace

int stream_of(const Call& call, uint32_t fd) {
  const auto& descriptors = call.wasi.descriptors;
  return fd < descriptors.size() ? descriptors[fd] : -1;
}

Errno refuse_descriptor(const Call& call, uint32_t fd, Errno error) {
  return stream_of(call, fd) < 0 ? Errno::bad_descriptor : error;
}

Errno fd_write(Call& call, uint32_t fd, uint32_t pointer, uint32_t count, uint32_t result) {
  const int stream = stream_of(call, fd);
  if (stream < 1) return Errno::bad_descriptor;
  std::vector<IoVector> vectors;
  if (!load_vectors(call, pointer, count, vectors)) return Errno::fault;
  uint32_t written = 0;
  for (const IoVector& vector : vectors) {
    if (vector.size > std::numeric_limits<uint32_t>::max() - written) return Errno::invalid;
    if (!call.charge(vector.size)) return Errno::success;
    const uint8_t* source = call.memory_at(vector.pointer, vector.size);
    append(call, stream, {reinterpret_cast<const char*>(source), vector.size});
    call.check_time();
    if (call.stopped()) return Errno::success;
    written += vector.size;
  }
  return store_result(call, result, written);
}

Errno fd_read(Call& call, uint32_t fd, uint32_t pointer, uint32_t count, uint32_t result) {
  if (stream_of(call, fd) != 0) return Errno::bad_descriptor;
  std::vector<IoVector> vectors;
  if (!load_vectors(call, pointer, count, vectors)) return Errno::fault;
  uint32_t done = 0;
  for (const IoVector& vector : vectors) {
    const auto part = call.invocation.input.substr(call.wasi.input_position).substr(0, vector.size);
    if (!call.charge(part.size())) return Errno::success;
    part.copy(reinterpret_cast<char*>(call.memory_at(vector.pointer, vector.size)), part.size());
    call.wasi.input_position += part.size();
    done += static_cast<uint32_t>(part.size());
  }
  return store_result(call, result, done);
}

Errno fd_fdstat_get(Call& call, uint32_t fd, uint32_t result) {
  const int stream = stream_of(call, fd);
  if (stream < 0) return Errno::bad_descriptor;
  const uint64_t rights = kRightPoll | (stream == 0 ? kRightRead : kRightWrite);
  return store_result(call, result, DescriptorState{.rights = rights});
}

Errno fd_filestat_get(Call& call, uint32_t fd, uint32_t result) {
  const int stream = stream_of(call, fd);
  if (stream < 0) return Errno::bad_descriptor;
  return store_result(call, result, FileState{.inode = static_cast<uint64_t>(stream)});
}

Errno fd_close(Call& call, uint32_t fd) {
  if (stream_of(call, fd) < 0) return Errno::bad_descriptor;
  call.wasi.descriptors[fd] = -1;
  return Errno::success;
}

Errno fd_renumber(Call& call, uint32_t from, uint32_t to) {
  const int stream = stream_of(call, from);
  if (stream < 0 || stream_of(call, to) < 0) return Errno::bad_descriptor;
  call.wasi.descriptors[from] = -1;
  call.wasi.descriptors[to] = stream;
  return Errno::success;
}

Errno fd_fdstat_set_flags(Call& call, uint32_t fd, uint32_t) {
  return refuse_descriptor(call, fd, Errno::success);  // nothing here blocks
}

Errno fd_fdstat_set_rights(Call& call, uint32_t fd, uint64_t, uint64_t) {
  return refuse_descriptor(call, fd, Errno::not_capable);
}

Errno fd_sync(Call& call, uint32_t fd) { return refuse_descriptor(call, fd, Errno::success); }

Errno fd_advise(Call& call, uint32_t fd, uint64_t, uint64_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_seekable);
}

Errno fd_allocate(Call& call, uint32_t fd, uint64_t, uint64_t) {
  return refuse_descriptor(call, fd, Errno::not_seekable);
}

Errno fd_filestat_set_size(Call& call, uint32_t fd, uint64_t) {
  return refuse_descriptor(call, fd, Errno::invalid);
}

Errno fd_filestat_set_times(Call& call, uint32_t fd, uint64_t, uint64_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_capable);
}

Errno fd_pread(Call& call, uint32_t fd, uint32_t, uint32_t, uint64_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_seekable);
}

Errno fd_pwrite(Call& call, uint32_t fd, uint32_t, uint32_t, uint64_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_seekable);
}

Errno fd_seek(Call& call, uint32_t fd, uint64_t, uint32_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_seekable);
}

Errno fd_tell(Call& call, uint32_t fd, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_seekable);
}

Errno fd_readdir(Call& call, uint32_t fd, uint32_t, uint32_t, uint64_t, uint32_t) {
  return refuse_descriptor(call, fd, Errno::not_a_directory);
}

}  // namespace vcp::wasm::wasi
