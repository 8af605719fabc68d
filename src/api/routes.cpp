// SPDX-License-Identifier: Apache-2.0
// The one table of what this server serves.
#include "docs_page.hpp"
#include "handlers.hpp"
#include "openapi.hpp"
#include "results.hpp"

namespace vcp::api {

using http::Method;
using http::Request;
using http::Response;
using http::Role;
using http::Roles;
using http::Route;

namespace {

constexpr Roles kPublic{Role::none, Role::admin, Role::submitter, Role::reader,
                        Role::join, Role::node,  Role::fl_client};
constexpr Roles kReaders{Role::admin, Role::submitter, Role::reader};
constexpr Roles kSubmitters{Role::admin, Role::submitter};
constexpr Roles kFlReaders{Role::admin, Role::submitter, Role::reader, Role::fl_client};
constexpr Roles kFlClients{Role::admin, Role::submitter, Role::fl_client};
constexpr Roles kAdmin{Role::admin};
constexpr Roles kNodes{Role::admin, Role::node};
constexpr Roles kJoining{Role::admin, Role::join, Role::node};
constexpr Roles kContent{Role::admin, Role::submitter, Role::reader, Role::node};

constexpr std::uint64_t kSmallBody = 1 << 20;
constexpr std::uint64_t kResultsBody = 256ULL << 20;

const std::vector<std::string_view> kJson{"application/json"};
const std::vector<std::string_view> kLines{"application/x-ndjson"};
const std::vector<std::string_view> kModels{"application/vnd.safetensors"};
const std::vector<std::string_view> kModules{"application/wasm", "text/wat"};

Response respond(Handled handled) {
  return handled ? std::move(*handled) : http::problem(handled.error());
}

Async<Response> respond_later(Async<Handled> pending) {
  Handled handled = co_await std::move(pending);
  co_return respond(std::move(handled));
}

/// Handlers bound to the state, in the three forms that a route knows.
class Binder {
 public:
  explicit Binder(State& api) : api_(api) {}

  http::Reply operator()(Handled (*handler)(State&, Request&)) const {
    return [&api = api_, handler](Request& request) { return respond(handler(api, request)); };
  }
  http::Call operator()(Async<Handled> (*handler)(State&, Request&)) const {
    return
        [&api = api_, handler](Request& request) { return respond_later(handler(api, request)); };
  }
  http::Stream operator()(Async<void> (*handler)(State&, http::Exchange&)) const {
    return [&api = api_, handler](http::Exchange& exchange) { return handler(api, exchange); };
  }

 private:
  State& api_;
};

std::vector<Route> system_routes(const Binder& to) {
  return {
      {.method = Method::get,
       .pattern = "/healthz",
       .roles = kPublic,
       .handler = to(get_liveness),
       .tag = "System",
       .summary = "Whether the process is alive",
       .response_schema = "Status"},
      {.method = Method::get,
       .pattern = "/readyz",
       .roles = kPublic,
       .handler = to(get_readiness),
       .tag = "System",
       .summary = "Whether the server takes work; 503 says why not",
       .response_schema = "Status"},
      {.method = Method::get,
       .pattern = "/api/v1/health",
       .roles = kPublic,
       .handler = to(get_health),
       .tag = "System",
       .summary = "Status, version and time",
       .response_schema = "Health"},
      {.method = Method::get,
       .pattern = "/metrics",
       .roles = kReaders,
       .handler = to(get_metrics),
       .tag = "System",
       .summary = "Metrics in the text format of Prometheus"},
      {.method = Method::get,
       .pattern = "/openapi.json",
       .roles = kPublic,
       .etag = true,
       .handler = to(get_openapi),
       .tag = "System",
       .summary = "This document"},
      {.method = Method::get,
       .pattern = "/docs",
       .roles = kPublic,
       .etag = true,
       .handler = to(get_docs),
       .tag = "System",
       .summary = "The reference, for people"},
      {.method = Method::get,
       .pattern = "/api/v1/cluster/stats",
       .roles = kReaders,
       .handler = to(get_statistics),
       .tag = "System",
       .summary = "Nodes and tasks in numbers",
       .response_schema = "Statistics"},
      {.method = Method::get,
       .pattern = "/api/v1/events",
       .roles = kReaders,
       .handler = to(get_events),
       .tag = "System",
       .summary = "Follow what happens, as server-sent events",
       .detail = "Events `task`, `node` and `round`, each when something has a new state, with "
                 "its number as id: of tasks and rounds those of the owner, of nodes all. Begins "
                 "with what comes next, or after `Last-Event-ID`, also across a restart. `gap` "
                 "comes first if something after that is not kept any more, `dropped` last if the "
                 "client is too slow or its token does not serve any more.",
       .query = {"types"}},
  };
}

std::vector<Route> node_routes(const Binder& to) {
  return {
      {.method = Method::post,
       .pattern = "/api/v1/nodes",
       .roles = kJoining,
       .body_limit = kSmallBody,
       .media_types = kJson,
       .handler = to(post_node),
       .tag = "Nodes",
       .summary = "Register a node",
       .detail = "The answer has the node's own token, once. With that token the node registers "
                 "anew: 200, and what it held is placed again.",
       .request_schema = "NodeRegistration",
       .response_schema = "Node",
       .success_status = 201},
      {.method = Method::get,
       .pattern = "/api/v1/nodes",
       .roles = kReaders,
       .handler = to(list_nodes),
       .tag = "Nodes",
       .summary = "List nodes",
       .query = {"status", "region", "type", "limit", "cursor"},
       .response_schema = "NodeList"},
      {.method = Method::get,
       .pattern = "/api/v1/nodes/{id}",
       .roles = kReaders,
       .etag = true,
       .handler = to(get_node),
       .tag = "Nodes",
       .summary = "A node",
       .response_schema = "Node"},
      {.method = Method::del,
       .pattern = "/api/v1/nodes/{id}",
       .roles = kAdmin,
       .handler = to(delete_node),
       .tag = "Nodes",
       .summary = "Remove a node; what it holds is placed again",
       .success_status = 204},
      {.method = Method::post,
       .pattern = "/api/v1/nodes/{id}/drain",
       .roles = kAdmin,
       .body_limit = kSmallBody,
       .handler = to(drain_node),
       .tag = "Nodes",
       .summary = "Give a node no new work",
       .response_schema = "Node"},
      {.method = Method::post,
       .pattern = "/api/v1/nodes/{id}/undrain",
       .roles = kAdmin,
       .body_limit = kSmallBody,
       .handler = to(undrain_node),
       .tag = "Nodes",
       .summary = "Give a node work again",
       .response_schema = "Node"},
      {.method = Method::put,
       .pattern = "/api/v1/nodes/{id}/heartbeat",
       .roles = kNodes,
       .body_limit = kSmallBody,
       .media_types = kJson,
       .handler = to(put_heartbeat),
       .tag = "Nodes",
       .summary = "Say that a node lives, and renew its leases",
       .request_schema = "Heartbeat",
       .response_schema = "HeartbeatReply"},
      {.method = Method::post,
       .pattern = "/api/v1/nodes/{id}/leases",
       .roles = kNodes,
       .body_limit = kSmallBody,
       .long_poll = true,
       .handler = to(post_leases),
       .tag = "Nodes",
       .summary = "Ask for work, and wait for it",
       .query = {"max", "wait"},
       .response_schema = "Leases"},
      {.method = Method::post,
       .pattern = "/api/v1/nodes/{id}/results",
       .roles = kNodes,
       .body_limit = kResultsBody,
       .media_types = kLines,
       .handler = to(post_results),
       .tag = "Nodes",
       .summary = "Hand in results, one a line",
       .request_schema = "TaskResultReport",
       .response_schema = "ResultOutcome"},
  };
}

std::vector<Route> content_routes(const Binder& to, const Limits& limits) {
  return {
      {.method = Method::post,
       .pattern = "/api/v1/modules",
       .roles = kSubmitters,
       .body_limit = limits.module_bytes,
       .media_types = kModules,
       .handler = to(post_module),
       .tag = "Modules",
       .summary = "Upload a WebAssembly module, binary or text",
       .detail = "200 if it is known. 422 says why it cannot run here.",
       .response_schema = "Module",
       .success_status = 201},
      {.method = Method::get,
       .pattern = "/api/v1/modules",
       .roles = kReaders,
       .handler = to(list_modules),
       .tag = "Modules",
       .summary = "List modules",
       .query = {"limit", "cursor"},
       .response_schema = "ModuleList"},
      {.method = Method::get,
       .pattern = "/api/v1/modules/{id}",
       .roles = kReaders,
       .etag = true,
       .handler = to(get_module),
       .tag = "Modules",
       .summary = "A module",
       .response_schema = "Module"},
      {.method = Method::get,
       .pattern = "/api/v1/modules/{id}/content",
       .roles = kContent,
       .handler = to(get_module_content),
       .tag = "Modules",
       .summary = "A module's binary"},
      {.method = Method::del,
       .pattern = "/api/v1/modules/{id}",
       .roles = kSubmitters,
       .handler = to(delete_module),
       .tag = "Modules",
       .summary = "Remove a module; 409 while tasks need it",
       .success_status = 204},
      {.method = Method::post,
       .pattern = "/api/v1/blobs",
       .roles = kSubmitters,
       .body_limit = limits.blob_bytes,
       .handler = to(post_blob),
       .tag = "Blobs",
       .summary = "Upload bytes, for the input of tasks",
       .response_schema = "Blob",
       .success_status = 201},
      {.method = Method::get,
       .pattern = "/api/v1/blobs/{id}",
       .roles = kReaders,
       .etag = true,
       .handler = to(get_blob),
       .tag = "Blobs",
       .summary = "A blob",
       .response_schema = "Blob"},
      {.method = Method::get,
       .pattern = "/api/v1/blobs/{id}/content",
       .roles = kContent,
       .handler = to(get_blob_content),
       .tag = "Blobs",
       .summary = "A blob's bytes, or a range of them"},
      {.method = Method::del,
       .pattern = "/api/v1/blobs/{id}",
       .roles = kSubmitters,
       .handler = to(delete_blob),
       .tag = "Blobs",
       .summary = "Remove a blob; 409 while tasks need it",
       .success_status = 204},
  };
}

std::vector<Route> task_routes(const Binder& to, const Limits& limits) {
  return {
      {.method = Method::post,
       .pattern = "/api/v1/tasks",
       .roles = kSubmitters,
       .body_limit = limits.body_bytes,
       .media_types = kJson,
       .long_poll = true,
       .handler = to(post_task),
       .tag = "Tasks",
       .summary = "Submit a task",
       .detail = "With `wait` the answer comes when the task has ended or the time is up.",
       .query = {"wait"},
       .request_schema = "TaskSubmission",
       .response_schema = "TaskInfo",
       .success_status = 201},
      {.method = Method::post,
       .pattern = "/api/v1/tasks/batch",
       .roles = kSubmitters,
       .body_limit = limits.batch_bytes,
       .media_types = kLines,
       .handler = to(post_batch),
       .tag = "Tasks",
       .summary = "Submit many tasks, one a line",
       .detail = "An answer line for each, in order: `index` with `task_id` or `problem`. One bad "
                 "line harms no other.",
       .request_schema = "TaskSubmission",
       .response_schema = "SubmissionOutcome"},
      {.method = Method::get,
       .pattern = "/api/v1/tasks",
       .roles = kReaders,
       .handler = to(list_tasks),
       .tag = "Tasks",
       .summary = "List tasks, newest first",
       .query = {"status", "task_type", "module_id", "created_after", "created_before", "limit",
                 "cursor"},
       .response_schema = "TaskList"},
      {.method = Method::get,
       .pattern = "/api/v1/tasks/dead",
       .roles = kReaders,
       .handler = to(list_dead_tasks),
       .tag = "Tasks",
       .summary = "List tasks that failed for good",
       .query = {"limit", "cursor"},
       .response_schema = "TaskList"},
      {.method = Method::get,
       .pattern = "/api/v1/tasks/{id}",
       .roles = kReaders,
       .long_poll = true,
       .etag = true,
       .handler = to(get_task),
       .tag = "Tasks",
       .summary = "A task",
       .query = {"wait"},
       .response_schema = "TaskInfo"},
      {.method = Method::get,
       .pattern = "/api/v1/tasks/{id}/output",
       .roles = kReaders,
       .handler = to(get_output),
       .tag = "Tasks",
       .summary = "The bytes that a task gave; 409 if there are none"},
      {.method = Method::get,
       .pattern = "/api/v1/tasks/{id}/input",
       .roles = kReaders,
       .handler = to(get_input),
       .tag = "Tasks",
       .summary = "The bytes that a task was given"},
      {.method = Method::get,
       .pattern = "/api/v1/tasks/{id}/receipt",
       .roles = kReaders,
       .handler = to(get_receipt),
       .tag = "Tasks",
       .summary = "The receipt of a completed task, with the proof that it is in the log",
       .detail =
           "Waits, at most a second, for a checkpoint that covers it. 409 unless the task has "
           "completed.",
       .response_schema = "Receipt"},
      {.method = Method::get,
       .pattern = "/api/v1/tasks/{id}/explain",
       .roles = kReaders,
       .handler = to(explain_task),
       .tag = "Tasks",
       .summary = "What a task waits for",
       .response_schema = "Explanation"},
      {.method = Method::post,
       .pattern = "/api/v1/tasks/{id}/cancel",
       .roles = kSubmitters,
       .body_limit = kSmallBody,
       .handler = to(cancel_task),
       .tag = "Tasks",
       .summary = "Cancel a task; 409 once it has ended",
       .response_schema = "TaskInfo"},
      {.method = Method::post,
       .pattern = "/api/v1/tasks/{id}/result",
       .roles = kNodes,
       .body_limit = kMaxResultBytes,
       .media_types = kJson,
       .handler = to(post_result),
       .tag = "Nodes",
       .summary = "Hand in the result of a lease; 409 for a stale epoch",
       .request_schema = "TaskResultReport",
       .response_schema = "TaskResultAnswer"},
  };
}

std::vector<Route> log_routes(const Binder& to) {
  return {
      {.method = Method::get,
       .pattern = "/log/checkpoint",
       .roles = kPublic,
       .handler = to(get_checkpoint),
       .tag = "Log",
       .summary = "The newest checkpoint, a signed note"},
      {.method = Method::get,
       .pattern = "/log/key",
       .roles = kPublic,
       .handler = to(get_log_key),
       .tag = "Log",
       .summary = "The verifier keys of those who sign, one a line"},
      {.method = Method::get,
       .pattern = "/log/tile/{path...}",
       .roles = kPublic,
       .handler = to(get_tile),
       .tag = "Log",
       .summary = "A tile of the Merkle tree, or a bundle of entries"},
  };
}

std::vector<Route> proof_routes(const Binder& to, const Limits& limits) {
  return {
      {.method = Method::post,
       .pattern = "/api/v1/circuits",
       .roles = kSubmitters,
       .body_limit = limits.body_bytes,
       .media_types = kJson,
       .handler = to(post_circuit),
       .tag = "Proofs",
       .summary = "Register a circuit: what proofs are verified against",
       .detail = "200 if it is known. 422 says what is wrong with the key, or why it is unsafe.",
       .request_schema = "CircuitRegistration",
       .response_schema = "Circuit",
       .success_status = 201},
      {.method = Method::get,
       .pattern = "/api/v1/circuits",
       .roles = kReaders,
       .handler = to(list_circuits),
       .tag = "Proofs",
       .summary = "List circuits",
       .query = {"limit", "cursor"},
       .response_schema = "CircuitList"},
      {.method = Method::get,
       .pattern = "/api/v1/circuits/{id}",
       .roles = kReaders,
       .etag = true,
       .handler = to(get_circuit),
       .tag = "Proofs",
       .summary = "A circuit",
       .response_schema = "Circuit"},
      {.method = Method::post,
       .pattern = "/api/v1/proofs/verify",
       .roles = kSubmitters,
       .body_limit = limits.body_bytes,
       .media_types = kJson,
       .handler = to(post_proof),
       .tag = "Proofs",
       .summary = "Verify a proof",
       .detail = "A proof that is wrong in any way is `valid: false` with the reason; only JSON of "
                 "the wrong shape is 422.",
       .request_schema = "ProofVerification",
       .response_schema = "ProofVerdict"},
      {.method = Method::post,
       .pattern = "/api/v1/proofs/verify/batch",
       .roles = kSubmitters,
       .body_limit = limits.body_bytes,
       .media_types = kJson,
       .handler = to(post_proofs),
       .tag = "Proofs",
       .summary = "Verify many proofs under one circuit, at a fraction of the time each",
       .detail = "At most 10,000. One that cannot be read is `valid: false` and harms no other.",
       .request_schema = "ProofBatch",
       .response_schema = "ProofVerdicts"},
      {.method = Method::get,
       .pattern = "/api/v1/proofs/{id}",
       .roles = kReaders,
       .etag = true,
       .handler = to(get_proof),
       .tag = "Proofs",
       .summary = "The proof that a task was accepted with",
       .response_schema = "Proof"},
  };
}

std::vector<Route> fl_routes(const Binder& to, const Limits& limits) {
  return {
      {.method = Method::post,
       .pattern = "/api/v1/fl/jobs",
       .roles = kSubmitters,
       .body_limit = kSmallBody,
       .media_types = kJson,
       .handler = to(post_fl_job),
       .tag = "Federated learning",
       .summary = "Open a job; it waits for its first model",
       .request_schema = "FlJobRequest",
       .response_schema = "FlJob",
       .success_status = 201},
      {.method = Method::get,
       .pattern = "/api/v1/fl/jobs",
       .roles = kReaders,
       .handler = to(list_fl_jobs),
       .tag = "Federated learning",
       .summary = "List jobs, newest first",
       .query = {"state", "limit", "cursor"},
       .response_schema = "FlJobList"},
      {.method = Method::get,
       .pattern = "/api/v1/fl/jobs/{id}",
       .roles = kFlReaders,
       .etag = true,
       .handler = to(get_fl_job),
       .tag = "Federated learning",
       .summary = "A job",
       .response_schema = "FlJob"},
      {.method = Method::del,
       .pattern = "/api/v1/fl/jobs/{id}",
       .roles = kSubmitters,
       .handler = to(delete_fl_job),
       .tag = "Federated learning",
       .summary = "Remove a job with its models, updates and tokens",
       .success_status = 204},
      {.method = Method::post,
       .pattern = "/api/v1/fl/jobs/{id}/pause",
       .roles = kSubmitters,
       .body_limit = kSmallBody,
       .handler = to(pause_fl_job),
       .tag = "Federated learning",
       .summary = "Take no updates until resumed; 409 before the first model and after the end",
       .response_schema = "FlJob"},
      {.method = Method::post,
       .pattern = "/api/v1/fl/jobs/{id}/resume",
       .roles = kSubmitters,
       .body_limit = kSmallBody,
       .handler = to(resume_fl_job),
       .tag = "Federated learning",
       .summary = "Go on with what was accepted, the round's time afresh; 409 as for pause",
       .response_schema = "FlJob"},
      {.method = Method::put,
       .pattern = "/api/v1/fl/jobs/{id}/model",
       .roles = kSubmitters,
       .body_limit = limits.fl_model_bytes,
       .media_types = kModels,
       .handler = to(put_fl_model),
       .tag = "Federated learning",
       .summary = "Set the first global model and open round 1; a second one is 409",
       .response_schema = "FlJob",
       .success_status = 201},
      {.method = Method::get,
       .pattern = "/api/v1/fl/jobs/{id}/model",
       .roles = kFlReaders,
       .handler = to(get_fl_model),
       .tag = "Federated learning",
       .summary = "The newest global model, or the one that a round trains from",
       .detail = "`X-FL-Round` says which round trains from it.",
       .query = {"round"}},
      {.method = Method::post,
       .pattern = "/api/v1/fl/jobs/{id}/rounds/{n}/updates",
       .roles = kFlClients,
       .body_limit = limits.fl_model_bytes,
       .media_types = kModels,
       .handler = to(post_fl_update),
       .tag = "Federated learning",
       .summary = "Send a client's update for a round",
       .detail = "The client's model, or with `kind=delta` its difference from the round's. 200 if "
                 "the same was accepted before; 409 with `open_round` if the round is closed, full "
                 "or paused, or the client sent another. `loss` and `accuracy` in the file's "
                 "metadata are kept for the round, unless the job is private.",
       .query = {"client_id", "num_samples", "kind"},
       .response_schema = "FlUpdate",
       .success_status = 202},
      {.method = Method::get,
       .pattern = "/api/v1/fl/jobs/{id}/rounds/{n}",
       .roles = kFlReaders,
       .etag = true,
       .handler = to(get_fl_round),
       .tag = "Federated learning",
       .summary = "A round: who took part, and what they measured",
       .response_schema = "FlRound"},
  };
}

std::vector<Route> token_routes(const Binder& to) {
  return {
      {.method = Method::post,
       .pattern = "/api/v1/tokens",
       .roles = kSubmitters,
       .body_limit = kSmallBody,
       .media_types = kJson,
       .handler = to(post_token),
       .tag = "Tokens",
       .summary = "Make a token; its secret is in this answer only",
       .detail = "A submitter makes `fl_client` tokens for its jobs, an administrator any.",
       .request_schema = "TokenRequest",
       .response_schema = "Token",
       .success_status = 201},
      {.method = Method::get,
       .pattern = "/api/v1/tokens",
       .roles = kAdmin,
       .handler = to(list_tokens),
       .tag = "Tokens",
       .summary = "List tokens, without their secrets",
       .query = {"limit", "cursor"},
       .response_schema = "TokenList"},
      {.method = Method::del,
       .pattern = "/api/v1/tokens/{id}",
       .roles = kAdmin,
       .handler = to(delete_token),
       .tag = "Tokens",
       .summary = "Revoke a token",
       .success_status = 204},
  };
}

}  // namespace

Api::Api(Services services) : state_(std::make_unique<State>(std::move(services))) {
  const std::vector<Route> all = routes();
  state_->openapi = render_openapi(all);
  state_->docs = render_docs(all);
}

Api::~Api() = default;

const std::string& Api::openapi() const { return state_->openapi; }

std::vector<Route> Api::routes() {
  const Binder to(*state_);
  const Limits& limits = state_->services.limits;
  std::vector<Route> all;
  for (auto group :
       {system_routes(to), node_routes(to), content_routes(to, limits), task_routes(to, limits),
        proof_routes(to, limits), fl_routes(to, limits), log_routes(to), token_routes(to)}) {
    std::ranges::move(group, std::back_inserter(all));
  }
  return all;
}

}  // namespace vcp::api
