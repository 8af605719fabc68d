// SPDX-License-Identifier: Apache-2.0
#include "wasi.hpp"

#include <bit>
#include <cassert>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "call.hpp"
#include "wasi_functions.hpp"
#include "wasi_signatures.hpp"

static_assert(std::endian::native == std::endian::little, "values are copied as they lie");

namespace vcp::wasm {
namespace {

template <class T>
T take(const wasmtime_val_raw_t& value) {
  if constexpr (std::is_same_v<T, uint64_t>) {
    return static_cast<uint64_t>(value.i64);
  } else {
    return static_cast<uint32_t>(value.i32);
  }
}

template <class T>
constexpr char kLetter = std::is_same_v<T, uint64_t> ? 'I' : 'i';

struct HostFunction {
  std::string_view name;
  wasmtime_func_unchecked_callback_t callback;
  std::string params;
};

/// Runs `body` on the call that `caller` belongs to. Nothing may be thrown through Wasmtime's
/// frames; once the call is stopped, the program does not get control back.
template <class Body>
wasm_trap_t* enter(wasmtime_caller_t* caller, const Body& body) noexcept {
  auto* call = static_cast<Call*>(wasmtime_context_get_data(wasmtime_caller_context(caller)));
  try {
    body(*call);
  } catch (const std::exception& error) {
    call->stop(Status::host_failure, error.what());
  }
  constexpr std::string_view kStopped = "stopped";
  return call->stopped() ? wasmtime_trap_new(kStopped.data(), kStopped.size()) : nullptr;
}

template <auto Function>
struct Adapter;

template <class R, class... Args, R (*Function)(Call&, Args...)>
struct Adapter<Function> {
  static wasm_trap_t* call(void*, wasmtime_caller_t* caller, wasmtime_val_raw_t* values,
                           std::size_t) {
    return enter(caller, [values](Call& state) {
      invoke(state, values, std::index_sequence_for<Args...>());
    });
  }

  template <std::size_t... Index>
  static void invoke(Call& state, wasmtime_val_raw_t* values, std::index_sequence<Index...>) {
    if constexpr (std::is_void_v<R>) {
      Function(state, take<Args>(values[Index])...);
    } else {
      values[0].i32 = static_cast<std::int32_t>(Function(state, take<Args>(values[Index])...));
    }
  }

  static HostFunction named(std::string_view name) { return {name, call, {kLetter<Args>...}}; }
};

std::vector<HostFunction> host_functions() {
  return {
      Adapter<wasi::args_get>::named("args_get"),
      Adapter<wasi::args_sizes_get>::named("args_sizes_get"),
      Adapter<wasi::clock_res_get>::named("clock_res_get"),
      Adapter<wasi::clock_time_get>::named("clock_time_get"),
      Adapter<wasi::environ_get>::named("environ_get"),
      Adapter<wasi::environ_sizes_get>::named("environ_sizes_get"),
      Adapter<wasi::fd_advise>::named("fd_advise"),
      Adapter<wasi::fd_allocate>::named("fd_allocate"),
      Adapter<wasi::fd_close>::named("fd_close"),
      Adapter<wasi::fd_sync>::named("fd_datasync"),
      Adapter<wasi::fd_fdstat_get>::named("fd_fdstat_get"),
      Adapter<wasi::fd_fdstat_set_flags>::named("fd_fdstat_set_flags"),
      Adapter<wasi::fd_fdstat_set_rights>::named("fd_fdstat_set_rights"),
      Adapter<wasi::fd_filestat_get>::named("fd_filestat_get"),
      Adapter<wasi::fd_filestat_set_size>::named("fd_filestat_set_size"),
      Adapter<wasi::fd_filestat_set_times>::named("fd_filestat_set_times"),
      Adapter<wasi::fd_pread>::named("fd_pread"),
      Adapter<wasi::fd_prestat_dir_name>::named("fd_prestat_dir_name"),
      Adapter<wasi::fd_prestat_get>::named("fd_prestat_get"),
      Adapter<wasi::fd_pwrite>::named("fd_pwrite"),
      Adapter<wasi::fd_read>::named("fd_read"),
      Adapter<wasi::fd_readdir>::named("fd_readdir"),
      Adapter<wasi::fd_renumber>::named("fd_renumber"),
      Adapter<wasi::fd_seek>::named("fd_seek"),
      Adapter<wasi::fd_sync>::named("fd_sync"),
      Adapter<wasi::fd_tell>::named("fd_tell"),
      Adapter<wasi::fd_write>::named("fd_write"),
      Adapter<wasi::path_create_directory>::named("path_create_directory"),
      Adapter<wasi::path_filestat_get>::named("path_filestat_get"),
      Adapter<wasi::path_filestat_set_times>::named("path_filestat_set_times"),
      Adapter<wasi::path_link>::named("path_link"),
      Adapter<wasi::path_open>::named("path_open"),
      Adapter<wasi::path_readlink>::named("path_readlink"),
      Adapter<wasi::path_remove_directory>::named("path_remove_directory"),
      Adapter<wasi::path_rename>::named("path_rename"),
      Adapter<wasi::path_symlink>::named("path_symlink"),
      Adapter<wasi::path_unlink_file>::named("path_unlink_file"),
      Adapter<wasi::poll_oneoff>::named("poll_oneoff"),
      Adapter<wasi::proc_exit>::named("proc_exit"),
      Adapter<wasi::proc_raise>::named("proc_raise"),
      Adapter<wasi::random_get>::named("random_get"),
      Adapter<wasi::sched_yield>::named("sched_yield"),
      Adapter<wasi::sock_accept>::named("sock_accept"),
      Adapter<wasi::sock_recv>::named("sock_recv"),
      Adapter<wasi::sock_send>::named("sock_send"),
      Adapter<wasi::sock_shutdown>::named("sock_shutdown"),
  };
}

void append_types(std::vector<wasm_valtype_t*>& types, std::string_view letters) {
  for (const char letter : letters) {
    types.push_back(wasm_valtype_new(letter == 'I' ? WASM_I64 : WASM_I32));
  }
}

FunctionTypePtr make_type(const WasiSignature& signature) {
  std::vector<wasm_valtype_t*> params;
  std::vector<wasm_valtype_t*> results;
  append_types(params, signature.params);
  append_types(results, signature.results);
  wasm_valtype_vec_t params_vector;
  wasm_valtype_vec_t results_vector;
  wasm_valtype_vec_new(&params_vector, params.size(), params.data());
  wasm_valtype_vec_new(&results_vector, results.size(), results.data());
  return FunctionTypePtr(wasm_functype_new(&params_vector, &results_vector));
}

}  // namespace

void define_wasi(wasmtime_linker_t& linker) {
  const std::vector<HostFunction> functions = host_functions();
  assert(functions.size() == kWasiSignatures.size());
  for (const HostFunction& function : functions) {
    const WasiSignature* signature = find_wasi_signature(function.name);
    assert(signature != nullptr && signature->params == function.params);
    const FunctionTypePtr type = make_type(*signature);
    const ErrorPtr error(wasmtime_linker_define_func_unchecked(
        &linker, kWasiModule.data(), kWasiModule.size(), function.name.data(), function.name.size(),
        type.get(), function.callback, nullptr, nullptr));
    assert(error == nullptr);
  }
}

}  // namespace vcp::wasm
