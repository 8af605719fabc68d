// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vcp/base/random.hpp"
#include "vcp/coordinator/fl_records.hpp"
#include "vcp/coordinator/records.hpp"

namespace vcp::coordinator {

/// Makes records whose every field is random, and often at an end of its range.
class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed) : random_(seed) {}

  mesh::Node node();
  mesh::Task task();
  Token token();
  Module module();
  Blob blob();
  Circuit circuit();
  AnswerRecord answer();
  ContentRecord content() { return {.size = natural(), .references = natural()}; }
  EndedCounts counts() {
    return {.completed = natural(),
            .failed = natural(),
            .cancelled = natural(),
            .forgotten = natural()};
  }
  Events events() {
    Events events(random_.below(5));
    for (Event& event : events) event = {.at = time(), .subject = subject()};
    return events;
  }
  FlJob fl_job();
  FlUpdate fl_update();
  FlRound fl_round();

 private:
  FlFile fl_file() { return {.digest = bytes<Digest>(), .size = natural()}; }
  fl::Privacy fl_privacy();

  bool coin() { return random_.below(2) == 1; }

  /// Of every length in bits.
  std::uint64_t natural() { return random_.next() >> random_.below(64); }
  std::uint32_t small() { return static_cast<std::uint32_t>(random_.next() >> random_.below(32)); }
  double real() { return random_.uniform() * 1e6 - 1e3; }
  Time time() { return Time(Duration(static_cast<std::int64_t>(random_.next() >> 20))); }
  Epoch epoch() { return Epoch{natural()}; }

  std::string text() {
    std::string text(random_.below(5) == 0 ? random_.below(300) : random_.below(12), '\0');
    random_.fill(std::as_writable_bytes(std::span(text)));
    return text;
  }
  NodeId node_id() { return {text()}; }

  template <class Id>
  Id bytes() {
    Id id;
    random_.fill(std::as_writable_bytes(std::span(id.bytes)));
    return id;
  }

  decltype(Event::subject) subject() {
    switch (random_.below(3)) {
      case 0:
        return Event::OfTask{bytes<TaskId>(), one_of(mesh::TaskStatus::cancelled), text()};
      case 1:
        return Event::OfNode{node_id(), one_of(mesh::NodeStatus::offline)};
      default:
        return Event::OfRound{text(), natural(), text(), text(), text()};
    }
  }

  template <class E>
  E one_of(E greatest) {
    return static_cast<E>(random_.below(static_cast<std::uint64_t>(greatest) + 1));
  }

  template <class T, class Make>
  std::optional<T> maybe(Make make) {
    return coin() ? std::optional<T>(make()) : std::nullopt;
  }
  template <class T, class Make>
  std::vector<T> several(Make make) {
    std::vector<T> values(random_.below(4));
    for (T& value : values) value = make();
    return values;
  }

  mesh::Registration registration();
  mesh::TaskSpec spec();
  mesh::Requirements requirements();
  mesh::TaskResult result();
  mesh::Payload payload() {
    return {.bytes = text(),
            .content = maybe<Digest>([this] { return bytes<Digest>(); }),
            .size = natural()};
  }
  mesh::Lease lease() {
    return {.node = node_id(), .epoch = epoch(), .rank = small(), .granted_at = time()};
  }
  mesh::Attempt attempt() {
    return {.node = node_id(),
            .epoch = epoch(),
            .outcome = one_of(mesh::Outcome::cancelled),
            .detail = text()};
  }

  SeededRandom random_;
};

inline mesh::Registration RandomRecords::registration() {
  mesh::Registration registration;
  registration.id = node_id();
  registration.owner = text();
  registration.region = text();
  registration.type = one_of(mesh::NodeType::any);
  registration.capabilities = {
      .bandwidth_mbps = real(), .cpu_cores = small(), .memory_gb = real(), .gpu_available = coin()};
  registration.slots = small();
  for (std::uint64_t i = random_.below(4); i > 0; --i) registration.labels[text()] = text();
  registration.safety_policy = {
      .max_temperature_c = real(), .max_latency_ms = real(), .max_consecutive_errors = small()};
  return registration;
}

inline mesh::Node RandomRecords::node() {
  mesh::Node node;
  node.registration = registration();
  node.registered_at = time();
  node.last_seen = time();
  node.draining = coin();
  node.safe_mode = coin();
  node.consecutive_errors = small();
  node.completed = natural();
  node.failed = natural();
  node.disputed = natural();
  return node;
}

inline mesh::Requirements RandomRecords::requirements() {
  mesh::Requirements wanted;
  wanted.min_nodes = small() | 1;
  wanted.max_execution_time_sec = small();
  wanted.require_gpu = coin();
  wanted.regions = several<std::string>([this] { return text(); });
  wanted.node_type = maybe<mesh::NodeType>([this] { return one_of(mesh::NodeType::any); });
  using Label = std::pair<std::string, std::optional<std::string>>;
  wanted.labels = several<Label>(
      [this] { return Label(text(), maybe<std::string>([this] { return text(); })); });
  const auto number = [this] { return real(); };
  wanted.min_health_score = maybe<double>(number);
  wanted.min_bandwidth_mbps = maybe<double>(number);
  wanted.max_latency_ms = maybe<double>(number);
  wanted.min_memory_gb = maybe<double>(number);
  return wanted;
}

inline mesh::TaskSpec RandomRecords::spec() {
  mesh::TaskSpec spec;
  spec.type = one_of(mesh::TaskType::federated_learning);
  spec.owner = text();
  spec.module = bytes<Digest>();
  spec.function = text();
  spec.args = text();
  spec.argv = several<std::string>([this] { return text(); });
  using Variable = std::pair<std::string, std::string>;
  spec.env = several<Variable>([this] { return Variable(text(), text()); });
  spec.input = payload();
  spec.requirements = requirements();
  if (coin()) {
    spec.verification.mode = mesh::VerificationMode::proof;
    spec.verification.proof = mesh::ProofDemand{
        .circuit = bytes<Digest>(), .bind = several<std::string>([this] { return text(); })};
  }
  spec.limits = {.gas = natural(), .memory_mb = small(), .output_bytes = natural()};
  spec.strategy = maybe<mesh::Strategy>([this] { return one_of(mesh::Strategy::spread); });
  spec.priority = static_cast<std::uint8_t>(random_.below(256));
  spec.max_retries = small();
  return spec;
}

inline mesh::TaskResult RandomRecords::result() {
  mesh::TaskResult result;
  result.output = payload();
  result.output_sha256 = bytes<Digest>();
  result.log = text();
  result.log_truncated = coin();
  result.exit_code = std::bit_cast<std::int32_t>(small());
  result.gas_used = natural();
  result.execution_time_ms = natural();
  if (coin()) result.proof = mesh::Evidence{.id = bytes<Digest>(), .document = payload()};
  return result;
}

inline mesh::Task RandomRecords::task() {
  mesh::Task task;
  task.id = bytes<TaskId>();
  task.spec = std::make_shared<const mesh::TaskSpec>(spec());
  task.status = one_of(mesh::TaskStatus::cancelled);
  task.created_at = time();
  task.updated_at = time();
  task.not_before = time();
  task.started = small();
  const std::uint32_t ranks = task.spec->requirements.min_nodes;
  const auto ranked = [this, ranks] {
    mesh::Lease held = lease();
    held.rank %= ranks;
    return held;
  };
  task.leases = several<mesh::Lease>(ranked);
  task.answers = several<mesh::Answer>([this, ranked] {
    return mesh::Answer{.lease = ranked(),
                        .outcome = one_of(mesh::Outcome::proof_invalid),
                        .detail = text(),
                        .result = std::make_shared<const mesh::TaskResult>(result()),
                        .judgement = one_of(mesh::Judgement::disputed)};
  });
  task.failures = several<mesh::Attempt>([this] { return attempt(); });
  task.plan = maybe<mesh::Plan>([this] {
    return mesh::Plan{.verification = {.mode = one_of(mesh::VerificationMode::automatic)},
                      .wrong = real(),
                      .cost = real()};
  });
  task.recheck = coin();
  task.rechecked = coin();
  if (coin()) task.assembled = std::make_shared<const mesh::TaskResult>(result());
  task.reason = maybe<mesh::Outcome>([this] { return one_of(mesh::Outcome::cancelled); });
  task.detail = text();
  task.receipt = maybe<Digest>([this] { return bytes<Digest>(); });
  return task;
}

inline Token RandomRecords::token() {
  return {.id = bytes<TokenId>(),
          .secret = bytes<Digest>(),
          .role = text(),
          .owner = text(),
          .name = text(),
          .node = text(),
          .created_at = time(),
          .expires_at = maybe<Time>([this] { return time(); }),
          .fl = maybe<FlClient>(
              [this] { return FlClient{.job = bytes<FlJobId>(), .client = text()}; })};
}

inline fl::Privacy RandomRecords::fl_privacy() {
  return {.mechanism = coin() ? fl::Mechanism::gaussian : fl::Mechanism::laplace,
          .clip = real(),
          .noise_multiplier = maybe<double>([this] { return real(); }),
          .epsilon = maybe<double>([this] { return real(); }),
          .delta = maybe<double>([this] { return real(); }),
          .adaptive = maybe<fl::AdaptiveClipping>([this] {
            return fl::AdaptiveClipping{
                .target_quantile = real(), .learning_rate = real(), .count_stddev = real()};
          })};
}

inline FlJob RandomRecords::fl_job() {
  FlJob job{.id = bytes<FlJobId>(),
            .owner = text(),
            .terms = {},
            .created_at = time(),
            .updated_at = time(),
            .models = {}};
  job.terms = {.name = text(),
               .rounds = natural(),
               .strategy = {.name = "fedavgm", .parameters = {{"beta", real()}, {"eta", real()}}},
               .min_clients = natural(),
               .target_clients = natural(),
               .round_timeout_ms = natural(),
               .max_samples = maybe<std::uint64_t>([this] { return natural(); }),
               .max_update_bytes = natural(),
               .privacy = maybe<fl::Privacy>([this] { return fl_privacy(); })};
  job.state = one_of(FlState::completed);
  job.reason = text();
  job.round = natural();
  job.opened_at = time();
  job.closes_at = time();
  job.extended = coin();
  job.clip = real();
  job.models = several<FlModel>([this] { return FlModel{.round = 0, .file = fl_file()}; });
  job.models.push_back({.round = job.round, .file = fl_file()});
  job.optimizer = maybe<FlFile>([this] { return fl_file(); });
  return job;
}

inline FlUpdate RandomRecords::fl_update() {
  return {.client = text(),
          .round = natural(),
          .file = fl_file(),
          .num_samples = natural(),
          .kind = coin() ? fl::Kind::weights : fl::Kind::delta,
          .norm = real(),
          .metrics = {{"loss", real()}},
          .counted_in = natural()};
}

inline FlRound RandomRecords::fl_round() {
  return {.round = natural(),
          .opened_at = time(),
          .closed_at = time(),
          .count = natural(),
          .clients = several<FlRound::Member>([this] {
            return FlRound::Member{.client = text(), .num_samples = natural(), .norm = real()};
          }),
          .metrics = {{"accuracy", real()}, {"loss", real()}}};
}

inline Module RandomRecords::module() {
  return {.digest = bytes<Digest>(),
          .owner = text(),
          .size = natural(),
          .description = text(),
          .created_at = time()};
}

inline Blob RandomRecords::blob() {
  return {.digest = bytes<Digest>(), .owner = text(), .size = natural(), .created_at = time()};
}

inline Circuit RandomRecords::circuit() {
  return {.digest = bytes<Digest>(),
          .owner = text(),
          .size = natural(),
          .format = one_of(zk::Format::sp1),
          .public_signals = small(),
          .created_at = time()};
}

inline AnswerRecord RandomRecords::answer() {
  return {.request = bytes<Digest>(),
          .expires_at = time(),
          .answer = {.status = small(), .body = text(), .subject = text()}};
}

}  // namespace vcp::coordinator
