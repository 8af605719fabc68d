// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state.hpp"
#include "vcp/base/async.hpp"
#include "vcp/base/json.hpp"
#include "vcp/http/route.hpp"

/// Every handler: it parses a request, calls the coordinator, and renders. routes.cpp says which
/// route each serves.
namespace vcp::api {

using Handled = Result<http::Response>;

// System
Handled get_liveness(State& api, http::Request& request);
Handled get_readiness(State& api, http::Request& request);
Handled get_health(State& api, http::Request& request);
Handled get_metrics(State& api, http::Request& request);
Handled get_openapi(State& api, http::Request& request);
Handled get_docs(State& api, http::Request& request);
Async<Handled> get_statistics(State& api, http::Request& request);
Async<void> get_events(State& api, http::Exchange& exchange);

// Nodes
Async<Handled> post_node(State& api, http::Request& request);
Async<Handled> list_nodes(State& api, http::Request& request);
Async<Handled> get_node(State& api, http::Request& request);
Async<Handled> delete_node(State& api, http::Request& request);
Async<Handled> drain_node(State& api, http::Request& request);
Async<Handled> undrain_node(State& api, http::Request& request);
Async<Handled> put_heartbeat(State& api, http::Request& request);
Async<Handled> post_leases(State& api, http::Request& request);

// Results
Async<Handled> post_result(State& api, http::Request& request);
Async<void> post_results(State& api, http::Exchange& exchange);

// Modules and blobs
Async<Handled> post_module(State& api, http::Request& request);
Async<Handled> list_modules(State& api, http::Request& request);
Async<Handled> get_module(State& api, http::Request& request);
Async<void> get_module_content(State& api, http::Exchange& exchange);
Async<Handled> delete_module(State& api, http::Request& request);
Async<void> post_blob(State& api, http::Exchange& exchange);
Async<Handled> get_blob(State& api, http::Request& request);
Async<void> get_blob_content(State& api, http::Exchange& exchange);
Async<Handled> delete_blob(State& api, http::Request& request);

// Circuits and proofs
Async<Handled> post_circuit(State& api, http::Request& request);
Async<Handled> list_circuits(State& api, http::Request& request);
Async<Handled> get_circuit(State& api, http::Request& request);
Async<Handled> post_proof(State& api, http::Request& request);
Async<Handled> post_proofs(State& api, http::Request& request);
Async<Handled> get_proof(State& api, http::Request& request);

// Tasks
Async<Handled> post_task(State& api, http::Request& request);
Async<void> post_batch(State& api, http::Exchange& exchange);
Async<Handled> list_tasks(State& api, http::Request& request);
Async<Handled> list_dead_tasks(State& api, http::Request& request);
Async<Handled> get_task(State& api, http::Request& request);
Async<void> get_output(State& api, http::Exchange& exchange);
Async<void> get_input(State& api, http::Exchange& exchange);
Async<Handled> explain_task(State& api, http::Request& request);
Async<Handled> cancel_task(State& api, http::Request& request);

/// The task that the path names, if the caller may see it.
[[nodiscard]] Result<mesh::TaskPtr> find_task(State& api, const http::Request& request);

// Receipts and the transparency log
Async<Handled> get_receipt(State& api, http::Request& request);
Handled get_checkpoint(State& api, http::Request& request);
Handled get_log_key(State& api, http::Request& request);
Handled get_tile(State& api, http::Request& request);

// Federated learning
Async<Handled> post_fl_job(State& api, http::Request& request);
Async<Handled> list_fl_jobs(State& api, http::Request& request);
Async<Handled> get_fl_job(State& api, http::Request& request);
Async<Handled> delete_fl_job(State& api, http::Request& request);
Async<Handled> pause_fl_job(State& api, http::Request& request);
Async<Handled> resume_fl_job(State& api, http::Request& request);
Async<Handled> get_fl_round(State& api, http::Request& request);
Async<void> put_fl_model(State& api, http::Exchange& exchange);
Async<void> get_fl_model(State& api, http::Exchange& exchange);
Async<void> post_fl_update(State& api, http::Exchange& exchange);

// Tokens
Async<Handled> post_token(State& api, http::Request& request);
Async<Handled> list_tokens(State& api, http::Request& request);
Async<Handled> delete_token(State& api, http::Request& request);

/// Refuses a node's token on another node's behalf.
[[nodiscard]] Result<> acts_for(const http::Principal& who, std::string_view node);

}  // namespace vcp::api
