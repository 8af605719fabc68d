// SPDX-License-Identifier: Apache-2.0
// What happens to a submission before the core sees it.
#include <algorithm>

#include "answers.hpp"
#include "modules.hpp"
#include "submission.hpp"
#include "vcp/coordinator/handover.hpp"

namespace vcp::api {

using coordinator::Contents;
using coordinator::Coordinator;

namespace {

std::unexpected<Error> no_such_module() {
  return fail_field("/module_id", "there is no such module");
}

std::unexpected<Error> no_such_blob() { return fail_field("/input_blob", "there is no such blob"); }

Result<> check_call(const wasm::ModuleInfo& info, const mesh::TaskSpec& spec) {
  return wasm::check_call(info, spec.function, spec.args);
}

/// Finds the blob that is the input.
Result<> take_blob(State& api, const http::Principal& who, Submission& submission) {
  if (!submission.input_blob) return {};
  const auto blob = api.coordinator().blobs().find(who.owner, *submission.input_blob);
  if (!blob) return no_such_blob();
  submission.spec.input = {.bytes = {}, .content = blob->digest, .size = blob->size};
  return {};
}

/// Checks what a task in mode `proof` demands against the circuit that it names.
Result<> check_demand(State& api, const http::Principal& who, const mesh::Verification& asked) {
  if (!asked.proof) return {};
  const auto circuit = api.coordinator().circuits().find(who.owner, asked.proof->circuit);
  if (!circuit) return fail_field("/verification/circuit_id", "there is no such circuit");
  const std::size_t entries = asked.proof->bind.size();
  if (is_receipt(circuit->format)) {
    if (entries == 0) return {};
    return fail_field("/verification/bind",
                      "a receipt is bound by its output: there must be no entries");
  }
  if (entries == circuit->public_signals) return {};
  return fail_field("/verification/bind",
                    "must have an entry for each public signal: the circuit has " +
                        std::to_string(circuit->public_signals) + ", and here are " +
                        std::to_string(entries));
}

bool is_large(const mesh::Payload& payload) {
  return payload.bytes.size() > coordinator::kMaxRecordBytes;
}

}  // namespace

ModuleInfos::Ptr ModuleInfos::find(const Digest& digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = infos_.find(digest);
  return found == infos_.end() ? nullptr : found->second;
}

ModuleInfos::Ptr ModuleInfos::put(const Digest& digest, wasm::ModuleInfo info) {
  auto record = std::make_shared<const wasm::ModuleInfo>(std::move(info));
  const std::lock_guard lock(mutex_);
  const auto [entry, fresh] = infos_.try_emplace(digest, std::move(record));
  Ptr kept = entry->second;
  if (fresh) oldest_.push_back(digest);
  if (infos_.size() > kMaxEntries) {
    infos_.erase(oldest_.front());
    oldest_.pop_front();
  }
  return kept;
}

std::optional<Result<Prepared>> prepare_now(State& api, const http::Principal& who,
                                            Submission& submission) {
  if (submission.wasm_module || is_large(submission.spec.input)) return std::nullopt;
  if (!api.coordinator().modules().find(who.owner, submission.spec.module)) {
    return no_such_module();
  }
  const ModuleInfos::Ptr info = api.modules.find(submission.spec.module);
  if (!info) return std::nullopt;
  const Result<> provable = check_demand(api, who, submission.spec.verification);
  if (!provable) return std::unexpected(provable.error());
  if (const Result<> found = take_blob(api, who, submission); !found) {
    return std::unexpected(found.error());
  }
  const Result<> callable = check_call(*info, submission.spec);
  if (!callable) return std::unexpected(callable.error());
  submission.spec.owner = who.owner;
  return Prepared{.spec = std::move(submission.spec), .module = {}, .pins = {}};
}

Async<Result<Prepared>> prepare(State& api, const http::Principal& who, Submission submission) {
  Prepared prepared;
  mesh::TaskSpec& spec = submission.spec;
  if (const Result<> found = take_blob(api, who, submission); !found) {
    co_return std::unexpected(found.error());
  }
  if (const Result<> provable = check_demand(api, who, spec.verification); !provable) {
    co_return std::unexpected(provable.error());
  }

  ModuleInfos::Ptr info;
  if (submission.wasm_module) {
    auto stored = co_await store_module(api, who.owner, std::move(*submission.wasm_module));
    if (!stored) {
      Error error = stored.error();
      if (error.fields.empty()) error.fields = {{"/wasm_module", error.message}};
      if (error.code == Code::malformed) error.code = Code::invalid;
      co_return std::unexpected(std::move(error));
    }
    info = stored->info;
    spec.module = stored->record.digest;
    prepared.pins.push_back(std::move(stored->pin));
    if (!api.coordinator().modules().find(who.owner, spec.module)) {
      prepared.module = std::move(stored->record);
    }
  } else {
    if (!api.coordinator().modules().find(who.owner, spec.module)) co_return no_such_module();
    auto found = co_await module_info(api, spec.module);
    if (!found) co_return std::unexpected(found.error());
    info = *found;
  }
  if (const Result<> callable = check_call(*info, spec); !callable) {
    co_return std::unexpected(callable.error());
  }

  if (is_large(spec.input)) {
    std::move_only_function<Result<Contents::Pin>()> put = [&api, &spec] {
      return api.coordinator().contents().put(spec.input.bytes);
    };
    auto pin = co_await api.coordinator().pool().run(std::move(put));
    if (!pin) co_return std::unexpected(pin.error());
    spec.input.content = pin->digest();
    spec.input.bytes.clear();
    prepared.pins.push_back(std::move(*pin));
  }
  spec.owner = who.owner;
  prepared.spec = std::move(spec);
  co_return prepared;
}

Result<mesh::TaskPtr> submit(Coordinator::Writer& writer, Prepared prepared) {
  mesh::TaskSpec& spec = prepared.spec;
  const auto known = [&] {
    return writer.coordinator.modules().find(spec.owner, spec.module) != nullptr;
  };
  if (prepared.module && !known()) writer.put_module(std::move(*prepared.module));
  if (!known()) return no_such_module();
  const bool pinned = std::ranges::any_of(
      prepared.pins, [&](const Contents::Pin& pin) { return pin.digest() == spec.input.content; });
  if (spec.input.content && !pinned &&
      !writer.coordinator.blobs().find(spec.owner, *spec.input.content)) {
    return no_such_blob();
  }
  return writer.submit(std::move(spec));
}

}  // namespace vcp::api
