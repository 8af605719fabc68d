// SPDX-License-Identifier: Apache-2.0
#include "catalogs.hpp"
#include "handlers.hpp"

namespace vcp::api {

using coordinator::Answer;
using coordinator::Circuit;
using coordinator::Contents;
using coordinator::Coordinator;

namespace {

std::string render(const Circuit& circuit) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("circuit_id", circuit.digest.to_string())
      .member("protocol", "groth16")
      .member("curve", "bn254")
      .member("format", to_string(circuit.format))
      .member("n_public", circuit.public_signals)
      .member("created_at", to_rfc3339(circuit.created_at))
      .end_object();
  return body;
}

/// A circuit whose canonical bytes are on disk, and which is not yet recorded.
struct StoredCircuit {
  Circuit record;
  Contents::Pin pin;
};

/// Reads, checks and stores what was sent. For the pool.
Result<StoredCircuit> store_circuit(State& api, const http::Request& request) {
  json::Document document;
  const auto body = document.parse(request.body);
  if (!body) return std::unexpected(body.error());
  const auto circuit = api.coordinator().proofs().read(*body);
  if (!circuit) return std::unexpected(circuit.error());
  auto pin = api.coordinator().contents().put(circuit->canonical());
  if (!pin) return std::unexpected(pin.error());
  return StoredCircuit{
      .record = {.digest = circuit->id(),
                 .owner = request.principal.owner,
                 .size = circuit->canonical().size(),
                 .format = circuit->format(),
                 .public_signals = static_cast<std::uint32_t>(circuit->public_signals()),
                 .created_at = api.now()},
      .pin = std::move(*pin)};
}

}  // namespace

Async<Handled> post_circuit(State& api, http::Request& request) {
  const auto once = once_of(request);
  if (!once) co_return std::unexpected(once.error());
  std::move_only_function<Result<StoredCircuit>()> store = [&api, &request] {
    return store_circuit(api, request);
  };
  auto stored = co_await api.coordinator().pool().run(std::move(store));
  Result<StoredCircuit>* const taken = &stored;
  Coordinator::Command<Coordinator::Render> record =
      [taken](Coordinator::Writer& writer) -> Result<Coordinator::Render> {
    // Only here, so that a repetition gets the first answer whatever has become of the rest.
    if (!*taken) return std::unexpected(taken->error());
    Circuit& circuit = (*taken)->record;
    const auto known = writer.coordinator.circuits().find(circuit.owner, circuit.digest);
    Answer answer{.status = known ? 200U : 201U,
                  .body = render(known ? *known : circuit),
                  .subject = circuit.digest.to_string()};
    if (!known) writer.put_circuit(std::move(circuit));
    return [answer = std::move(answer)] { return answer; };
  };
  const auto created = co_await api.coordinator().create(*once, std::move(record));
  if (!created) co_return std::unexpected(created.error());
  co_return created_response(*created, "/api/v1/circuits/");
}

Async<Handled> list_circuits(State& api, http::Request& request) {
  return list_catalog(api, request, api.coordinator().circuits(), render);
}

Async<Handled> get_circuit(State& api, http::Request& request) {
  const auto circuit = find_in_path(api.coordinator().circuits(), request, "circuit");
  if (!circuit) co_return std::unexpected(circuit.error());
  const Result<> durable = co_await api.coordinator().durable_now();
  if (!durable) co_return std::unexpected(durable.error());
  co_return json_response(render(**circuit));
}

}  // namespace vcp::api
