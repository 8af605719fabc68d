// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wasmtime.h>

#include <memory>
#include <string>

namespace vcp::wasm {

/// Owning pointers to what Wasmtime's C API hands out.
template <auto Delete>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Delete(object);
  }
};

using ConfigPtr = std::unique_ptr<wasm_config_t, Deleter<wasm_config_delete>>;
using EnginePtr = std::unique_ptr<wasm_engine_t, Deleter<wasm_engine_delete>>;
using StorePtr = std::unique_ptr<wasmtime_store_t, Deleter<wasmtime_store_delete>>;
using ModulePtr = std::unique_ptr<wasmtime_module_t, Deleter<wasmtime_module_delete>>;
using LinkerPtr = std::unique_ptr<wasmtime_linker_t, Deleter<wasmtime_linker_delete>>;
using InstancePrePtr =
    std::unique_ptr<wasmtime_instance_pre_t, Deleter<wasmtime_instance_pre_delete>>;
using FunctionTypePtr = std::unique_ptr<wasm_functype_t, Deleter<wasm_functype_delete>>;
using TrapPtr = std::unique_ptr<wasm_trap_t, Deleter<wasm_trap_delete>>;
using ErrorPtr = std::unique_ptr<wasmtime_error_t, Deleter<wasmtime_error_delete>>;
using FramePtr = std::unique_ptr<wasm_frame_t, Deleter<wasm_frame_delete>>;

/// A byte vector of the C API, freed at the end.
class ByteVector {
 public:
  ByteVector() { wasm_byte_vec_new_empty(&bytes_); }
  ~ByteVector() { wasm_byte_vec_delete(&bytes_); }
  ByteVector(const ByteVector&) = delete;
  ByteVector& operator=(const ByteVector&) = delete;

  [[nodiscard]] wasm_byte_vec_t* get() { return &bytes_; }
  [[nodiscard]] std::string_view view() const { return {bytes_.data, bytes_.size}; }

 private:
  wasm_byte_vec_t bytes_;
};

[[nodiscard]] inline std::string message(const wasmtime_error_t& error) {
  ByteVector text;
  wasmtime_error_message(&error, text.get());
  return std::string(text.view());
}

}  // namespace vcp::wasm
