// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/ids.hpp"
#include "vcp/base/result.hpp"
#include "vcp/base/time.hpp"
#include "vcp/coordinator/records.hpp"
#include "vcp/fl/privacy.hpp"
#include "vcp/fl/round.hpp"
#include "vcp/fl/strategy.hpp"

/// The records of federated learning jobs, in the form that records.hpp tells of.
namespace vcp::coordinator {

/// What clients measured, by its name: "loss", "accuracy".
using FlMetrics = std::map<std::string, double>;

enum class FlState : std::uint8_t {
  waiting,    ///< for the first global model
  running,    ///< a round is open
  paused,     ///< by somebody, or because a round could not close
  completed,  ///< all rounds are done, or the privacy budget is spent
};

[[nodiscard]] std::string_view to_string(FlState state);

/// Content of a job on disk.
struct FlFile {
  Digest digest;
  std::uint64_t size = 0;

  friend bool operator==(const FlFile&, const FlFile&) = default;
};

/// A global model, and the round that trains from it.
struct FlModel {
  std::uint64_t round = 0;
  FlFile file;

  friend bool operator==(const FlModel&, const FlModel&) = default;
};

/// What whoever opened a job asked for.
struct FlTerms {
  std::string name;
  std::uint64_t rounds = 1;
  fl::Strategy strategy;  ///< as validate_strategy() gave it
  std::uint64_t min_clients = 1;
  std::uint64_t target_clients = 1;
  std::uint64_t round_timeout_ms = 0;
  std::optional<std::uint64_t> max_samples = {};  ///< of one client
  std::uint64_t max_update_bytes = 0;
  std::optional<fl::Privacy> privacy = {};

  /// How many updates close a round at once.
  [[nodiscard]] std::uint64_t target() const;

  /// How many updates a round needs at its timeout.
  [[nodiscard]] std::uint64_t least() const;

  /// Whether updates may have been trained from earlier models than the newest.
  [[nodiscard]] bool takes_stale_updates() const;
};

struct FlJob {
  FlJobId id;
  std::string owner;
  FlTerms terms;
  Time created_at;
  Time updated_at;

  FlState state = FlState::waiting;
  std::string reason = {};      ///< why it is paused, or was completed before its last round
  std::uint64_t round = 0;      ///< the one that trains from the newest model; 0 without a model
  Time opened_at = {};          ///< of that round
  Time closes_at = {};          ///< its timeout
  bool extended = false;        ///< the timeout has been put off once
  double clip = 0;              ///< of that round, if the job is private
  std::vector<FlModel> models;  ///< those that are kept, oldest first
  std::optional<FlFile> optimizer = {};  ///< what the strategy keeps from round to round

  /// The model that a round trains from, if it is kept.
  [[nodiscard]] const FlModel* model(std::uint64_t trained_by) const;

  /// Rounds that were closed.
  [[nodiscard]] std::uint64_t rounds_done() const { return round == 0 ? 0 : round - 1; }
};

/// An update that was accepted.
struct FlUpdate {
  std::string client;
  std::uint64_t round = 0;  ///< whose model it was trained from
  FlFile file;
  std::uint64_t num_samples = 1;
  fl::Kind kind = fl::Kind::weights;
  double norm = 0;  ///< of the difference from that model, L2
  FlMetrics metrics = {};
  std::uint64_t counted_in = 0;  ///< the round that it became part of; 0: none yet

  friend bool operator==(const FlUpdate&, const FlUpdate&) = default;
};

/// A round that was closed.
struct FlRound {
  struct Member {
    std::string client;
    std::uint64_t num_samples = 1;
    double norm = 0;

    friend bool operator==(const Member&, const Member&) = default;
  };

  std::uint64_t round = 0;
  Time opened_at;
  Time closed_at;
  std::uint64_t count = 0;      ///< updates that it is made of
  std::vector<Member> clients;  ///< empty if the job is private
  FlMetrics metrics;            ///< means over samples; empty if the job is private

  friend bool operator==(const FlRound&, const FlRound&) = default;
};

[[nodiscard]] std::string encode(const FlJob& job);
[[nodiscard]] std::string encode(const FlUpdate& update);
[[nodiscard]] std::string encode(const FlRound& round);

// `corrupt` for anything that `encode` does not write.
[[nodiscard]] Result<FlJob> decode_fl_job(std::string_view bytes);
[[nodiscard]] Result<FlUpdate> decode_fl_update(std::string_view bytes);
[[nodiscard]] Result<FlRound> decode_fl_round(std::string_view bytes);

/// Keys of Table::fl_rounds and of Table::fl_updates: those of one job or round are together, in
/// order.
[[nodiscard]] std::string fl_round_key(const FlJobId& job, std::uint64_t round);
[[nodiscard]] std::string fl_update_key(const FlJobId& job, const FlUpdate& update);

}  // namespace vcp::coordinator
