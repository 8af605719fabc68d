// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "disk.hpp"
#include "schedule.hpp"
#include "vcp/coordinator/coordinator.hpp"
#include "vcp/log/merkle.hpp"

namespace vcp::sim {

/// What the server promises, checked from outside: by what its readers see after every step, by
/// what it answers at the moment that it does, and by what the disk has after a crash.
class Promises {
 public:
  Promises(const Schedule& schedule, const Disk& disk, const mesh::Settings& settings)
      : schedule_(schedule), disk_(disk), settings_(settings) {}

  /// The first promise that was broken, if one was.
  [[nodiscard]] const std::optional<std::string>& broken() const { return broken_; }

  /// If it does not hold, the words say what does not; tasks and nodes may be among them.
  template <class... Words>
  void require(bool holds, const Words&... words) {
    if (!holds && !broken_) broken_ = (std::string() + ... + word(words));
  }

  /// The server was started, and has done nothing yet.
  void started(coordinator::Coordinator& coordinator);
  void killed() { coordinator_ = nullptr; }

  /// Its readers may see something new.
  void look();

  // --- What it answers.

  void submitted(const TaskId& id, const std::string& key);
  void refused_by_quota(const std::string& owner);
  void showed(const mesh::Task& task);
  void offered(const std::vector<mesh::Offer>& offers);
  void took_report(const mesh::Report& report);

  // --- Who asks it for leases.

  void asked(const NodeId& node) { ++asking_[node]; }
  void answered(const NodeId& node) { asking_[node] = std::max(asking_[node] - 1, 0); }

  /// Tasks that were acknowledged and have not ended. Only while the server is up.
  [[nodiscard]] std::size_t unfinished() const { return now_.tasks.size(); }

  void require_all_ended();

  /// All tasks have ended: what the disk has of them must agree with itself and what was said.
  void check_records();

  /// From now on owners with tasks that any node could run must get their shares.
  void expect_fairness() { fair_ = true; }

  /// Of everything that happened so far: equal for equal runs.
  [[nodiscard]] std::uint64_t fingerprint() const { return fingerprint_; }
  [[nodiscard]] std::size_t ended() const { return ended_.size(); }

 private:
  struct Snapshot {
    std::map<TaskId, mesh::TaskPtr> tasks;  ///< those that have not ended
    std::map<NodeId, mesh::NodePtr> nodes;
  };

  /// How a task came to its end, once anybody was told.
  struct End {
    mesh::TaskStatus status;
    std::optional<Digest> output;

    friend bool operator==(const End&, const End&) = default;
  };

  [[nodiscard]] static std::string word(std::string_view text) { return std::string(text); }
  [[nodiscard]] static std::string word(std::integral auto number) {
    return std::to_string(number);
  }
  [[nodiscard]] static std::string word(const NodeId& node) { return node.value; }
  [[nodiscard]] static std::string word(Epoch epoch) {
    return "epoch " + std::to_string(std::to_underlying(epoch));
  }
  [[nodiscard]] static std::string word(const mesh::Task& task);

  [[nodiscard]] Snapshot take() const;
  [[nodiscard]] mesh::TaskPtr stored(const TaskId& id) const;
  [[nodiscard]] static End end_of(const mesh::Task& task);

  void check_against_disk();
  void check_counts();
  void check_nodes();
  void check_quotas();
  void check_task(const mesh::Task& task);
  void check_gang(const mesh::Task& task);
  void check_step(const mesh::Task* before, const mesh::Task& task);
  void check_grant(const mesh::Task& task, const mesh::Lease& lease);
  void check_end(const mesh::Task& task);
  void check_accepted(const mesh::Task& task, std::uint32_t rank);
  [[nodiscard]] std::vector<Digest> stored_leaves() const;
  void check_log();
  void check_published();
  void check_waiting();
  [[nodiscard]] bool could_run(const mesh::Task& task, const NodeId& id) const;
  [[nodiscard]] bool waits_needlessly(const mesh::Task& task) const;
  void check_shares();
  void note(std::uint64_t fact);

  const Schedule& schedule_;
  const Disk& disk_;
  const mesh::Settings& settings_;
  coordinator::Coordinator* coordinator_ = nullptr;
  std::optional<std::string> broken_;
  bool saw_failure_ = false;  ///< of the disk
  std::uint64_t fingerprint_ = 0;

  Snapshot before_;
  Snapshot now_;
  std::map<std::string, std::uint64_t> running_;  ///< tasks of each owner
  std::map<TaskId, std::string> acknowledged_;    ///< with the key it was submitted under
  std::map<TaskId, End> ended_;                   ///< as somebody was told
  std::set<Epoch> offered_;
  log::TreeHead published_;       ///< of the log of receipts, the last that readers saw
  std::map<NodeId, int> asking_;  ///< requests that were not granted anything yet, as far as known
  std::map<TaskId, Time> waits_since_;  ///< beside nodes that could run it

  bool fair_ = false;
  std::map<std::string, double> shares_;  ///< while all that compete have something pending
  bool comparing_ = false;
};

}  // namespace vcp::sim
