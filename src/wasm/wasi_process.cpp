// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "wasi_functions.hpp"

namespace vcp::wasm::wasi {
namespace {

std::vector<std::string> arguments(const Call& call) {
  std::vector<std::string> all{"task"};
  all.insert(all.end(), call.invocation.argv.begin(), call.invocation.argv.end());
  return all;
}

std::vector<std::string> environment(const Call& call) {
  std::vector<std::string> all;
  all.reserve(call.invocation.env.size());
  for (const auto& [name, value] : call.invocation.env) {
    all.push_back(std::string(name).append("=").append(value));
  }
  return all;
}

std::size_t bytes_of(const std::vector<std::string>& strings) {
  std::size_t total = 0;
  for (const std::string& text : strings) total += text.size() + 1;
  return total;
}

Errno store_sizes(Call& call, const std::vector<std::string>& strings, uint32_t count,
                  uint32_t bytes) {
  const std::size_t total = bytes_of(strings);
  if (!call.charge(total)) return Errno::success;
  const bool stored = store(call, count, static_cast<uint32_t>(strings.size())) &&
                      store(call, bytes, static_cast<uint32_t>(total));
  return stored ? Errno::success : Errno::fault;
}

Errno store_strings(Call& call, const std::vector<std::string>& strings, uint32_t pointers,
                    uint32_t buffer) {
  if (!call.charge(bytes_of(strings))) return Errno::success;
  for (const std::string& text : strings) {
    const auto size = static_cast<uint32_t>(text.size() + 1);
    uint8_t* target = call.memory_at(buffer, size);
    if (target == nullptr || !store(call, pointers, buffer)) return Errno::fault;
    std::memcpy(target, text.c_str(), size);
    pointers += 4;
    buffer += size;
  }
  return Errno::success;
}

}  // namespace

Errno args_get(Call& call, uint32_t pointers, uint32_t buffer) {
  return store_strings(call, arguments(call), pointers, buffer);
}

Errno args_sizes_get(Call& call, uint32_t count, uint32_t bytes) {
  return store_sizes(call, arguments(call), count, bytes);
}

Errno environ_get(Call& call, uint32_t pointers, uint32_t buffer) {
  return store_strings(call, environment(call), pointers, buffer);
}

Errno environ_sizes_get(Call& call, uint32_t count, uint32_t bytes) {
  return store_sizes(call, environment(call), count, bytes);
}

Errno proc_raise(Call&, uint32_t) { return Errno::no_such_call; }

void proc_exit(Call& call, uint32_t code) {
  call.wasi.exit_code = static_cast<std::int32_t>(code);
  call.stop(code == 0 ? Status::ok : Status::exit_code, {});
}

}  // namespace vcp::wasm::wasi
