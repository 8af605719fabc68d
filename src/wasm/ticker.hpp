// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "wasmtime_api.hpp"

namespace vcp::wasm {

/// Advances an engine's epoch while calls are running, so that they look at their deadlines. Sleeps
/// otherwise.
class Ticker {
 public:
  static constexpr std::chrono::milliseconds kPeriod{10};

  /// The engine must outlive the ticker.
  explicit Ticker(wasm_engine_t& engine);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  /// The ticker ticks while at least one of these lives.
  class Running {
   public:
    explicit Running(Ticker& ticker);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    Ticker& ticker_;
  };

 private:
  void loop(const std::stop_token& stop);

  wasm_engine_t& engine_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int running_ = 0;
  std::jthread thread_;
};

}  // namespace vcp::wasm
