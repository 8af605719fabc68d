// SPDX-License-Identifier: Apache-2.0
// Verification on request. Parsing and pairings are both done on the pool, a job a request; a batch
// is one job for each thousand proofs, so that a long one lets others in between.
#include <algorithm>
#include <vector>

#include "catalogs.hpp"
#include "content.hpp"
#include "fields.hpp"
#include "handlers.hpp"

namespace vcp::api {

using coordinator::CheckedProof;
using json::Value;

namespace {

constexpr std::size_t kMaxTaskId = 128;
constexpr std::size_t kMaxProofs = 10'000;
constexpr std::size_t kProofsAtOnce = 1'000;

/// The circuit that the request names, ready to verify with.
Result<zk::Circuit> take_circuit(State& api, const http::Principal& who, Fields& fields) {
  const auto id = fields.digest("circuit_id");
  const bool known = id && find_visible(api.coordinator().circuits(), who, *id);
  if (known) return api.coordinator().proofs().load(*id);
  if (!fields.has("circuit_id")) fields.fail("circuit_id", "missing");
  if (id) fields.fail("circuit_id", "there is no such circuit");
  return std::unexpected(fields.errors().result().error());
}

/// Reads the members that say what is proved and how; the other members are the caller's affair.
Result<zk::Presentation> take_presentation(const zk::Circuit& circuit, const Value& object,
                                           Fields& fields) {
  static_cast<void>(fields.value("proof"));
  static_cast<void>(fields.value(zk::statement_member(circuit.format())));
  fields.finish();
  auto presentation = zk::read_presentation(circuit, object);
  if (!presentation) {
    for (const FieldError& wrong : presentation.error().fields) {
      fields.errors().add(wrong.pointer, wrong.detail);
    }
  }
  if (const Result<> right = fields.errors().result(); !right) {
    return std::unexpected(right.error());
  }
  return presentation;
}

Result<std::string> verify_one(State& api, const http::Request& request) {
  json::Document document;
  const auto body = document.parse(request.body);
  if (!body) return std::unexpected(body.error());
  FieldErrors errors;
  Fields fields(*body, "", errors);
  const auto task = fields.text("task_id", {0, kMaxTaskId});
  const auto circuit = take_circuit(api, request.principal, fields);
  if (!circuit) return std::unexpected(circuit.error());
  const auto presentation = take_presentation(*circuit, *body, fields);
  if (!presentation) return std::unexpected(presentation.error());

  const CheckedProof checked = api.coordinator().proofs().verify(*presentation);
  std::string answer;
  json::Writer writer(answer);
  writer.begin_object()
      .member("valid", checked.outcome.valid)
      .member("circuit_id", circuit->id().to_string());
  if (task) writer.member("task_id", *task);
  writer.member("verified_at", to_rfc3339(api.now()))
      .member("verification_time_ms", checked.seconds * 1e3);
  if (!checked.outcome.valid) writer.member("reason", checked.outcome.reason);
  writer.end_object();
  return answer;
}

/// A batch between two jobs. Its values live in the document.
struct Batch {
  json::Document document;
  std::optional<zk::Circuit> circuit = {};
  std::vector<Value> proofs = {};
  std::vector<zk::Outcome> outcomes = {};
};

Result<bool> open_batch(State& api, const http::Request& request, Batch& batch) {
  const auto body = batch.document.parse(request.body);
  if (!body) return std::unexpected(body.error());
  FieldErrors errors;
  Fields fields(*body, "", errors);
  const auto proofs = fields.value("proofs");
  if (!proofs) {
    fields.fail("proofs", "missing");
  } else if (!proofs->is(json::Kind::array) || proofs->size() > kMaxProofs) {
    fields.fail("proofs", "must be an array of at most 10000 proofs");
  }
  static_cast<void>(fields.value("circuit_id"));
  fields.finish();
  auto circuit = take_circuit(api, request.principal, fields);
  if (!circuit) return std::unexpected(circuit.error());
  if (const Result<> right = errors.result(); !right) return std::unexpected(right.error());
  batch.circuit = std::move(*circuit);
  for (const json::Item& item : *proofs) batch.proofs.push_back(item.value);
  return true;
}

/// A proof that cannot be read harms no other.
zk::Presentation present_or_flaw(const zk::Circuit& circuit, const Value& item) {
  FieldErrors errors;
  Fields fields(item, "", errors);
  auto presentation = take_presentation(circuit, item, fields);
  if (presentation) return std::move(*presentation);
  return {.key = std::nullopt, .proof = {}, .signals = {}, .flaw = presentation.error().message};
}

/// Verifies the proofs that follow those that have an outcome.
Result<bool> verify_next(State& api, Batch& batch) {
  const std::size_t first = batch.outcomes.size();
  const std::size_t last = std::min(first + kProofsAtOnce, batch.proofs.size());
  std::vector<zk::Presentation> presentations;
  presentations.reserve(last - first);
  for (std::size_t i = first; i < last; ++i) {
    presentations.push_back(present_or_flaw(*batch.circuit, batch.proofs[i]));
  }
  std::ranges::move(api.coordinator().proofs().verify_batch(presentations),
                    std::back_inserter(batch.outcomes));
  return true;
}

std::string render(const Batch& batch) {
  std::string answer;
  json::Writer writer(answer);
  writer.begin_object().key("results").begin_array();
  for (std::size_t i = 0; i < batch.outcomes.size(); ++i) {
    const zk::Outcome& outcome = batch.outcomes[i];
    writer.begin_object().member("index", i).member("valid", outcome.valid);
    if (!outcome.valid) writer.member("reason", outcome.reason);
    writer.end_object();
  }
  writer.end_array().end_object();
  return answer;
}

}  // namespace

Async<Handled> post_proof(State& api, http::Request& request) {
  std::move_only_function<Result<std::string>()> verify = [&api, &request] {
    return verify_one(api, request);
  };
  auto answer = co_await api.coordinator().pool().run(std::move(verify));
  if (!answer) co_return std::unexpected(answer.error());
  co_return json_response(std::move(*answer));
}

Async<Handled> post_proofs(State& api, http::Request& request) {
  coordinator::Pool& pool = api.coordinator().pool();
  Batch batch;
  std::move_only_function<Result<bool>()> open = [&api, &request, &batch] {
    return open_batch(api, request, batch);
  };
  auto done = co_await pool.run(std::move(open));
  while (done && batch.outcomes.size() < batch.proofs.size()) {
    std::move_only_function<Result<bool>()> verify = [&api, &batch] {
      return verify_next(api, batch);
    };
    done = co_await pool.run(std::move(verify));
  }
  if (!done) co_return std::unexpected(done.error());
  co_return json_response(render(batch));
}

/// The proof that a task was accepted with, and what it is a proof of.
Async<Handled> get_proof(State& api, http::Request& request) {
  const auto id = Digest::parse(request.param("id"));
  if (!id) co_return not_found("proof");
  const auto task = api.coordinator().tasks().find_proven(*id, visible_owner(request.principal));
  if (!task) co_return std::unexpected(task.error());
  const mesh::Evidence* evidence = *task ? (*task)->evidence() : nullptr;
  if (!evidence) co_return not_found("proof");
  const auto document = co_await read_payload(api, evidence->document);
  if (!document) co_return std::unexpected(document.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("proof_id", id->to_string())
      .member("task_id", (*task)->id.to_string());
  // The document is an object too: its members go on here.
  co_return json_response(body + "," + document->substr(1));
}

}  // namespace vcp::api
