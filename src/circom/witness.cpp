// SPDX-License-Identifier: Apache-2.0
#include "vcp/circom/witness.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "inputs.hpp"
#include "vcp/wasm/session.hpp"
#include "vcp/zk/prover.hpp"

namespace vcp::circom {
namespace {

constexpr std::size_t kWord = 32;
constexpr std::size_t kMaxMessageBytes = 4096;

/// r, the lowest byte first.
constexpr std::array<unsigned char, kWord> kPrime = {
    0x01, 0x00, 0x00, 0xf0, 0x93, 0xf5, 0xe1, 0x43, 0x91, 0x70, 0xb9, 0x79, 0x48, 0xe8, 0x33, 0x28,
    0x5d, 0x58, 0x81, 0x81, 0xb6, 0x45, 0x50, 0xb8, 0x29, 0xa0, 0x31, 0xe1, 0x72, 0x4e, 0x64, 0x30};

/// How calculators know their input signals: FNV-1a of the name, in two halves.
struct NameHash {
  explicit NameHash(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    high = static_cast<std::int32_t>(hash >> 32);
    low = static_cast<std::int32_t>(hash);
  }

  std::int32_t high;
  std::int32_t low;
};

std::string_view describe_exception(std::int32_t code) {
  constexpr std::array<std::string_view, 8> kNames = {"an unknown error",
                                                      "there is no such signal",
                                                      "too many signals are set",
                                                      "a signal is set twice",
                                                      "an assertion fails",
                                                      "there is not enough memory",
                                                      "a signal's array is accessed past its end",
                                                      "an array is accessed past its end"};
  return code > 0 && static_cast<std::size_t>(code) < kNames.size()
             ? kNames[static_cast<std::size_t>(code)]
             : kNames[0];
}

Code code_of(wasm::Status status) {
  switch (status) {
    case wasm::Status::timeout:
      return Code::timed_out;
    case wasm::Status::out_of_gas:
    case wasm::Status::out_of_memory:
      return Code::too_large;
    case wasm::Status::cancelled:
    case wasm::Status::host_failure:
      return Code::unavailable;
    default:
      return Code::invalid;
  }
}

/// One calculation: the calls that circom's runner makes, in its order.
class Calculation {
 public:
  Calculation(const wasm::CompiledModule& module, const wasm::CallLimits& limits,
              std::stop_token stop)
      : log_bytes_(limits.log_bytes),
        witness_bytes_(limits.output_bytes),
        session_(module, limits, std::move(stop), host_functions()) {}

  Result<Witness> run(const std::vector<InputSignal>& inputs) {
    if (!start()) return failure();
    for (const InputSignal& input : inputs) {
      if (auto done = set(input); !done) return std::unexpected(std::move(done.error()));
    }
    const auto wanted = call("getInputSize");
    if (!wanted) return failure();
    if (set_ < static_cast<std::uint32_t>(*wanted)) {
      return fail(Code::invalid, "input signals are missing: " + std::to_string(set_) + " of " +
                                     std::to_string(*wanted) + " values are there");
    }
    return collect();
  }

 private:
  std::vector<wasm::HostFunction> host_functions() {
    std::vector<wasm::HostFunction> functions;
    const std::array<std::function<void(std::span<const std::int32_t>)>, 4> bodies = {
        [this](auto arguments) { stop(arguments[0]); },
        [this](auto) { append(error_, message() + "\n", kMaxMessageBytes); },
        [this](auto) { log_message(); }, [this](auto) { log_number(); }};
    std::size_t i = 0;
    for (wasm::Import& import : imports()) {
      functions.push_back({.import = std::move(import), .run = bodies.at(i++)});
    }
    return functions;
  }

  std::optional<std::int32_t> call(std::string_view name,
                                   std::initializer_list<std::int32_t> arguments = {}) {
    return session_.call(name, arguments);
  }

  /// Makes sure that the calculator counts modulo r, and finds where it exchanges numbers.
  bool start() {
    const auto words = call("getFieldNumLen32");
    const auto shared = call("getSharedRWMemoryStart");
    if (!words || !shared || !call("getRawPrime")) return false;
    std::array<char, kWord> prime{};
    shared_ = static_cast<std::uint32_t>(*shared);
    if (!session_.read(shared_, prime)) return false;
    if (*words != 8 || !std::ranges::equal(prime, kPrime, {},
                                           [](char c) { return static_cast<unsigned char>(c); })) {
      session_.stop("its circuit is over another field than BN254's scalars");
      return false;
    }
    return call("init", {0}).has_value();
  }

  Result<> set(const InputSignal& input) {
    const NameHash hash(input.name);
    const auto size = call("getInputSignalSize", {hash.high, hash.low});
    if (!size) return failure();
    if (*size <= 0 && !input.values.empty()) {
      return fail_field(input.pointer, "the circuit has no such input signal");
    }
    if (input.values.size() != static_cast<std::size_t>(*size)) {
      return fail_field(input.pointer, "has " + std::to_string(input.values.size()) +
                                           " values; the circuit takes " + std::to_string(*size));
    }
    for (std::size_t i = 0; i < input.values.size(); ++i) {
      if (!session_.write(shared_, input.values[i].to_le()) ||
          !call("setInputSignal", {hash.high, hash.low, static_cast<std::int32_t>(i)})) {
        return failure();
      }
      ++set_;
    }
    return {};
  }

  Result<Witness> collect() {
    const auto size = call("getWitnessSize");
    if (!size) return failure();
    if (*size < 0 || static_cast<std::size_t>(*size) > witness_bytes_ / kWord) {
      return fail(Code::too_large, "the witness has " + std::to_string(*size) + " values; " +
                                       std::to_string(witness_bytes_) + " bytes are allowed");
    }
    std::string values;
    std::array<char, kWord> value{};
    for (std::int32_t i = 0; i < *size; ++i) {
      if (!call("getWitness", {i}) || !session_.read(shared_, value)) return failure();
      values.append(value.data(), value.size());
    }
    const wasm::Outcome outcome = session_.finish();
    return Witness{
        .wtns = zk::to_wtns(values), .log = std::move(log_), .gas_used = outcome.gas_used};
  }

  std::unexpected<Error> failure() {
    wasm::Outcome outcome = session_.finish();
    if (outcome.status == wasm::Status::trap && !stopped_) {
      outcome.detail = "the calculator trapped: " + outcome.detail;
    }
    return fail(code_of(outcome.status), std::move(outcome.detail));
  }

  // What the calculator calls.

  void stop(std::int32_t exception) {
    std::string reason = "the circuit refuses these inputs: ";
    reason += describe_exception(exception);
    while (error_.ends_with('\n')) error_.pop_back();
    if (!error_.empty()) reason += " (" + error_ + ")";
    stopped_ = true;
    session_.stop(std::move(reason));
  }

  /// The text that the calculator has for its host, a character a call.
  std::string message() {
    std::string text;
    for (auto c = call("getMessageChar"); c.value_or(0) != 0; c = call("getMessageChar")) {
      append(text, std::string(1, static_cast<char>(*c)), kMaxMessageBytes);
    }
    return text;
  }

  /// A part of what `log` prints: each ends with "\n" alone.
  void log_message() {
    const std::string text = message();
    log_part(text, text == "\n");
  }

  void log_number() {
    std::array<char, kWord> bytes{};
    if (!session_.read(shared_, bytes)) return;
    const auto number = zk::Fr::from_le({bytes.data(), bytes.size()});
    log_part(number ? number->to_decimal() : "(not below r)", false);
  }

  void log_part(std::string_view text, bool end_of_line) {
    if (!end_of_line && !log_.empty() && !log_.ends_with('\n')) append(log_, " ", log_bytes_);
    append(log_, text, log_bytes_);
  }

  static void append(std::string& to, std::string_view text, std::size_t limit) {
    to += text.substr(0, limit - std::min(limit, to.size()));
  }

  std::size_t log_bytes_;
  std::size_t witness_bytes_;
  std::string log_;
  std::string error_;
  bool stopped_ = false;
  std::uint32_t shared_ = 0;
  std::uint32_t set_ = 0;
  wasm::Session session_;
};

}  // namespace

std::vector<wasm::Import> imports() {
  const auto runtime = [](std::string name, std::vector<wasm::ValueType> parameters) {
    return wasm::Import{.module = "runtime",
                        .name = std::move(name),
                        .type = {.params = std::move(parameters), .results = {}}};
  };
  return {runtime("exceptionHandler", {wasm::ValueType::i32}), runtime("printErrorMessage", {}),
          runtime("writeBufferMessage", {}), runtime("showSharedRWMemory", {})};
}

Result<Witness> calculate_witness(const wasm::CompiledModule& calculator, std::string_view inputs,
                                  const wasm::CallLimits& limits, std::stop_token stop) {
  const auto signals = read_inputs(inputs);
  if (!signals) return std::unexpected(signals.error());
  return Calculation(calculator, limits, std::move(stop)).run(*signals);
}

}  // namespace vcp::circom
