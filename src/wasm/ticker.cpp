// SPDX-License-Identifier: Apache-2.0
#include "ticker.hpp"

namespace vcp::wasm {

Ticker::Ticker(wasm_engine_t& engine)
    : engine_(engine), thread_([this](const std::stop_token& stop) { loop(stop); }) {}

Ticker::~Ticker() = default;

void Ticker::loop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return running_ > 0; })) {
    changed_.wait_for(lock, stop, kPeriod, [] { return false; });
    wasmtime_engine_increment_epoch(&engine_);
  }
}

Ticker::Running::Running(Ticker& ticker) : ticker_(ticker) {
  const std::lock_guard lock(ticker_.mutex_);
  if (++ticker_.running_ == 1) ticker_.changed_.notify_one();
}

Ticker::Running::~Running() {
  const std::lock_guard lock(ticker_.mutex_);
  --ticker_.running_;
}

}  // namespace vcp::wasm
