// SPDX-License-Identifier: Apache-2.0
#include "vcp/api/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <shared_mutex>

namespace vcp::api {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

namespace {

const Histogram::BucketBoundaries kSeconds{1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01,
                                           0.03, 0.1,  0.3,  1,    3,    10,   60};
const Histogram::BucketBoundaries kSizes{1, 3, 10, 30, 100, 300, 1'000, 3'000, 10'000};

std::string_view method_name(http::Method method) {
  switch (method) {
    case http::Method::get:
      return "GET";
    case http::Method::head:
      return "HEAD";
    case http::Method::post:
      return "POST";
    case http::Method::put:
      return "PUT";
    case http::Method::del:
      return "DELETE";
    case http::Method::options:
      return "OPTIONS";
    case http::Method::other:
      return "other";
  }
  return "other";
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;

  Family<Counter>& requests = BuildCounter()
                                  .Name("vcp_http_requests_total")
                                  .Help("Requests answered, by route and status")
                                  .Register(registry);
  Family<Histogram>& request_seconds = BuildHistogram()
                                           .Name("vcp_http_request_seconds")
                                           .Help("From a request's last byte to its answer")
                                           .Register(registry);
  Histogram& commit_seconds = BuildHistogram()
                                  .Name("vcp_commit_seconds")
                                  .Help("A synced write of the store")
                                  .Register(registry)
                                  .Add({}, kSeconds);
  Histogram& commit_batches = BuildHistogram()
                                  .Name("vcp_commit_batches")
                                  .Help("Batches that one synced write carried")
                                  .Register(registry)
                                  .Add({}, kSizes);
  Histogram& commit_writes = BuildHistogram()
                                 .Name("vcp_commit_writes")
                                 .Help("Records that one synced write carried")
                                 .Register(registry)
                                 .Add({}, kSizes);
  Family<Histogram>& copy_seconds = BuildHistogram()
                                        .Name("vcp_copy_out_seconds")
                                        .Help("Copying records out of a view under its lock")
                                        .Register(registry);
  Family<Histogram>& copy_records = BuildHistogram()
                                        .Name("vcp_copy_out_records")
                                        .Help("Records that one copy-out took")
                                        .Register(registry);
  Family<Counter>& copy_bytes = BuildCounter()
                                    .Name("vcp_copy_out_bytes_total")
                                    .Help("Bytes copied out of views under their locks")
                                    .Register(registry);
  struct Copies {
    Histogram& seconds;
    Histogram& records;
    Counter& bytes;
  };
  Copies node_copies = copies("nodes");
  Copies task_copies = copies("tasks");
  Family<Gauge>& tasks = BuildGauge().Name("vcp_tasks").Help("Tasks by state").Register(registry);
  Family<Gauge>& nodes = BuildGauge().Name("vcp_nodes").Help("Nodes by status").Register(registry);
  Family<Gauge>& queued =
      BuildGauge().Name("vcp_queue_depth").Help("What waits, by queue").Register(registry);
  Family<Gauge>& fl_jobs =
      BuildGauge().Name("vcp_fl_jobs").Help("Federated learning jobs by state").Register(registry);
  Gauge& fl_updates = BuildGauge()
                          .Name("vcp_fl_updates_accepted_total")
                          .Help("Updates of clients that were accepted")
                          .Register(registry)
                          .Add({});
  Gauge& fl_rounds = BuildGauge()
                         .Name("vcp_fl_rounds_closed_total")
                         .Help("Rounds that gave a new model")
                         .Register(registry)
                         .Add({});
  Gauge& connections =
      BuildGauge().Name("vcp_http_connections").Help("Open ones").Register(registry).Add({});

  Family<Gauge>& trust = BuildGauge()
                             .Name("vcp_answers_judged_total")
                             .Help("How answers were judged since the start")
                             .Register(registry);
  Gauge& log_leaves = BuildGauge()
                          .Name("vcp_log_leaves")
                          .Help("Receipts in the published log")
                          .Register(registry)
                          .Add({});
  Gauge& event_streams = BuildGauge()
                             .Name("vcp_event_streams")
                             .Help("Clients that follow events")
                             .Register(registry)
                             .Add({});
  Gauge& dropped_event_streams = BuildGauge()
                                     .Name("vcp_event_streams_dropped_total")
                                     .Help("Those that were given up")
                                     .Register(registry)
                                     .Add({});

  Family<Counter>& proofs = BuildCounter()
                                .Name("vcp_proofs_verified_total")
                                .Help("Proofs verified, by what came of them")
                                .Register(registry);
  Counter& valid_proofs = proofs.Add({{"outcome", "valid"}});
  Counter& invalid_proofs = proofs.Add({{"outcome", "invalid"}});
  Histogram& proof_seconds = BuildHistogram()
                                 .Name("vcp_proof_verification_seconds")
                                 .Help("Verifying a proof, or up to a thousand of one batch")
                                 .Register(registry)
                                 .Add({}, kSeconds);

  // One entry a route and status, found without building label maps for each request.
  struct Series {
    Counter* count;
    Histogram* seconds;
  };
  std::shared_mutex mutex;
  std::map<std::pair<const http::Route*, unsigned>, Series> series;

  Series& find(const http::Observation& request) {
    const std::pair key{request.route, request.status};
    {
      const std::shared_lock lock(mutex);
      const auto found = series.find(key);
      if (found != series.end()) return found->second;
    }
    const std::string route = request.route ? std::string(request.route->pattern) : "none";
    const std::string method(request.route ? method_name(request.route->method) : "other");
    const std::unique_lock lock(mutex);
    Counter& count = requests.Add(
        {{"route", route}, {"method", method}, {"status", std::to_string(request.status)}});
    Histogram& seconds = request_seconds.Add({{"route", route}, {"method", method}}, kSeconds);
    return series.try_emplace(key, Series{&count, &seconds}).first->second;
  }

  Copies copies(const std::string& kind) {
    return {copy_seconds.Add({{"kind", kind}}, kSeconds),
            copy_records.Add({{"kind", kind}}, kSizes), copy_bytes.Add({{"kind", kind}})};
  }
};

Metrics::Metrics(std::string_view version) : state_(std::make_unique<State>()) {
  BuildGauge()
      .Name("vcp_build_info")
      .Help("Always 1; the labels say which build this is")
      .Register(state_->registry)
      .Add({{"version", std::string(version)}, {"compiler", __VERSION__}})
      .Set(1);
}

Metrics::~Metrics() = default;

void Metrics::observe(const http::Observation& request) {
  const State::Series& series = state_->find(request);
  series.count->Increment();
  series.seconds->Observe(request.seconds);
}

coordinator::Observer Metrics::observer() {
  return {.committed =
              [this](const store::Committer::Sample& sample) {
                state_->commit_seconds.Observe(sample.seconds);
                state_->commit_batches.Observe(static_cast<double>(sample.batches));
                state_->commit_writes.Observe(static_cast<double>(sample.writes));
              },
          .copied_out =
              [this](const coordinator::CopyOut& copy) {
                State::Copies& of =
                    copy.kind == "nodes" ? state_->node_copies : state_->task_copies;
                of.seconds.Observe(copy.seconds);
                of.records.Observe(static_cast<double>(copy.records));
                of.bytes.Increment(static_cast<double>(copy.bytes));
              },
          .verified_proofs =
              [this](std::size_t valid, std::size_t invalid, double seconds) {
                state_->valid_proofs.Increment(static_cast<double>(valid));
                state_->invalid_proofs.Increment(static_cast<double>(invalid));
                state_->proof_seconds.Observe(seconds);
              }};
}

std::string Metrics::render(coordinator::Coordinator& coordinator,
                            const coordinator::FlJobs& fl_jobs, std::size_t connections) const {
  const coordinator::Statistics now = coordinator.statistics();
  const auto set = [](Family<Gauge>& family, const char* label, std::string_view value,
                      double number) { family.Add({{label, std::string(value)}}).Set(number); };
  set(state_->tasks, "state", "pending", static_cast<double>(now.active.pending));
  set(state_->tasks, "state", "running", static_cast<double>(now.active.running));
  set(state_->tasks, "state", "verifying", static_cast<double>(now.active.verifying));
  set(state_->tasks, "state", "completed", static_cast<double>(now.ended.completed));
  set(state_->tasks, "state", "failed", static_cast<double>(now.ended.failed));
  set(state_->tasks, "state", "cancelled", static_cast<double>(now.ended.cancelled));

  using mesh::NodeStatus;
  for (const NodeStatus status :
       {NodeStatus::online, NodeStatus::safe_mode, NodeStatus::draining, NodeStatus::offline}) {
    set(state_->nodes, "status", to_string(status),
        static_cast<double>(now.active.nodes[static_cast<std::size_t>(status)]));
  }
  set(state_->queued, "queue", "commands", static_cast<double>(coordinator.queued_commands()));
  set(state_->queued, "queue", "commits", static_cast<double>(coordinator.queued_commits()));
  set(state_->queued, "queue", "pool", static_cast<double>(coordinator.pool().load()));
  const mesh::TrustCounts& trust = now.active.trust;
  set(state_->trust, "event", "confirmed", static_cast<double>(trust.confirmed));
  set(state_->trust, "event", "disputed", static_cast<double>(trust.disputed));
  set(state_->trust, "event", "rechecked", static_cast<double>(trust.rechecked));
  set(state_->trust, "event", "spot_check", static_cast<double>(trust.spot_checks));
  set(state_->trust, "event", "accepted_adaptively",
      static_cast<double>(trust.accepted_adaptively));
  state_->log_leaves.Set(static_cast<double>(coordinator.receipts().published()->tree.size()));
  const coordinator::EventLog& events = coordinator.events();
  state_->event_streams.Set(static_cast<double>(events.subscriptions()));
  state_->dropped_event_streams.Set(static_cast<double>(events.dropped_readers()));
  const coordinator::FlJobs::Statistics fl = fl_jobs.statistics();
  using coordinator::FlState;
  for (const FlState state :
       {FlState::waiting, FlState::running, FlState::paused, FlState::completed}) {
    const auto found = fl.jobs.find(state);
    set(state_->fl_jobs, "state", to_string(state),
        found == fl.jobs.end() ? 0 : static_cast<double>(found->second));
  }
  state_->fl_updates.Set(static_cast<double>(fl.updates_accepted));
  state_->fl_rounds.Set(static_cast<double>(fl.rounds_closed));
  state_->connections.Set(static_cast<double>(connections));
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace vcp::api
