// SPDX-License-Identifier: Apache-2.0
#include "promises.hpp"

#include <algorithm>

#include "program.hpp"
#include "server.hpp"
#include "vcp/coordinator/records.hpp"
#include "vcp/log/tree.hpp"

namespace vcp::sim {

using coordinator::decode_task;
using mesh::Answer;
using mesh::Judgement;
using mesh::Lease;
using mesh::Node;
using mesh::Task;
using mesh::TaskPtr;
using mesh::TaskStatus;
using mesh::VerificationMode;
using store::Table;

namespace {

constexpr std::size_t kAll = 100'000;

/// A task may wait so long beside a node that could run it: until an answer in vain to that node,
/// which nobody sees before it is committed, is seen.
constexpr Duration kMayWait = Server::kSlowestCommit + Duration(100);

/// And so long while gangs keep nodes for themselves.
constexpr Duration kMayWaitForGangs{180'000};

bool is_gang(const Task& task) { return task.spec->requirements.min_nodes > 1; }

const Lease* find_lease(const Task& task, Epoch epoch) {
  const auto found = std::ranges::find(task.leases, epoch, &Lease::epoch);
  return found == task.leases.end() ? nullptr : &*found;
}

bool has_answer(const Task& task, Epoch epoch) {
  return std::ranges::any_of(task.answers,
                             [epoch](const Answer& each) { return each.lease.epoch == epoch; });
}

bool has_attempt(const Task& task, Epoch epoch) {
  return std::ranges::find(task.failures, epoch, &mesh::Attempt::epoch) != task.failures.end();
}

/// Calls `visit` for every task in a table.
void for_each_task(const Disk& disk, Table table, const std::function<void(const Task&)>& visit) {
  const auto decode = [&visit](std::string_view, std::string_view bytes) {
    const auto task = decode_task(bytes);
    if (task) visit(*task);
    return task.has_value();
  };
  static_cast<void>(disk.scan(table, "", "", store::Order::ascending, decode));
}

}  // namespace

std::string Promises::word(const Task& task) {
  const mesh::TaskSpec& spec = *task.spec;
  return "task " + spec.input.bytes + " of " + std::to_string(spec.requirements.min_nodes) +
         " nodes, " + std::string(to_string(task.verification().mode)) + ", " +
         std::string(to_string(task.status)) + ", " + std::to_string(task.leases.size()) +
         " leases, " + std::to_string(task.answers.size()) + " answers, " +
         std::to_string(task.failures.size()) + " failures, " + std::to_string(task.started) +
         " attempts";
}

void Promises::note(std::uint64_t fact) {
  fingerprint_ = (fingerprint_ ^ fact) * 0x9e37'79b9'7f4a'7c15;
  fingerprint_ ^= fingerprint_ >> 29;
}

// --- Recovery

void Promises::started(coordinator::Coordinator& coordinator) {
  coordinator_ = &coordinator;
  saw_failure_ = false;
  asking_.clear();
  waits_since_.clear();
  comparing_ = true;
  shares_.clear();
  now_ = take();
  check_against_disk();
  check_log();
  for (const auto& [id, key] : acknowledged_) {
    const auto task = coordinator.tasks().find(id);
    const bool known = task.has_value() && *task != nullptr;
    require(known, "an acknowledged task was lost: ", key);
    const auto ended = ended_.find(id);
    if (known && ended != ended_.end()) {
      require(end_of(**task) == ended->second, "a crash changed how a task ended");
    }
  }
  before_ = now_;
}

/// Readers see the active tasks that the disk has, as it has them.
void Promises::check_against_disk() {
  std::size_t active = 0;
  for_each_task(disk_, Table::active, [&](const Task& on_disk) {
    ++active;
    const auto found = now_.tasks.find(on_disk.id);
    require(found != now_.tasks.end(), "no reader sees an active ", on_disk);
    if (found == now_.tasks.end()) return;
    const Task& task = *found->second;
    require(task.status == on_disk.status && task.leases == on_disk.leases &&
                task.answers == on_disk.answers && task.failures == on_disk.failures,
            "readers see another record of ", on_disk);
  });
  require(active == now_.tasks.size(), "readers see tasks that are not on the disk");
}

Promises::Snapshot Promises::take() const {
  Snapshot snapshot;
  for (const TaskStatus status :
       {TaskStatus::pending, TaskStatus::running, TaskStatus::verifying}) {
    const auto page = coordinator_->tasks().list({.status = status}, std::nullopt, kAll);
    for (const TaskPtr& task : page->tasks) snapshot.tasks.emplace(task->id, task);
  }
  for (const mesh::NodePtr& node : coordinator_->nodes().all()) {
    snapshot.nodes.emplace(node->id(), node);
  }
  return snapshot;
}

TaskPtr Promises::stored(const TaskId& id) const {
  for (const Table table : {Table::active, Table::finished}) {
    const auto bytes = disk_.get(table, id.view());
    if (!bytes || !*bytes) continue;
    auto task = decode_task(**bytes);
    if (task) return std::make_shared<const Task>(std::move(*task));
  }
  return nullptr;
}

Promises::End Promises::end_of(const Task& task) {
  End end{.status = task.status, .output = {}};
  if (task.result() != nullptr) end.output = task.result()->output_sha256;
  return end;
}

// --- After each step

void Promises::look() {
  now_ = take();
  check_counts();
  if (disk_.failed()) {  // until a restart nothing else may be shown than what it has
    if (!std::exchange(saw_failure_, true)) check_against_disk();
    return;
  }
  check_nodes();
  check_quotas();
  for (const auto& [id, task] : now_.tasks) {
    const auto old = before_.tasks.find(id);
    if (old != before_.tasks.end() && old->second == task) continue;
    check_task(*task);
    check_step(old == before_.tasks.end() ? nullptr : old->second.get(), *task);
  }
  for (const auto& [id, old] : before_.tasks) {
    if (now_.tasks.contains(id)) continue;
    const auto task = coordinator_->tasks().find(id);
    const bool known = task.has_value() && *task != nullptr;
    require(known, *old, " vanished");
    if (!known) continue;
    check_step(old.get(), **task);
    check_end(**task);
  }
  check_published();
  check_waiting();
  if (fair_) check_shares();
  before_ = now_;
}

void Promises::check_counts() {
  mesh::Counts counted;
  for (const auto& [id, task] : now_.tasks) {
    counted.pending += task->status == TaskStatus::pending ? 1 : 0;
    counted.running += task->status == TaskStatus::running ? 1 : 0;
    counted.verifying += task->status == TaskStatus::verifying ? 1 : 0;
  }
  const mesh::Counts told = coordinator_->statistics().active;
  require(told.pending == counted.pending && told.running == counted.running &&
              told.verifying == counted.verifying && told.all_nodes() == now_.nodes.size(),
          "the statistics do not agree with the records");
}

void Promises::check_nodes() {
  std::map<NodeId, std::uint32_t> leases;
  std::map<NodeId, std::uint64_t> memory;
  std::set<Epoch> epochs;
  for (const auto& [id, task] : now_.tasks) {
    for (const Lease& lease : task->leases) {
      require(epochs.insert(lease.epoch).second, "two live leases have ", lease.epoch);
      require(now_.nodes.contains(lease.node), "a lease of a node that is gone");
      ++leases[lease.node];
      memory[lease.node] += task->spec->limits.memory_mb;
    }
  }
  for (const auto& [id, node] : now_.nodes) {
    require(node->leases == leases[id] && node->reserved_mb == memory[id],
            "slots or memory of node ", id, " leaked");
    require(node->leases <= node->registration.slots &&
                static_cast<double>(node->reserved_mb) <=
                    node->registration.capabilities.memory_gb * 1024,
            "node ", id, " has more than fits");
  }
}

void Promises::check_quotas() {
  running_.clear();
  for (const auto& [id, task] : now_.tasks) {
    if (task->status != TaskStatus::pending) ++running_[task->spec->owner];
  }
  for (const auto& [owner, policy] : settings_.owners) {
    require(running_[owner] <= policy.max_running, "more tasks of ", owner, " run than may");
  }
}

void Promises::check_task(const Task& task) {
  require(task.leases.empty() == (task.status != TaskStatus::running), task,
          " has leases that do not go with its state");
  std::set<NodeId> nodes;
  for (const Lease& lease : task.leases) {
    require(nodes.insert(lease.node).second, task, " has two leases of one node");
    require(lease.rank < task.spec->requirements.min_nodes, "there is no such rank");
  }
  if (is_gang(task) && task.status == TaskStatus::running) check_gang(task);
}

/// All of a gang runs or has answered, on as many nodes, or none of it does.
void Promises::check_gang(const Task& task) {
  std::map<std::uint32_t, std::set<NodeId>> ranks;
  std::size_t runs = 0;
  const auto count = [&](const Lease& lease) {
    ++runs;
    ranks[lease.rank].insert(lease.node);
  };
  std::ranges::for_each(task.leases, count);
  for (const Answer& answer : task.answers) {
    if (answer.judgement != Judgement::disputed) count(answer.lease);
  }
  require(ranks.size() == task.spec->requirements.min_nodes, task, ": a gang is not whole");
  std::set<NodeId> nodes;
  for (const auto& [rank, those] : ranks) nodes.insert(those.begin(), those.end());
  require(nodes.size() == runs, task, ": a gang has two runs on one node");
}

/// What happened to the task since the last look may have happened.
void Promises::check_step(const Task* before, const Task& task) {
  const Task none{};
  const Task& old = before == nullptr ? none : *before;
  note(std::to_underlying(task.status));
  note(task.started);
  for (const Answer& answer : task.answers) {
    if (has_answer(old, answer.lease.epoch)) continue;
    const Lease* lease = find_lease(old, answer.lease.epoch);
    require(lease != nullptr && *lease == answer.lease, task, " took an answer of a stale ",
            answer.lease.epoch);
  }
  for (const mesh::Attempt& attempt : task.failures) {
    const Epoch epoch = attempt.epoch;
    if (has_attempt(old, epoch)) continue;
    require(find_lease(old, epoch) != nullptr || has_answer(old, epoch), task,
            " counts a failure of a stale ", epoch);
  }
  std::uint32_t granted = 0;
  for (const Lease& lease : task.leases) {
    if (find_lease(old, lease.epoch) != nullptr) continue;
    ++granted;
    check_grant(task, lease);
  }
  require(task.started == old.started + granted, task, " miscounts its attempts");
}

void Promises::check_grant(const Task& task, const Lease& lease) {
  note(std::to_underlying(lease.epoch));
  asking_[lease.node] = 0;  // the answer is on its way
  require(offered_.empty() || lease.epoch > *offered_.rbegin(), lease.epoch,
          " was given before, or after a later one");
  const auto node = now_.nodes.find(lease.node);
  const auto old = before_.nodes.find(lease.node);
  if (node == now_.nodes.end() || old == before_.nodes.end()) return;
  const auto refuses = [](const Node& each) { return each.draining || each.offline; };
  require(!refuses(*node->second) || !refuses(*old->second), "a lease for node ", lease.node,
          ", which takes none");
  const mesh::Requirements& wanted = task.spec->requirements;
  const mesh::Registration& has = node->second->registration;
  require(wanted.regions.empty() ||
              std::ranges::find(wanted.regions, has.region) != wanted.regions.end(),
          task, " was placed in another region");
  require(!wanted.require_gpu || has.capabilities.gpu_available, task,
          " was placed on a node without a GPU");
}

// --- Ends

void Promises::check_end(const Task& task) {
  require(is_final(task.status), task, " is neither active nor has it ended");
  require(task.leases.empty(), task, " ended with live leases");
  require((task.status == TaskStatus::completed) != task.reason.has_value(), task,
          " ended without a reason, or completed with one");
  if (task.status != TaskStatus::completed) return;
  for (std::uint32_t rank = 0; rank < task.spec->requirements.min_nodes; ++rank) {
    check_accepted(task, rank);
  }
  require(is_gang(task) == (task.assembled != nullptr), task, " was not put together");
}

/// The answer is one that was accepted, and by what the task asked for.
void Promises::check_accepted(const Task& task, std::uint32_t rank) {
  const Answer* accepted = task.accepted(rank);
  require(accepted != nullptr, task, " completed without an accepted answer");
  if (accepted == nullptr) return;
  std::set<NodeId> agree;
  for (const Answer& answer : task.answers) {
    const bool equal = answer.result->output_sha256 == accepted->result->output_sha256 &&
                       answer.result->exit_code == accepted->result->exit_code &&
                       answer.outcome == accepted->outcome;
    if (answer.lease.rank != rank) continue;
    require(equal == (answer.judgement == Judgement::accepted), task,
            ": an answer is judged otherwise than its equals");
    if (equal) agree.insert(answer.lease.node);
  }
  const mesh::Verification& asked = task.verification();
  const bool truth =
      accepted->result->output_sha256 == run_program(task, rank).result.output_sha256;
  if (asked.mode == VerificationMode::quorum) {
    const bool trusted = asked.adaptive && accepted->lease.trusted && agree.size() == 1;
    require(agree.size() >= asked.agree || trusted, task,
            " completed on fewer equal answers than asked for");
  }
  if (asked.mode == VerificationMode::recheck && asked.probability == 1) {
    require(truth, task, ": a lie passed the recheck");
  }
  if (!is_gang(task)) {
    require(task.result() == accepted->result.get(), task, " shows another answer");
  }
}

void Promises::require_all_ended() {
  if (now_.tasks.empty()) return;
  require(false, now_.tasks.size(), " tasks never end, the first: ", *now_.tasks.begin()->second);
}

// --- The log of receipts

/// The leaves of the log on the disk, in their order.
std::vector<Digest> Promises::stored_leaves() const {
  std::vector<Digest> leaves;
  const auto add = [&leaves](std::string_view, std::string_view run) {
    for (std::string_view rest = run; !rest.empty(); rest.remove_prefix(sizeof(Digest))) {
      leaves.push_back(log::leaf_hash(rest.substr(0, sizeof(Digest))));
    }
    return true;
  };
  static_cast<void>(disk_.scan(Table::log_entries, "", "", store::Order::ascending, add));
  return leaves;
}

/// Every completion has its own leaf and every leaf its completion, and what was published stands.
void Promises::check_log() {
  const std::vector<Digest> leaves = stored_leaves();
  std::set<std::uint64_t> taken;
  for_each_task(disk_, Table::finished, [&](const Task& task) {
    if (task.status != TaskStatus::completed) return;
    const auto issued = coordinator_->receipts().find(task.id);
    const bool found = issued.has_value() && issued->has_value();
    require(found, task, " completed without a receipt");
    if (!found) return;
    const std::uint64_t leaf = (*issued)->leaf_index;
    const Digest digest = sha256((*issued)->receipt);
    require(leaf < leaves.size() && leaves[leaf] == log::leaf_hash(digest.view()),
            "the leaf of a receipt is another, of ", task);
    require(taken.insert(leaf).second, "two receipts have one leaf");
  });
  require(taken.size() == leaves.size(), "the log has a leaf without a completion");
  require(published_.size <= leaves.size(), "a crash took back what was published of the log");
  if (published_.size > leaves.size()) return;
  log::Tree tree;
  static_cast<void>(tree.append(std::span(leaves).first(published_.size)));
  require(tree.head() == published_ || published_.size == 0, "the log was written anew");
}

/// A checkpoint covers what is durable, and nothing less than the one before it.
void Promises::check_published() {
  const log::TreeHead head = coordinator_->receipts().published()->tree.head();
  if (head == published_) return;
  require(head.size >= published_.size, "the log has shrunk");
  require(head.size <= stored_leaves().size(), "a checkpoint is of leaves that are not durable");
  published_ = head;
}

void Promises::check_records() {
  check_log();
  coordinator::EndedCounts counted;
  std::map<std::string, int> keys;
  std::map<TaskId, TaskStatus> finished;
  for_each_task(disk_, Table::finished, [&](const Task& task) {
    counted.completed += task.status == TaskStatus::completed ? 1 : 0;
    counted.failed += task.status == TaskStatus::failed ? 1 : 0;
    counted.cancelled += task.status == TaskStatus::cancelled ? 1 : 0;
    require(++keys[task.spec->input.bytes] == 1, "one submission made two tasks");
    finished.emplace(task.id, task.status);
    check_end(task);
  });
  for (const auto& [id, key] : acknowledged_) {
    require(finished.contains(id) && keys[key] == 1, "an acknowledged task never ended");
  }
  const coordinator::EndedCounts told = coordinator_->statistics().ended;
  require(told.completed == counted.completed && told.failed == counted.failed &&
              told.cancelled == counted.cancelled,
          "the numbers of ended tasks do not agree with the records");

  std::map<TaskId, int> ends;
  const auto count_ends = [&](std::string_view, std::string_view bytes) {
    const auto events = coordinator::decode_events(bytes);
    for (const coordinator::Event& event : *events) {
      const auto* task = std::get_if<coordinator::Event::OfTask>(&event.subject);
      if (task == nullptr || !is_final(task->status)) continue;
      ++ends[task->task];
      require(finished[task->task] == task->status, "an event tells of another end");
    }
    return true;
  };
  static_cast<void>(disk_.scan(Table::events, "", "", store::Order::ascending, count_ends));
  for (const auto& [id, status] : finished) {
    require(ends[id] == 1, "a task ended ", ends[id], " times, by its events");
  }
}

// --- What is answered

void Promises::submitted(const TaskId& id, const std::string& key) {
  require(stored(id) != nullptr, "a submission was acknowledged before it was durable");
  const auto [at, fresh] = acknowledged_.emplace(id, key);
  require(fresh || at->second == key, "two submissions were given one task");
}

void Promises::refused_by_quota(const std::string& owner) {
  const auto pending = std::ranges::count_if(now_.tasks, [&owner](const auto& entry) {
    return entry.second->spec->owner == owner && entry.second->status == TaskStatus::pending;
  });
  const auto policy = settings_.owners.find(owner);
  require(policy != settings_.owners.end() && policy->second.max_pending < UINT64_MAX, owner,
          " has no quota, but was refused, with ", pending, " pending");
}

void Promises::showed(const Task& task) {
  const TaskPtr on_disk = stored(task.id);
  require(on_disk != nullptr, "a task was shown that is not durable");
  if (!on_disk || !is_final(task.status)) return;
  require(is_final(on_disk->status) && end_of(*on_disk) == end_of(task),
          "an end was shown that is not durable");
  const auto [at, fresh] = ended_.emplace(task.id, end_of(task));
  require(fresh || at->second == end_of(task), task, " ended twice");
}

void Promises::offered(const std::vector<mesh::Offer>& offers) {
  for (const mesh::Offer& offer : offers) {
    require(offered_.insert(offer.lease.epoch).second, offer.lease.epoch, " was given twice");
    const TaskPtr on_disk = stored(offer.task->id);
    require(on_disk && on_disk->started >= offer.task->started,
            "a lease was given before it was durable");
  }
}

void Promises::took_report(const mesh::Report& report) {
  const TaskPtr on_disk = stored(report.task);
  require(on_disk && find_lease(*on_disk, report.epoch) == nullptr,
          "a report was acknowledged before it was durable");
  // What a gang answered goes when it is placed again.
  if (!on_disk || is_gang(*on_disk) || report.outcome == mesh::Outcome::handed_back) return;
  require(has_answer(*on_disk, report.epoch) || has_attempt(*on_disk, report.epoch), *on_disk,
          " took a report of a stale ", report.epoch);
}

// --- Waiting, and shares

bool Promises::could_run(const Task& task, const NodeId& id) const {
  const auto found = now_.nodes.find(id);
  if (found == now_.nodes.end()) return false;
  const Node& node = *found->second;
  if (!takes_work(node) || !has_room(node, *task.spec) || !meets(node, task.spec->requirements))
    return false;
  const bool compared = task.verification().mode == VerificationMode::quorum;
  for (const Answer& answer : task.answers) {
    if (answer.lease.node != id) continue;
    if (compared || answer.judgement == Judgement::disputed) return false;
  }
  if (schedule_.now() > task.not_before + settings_.prefer_other_node) return true;
  return task.handed_back_by != id &&
         std::ranges::find(task.failures, id, &mesh::Attempt::node) == task.failures.end();
}

bool Promises::waits_needlessly(const Task& task) const {
  if (task.status != TaskStatus::pending || task.not_before > schedule_.now()) return false;
  const std::string& owner = task.spec->owner;
  if (running_.at(owner) >= settings_.owners.at(owner).max_running) return false;
  const auto ready = std::ranges::count_if(
      asking_, [&](const auto& entry) { return entry.second > 0 && could_run(task, entry.first); });
  const mesh::Verification& asked = task.verification();
  const std::uint32_t replicas =
      is_gang(task) && asked.mode == VerificationMode::quorum ? asked.agree : 1;
  return ready >= static_cast<std::ptrdiff_t>(task.spec->requirements.min_nodes) * replicas;
}

void Promises::check_waiting() {
  const std::optional<Time> wakes_at = coordinator_->steps().wakes_at();
  for (const auto& [id, task] : now_.tasks) {
    const bool backs_off =
        task->status == TaskStatus::pending && task->not_before > schedule_.now();
    if (!backs_off || !task->answers.empty()) continue;  // another answer ends a back-off
    require(wakes_at && *wakes_at <= task->not_before, "nothing wakes the writer for ", *task);
  }
  bool gangs_wait = false;
  for (const auto& [id, task] : now_.tasks) {
    gangs_wait |= is_gang(*task) && task->status == TaskStatus::pending;
  }
  std::map<TaskId, Time> still;
  for (const auto& [id, task] : now_.tasks) {
    if (!waits_needlessly(*task)) continue;
    const auto since = waits_since_.find(id);
    const Time from = since == waits_since_.end() ? schedule_.now() : since->second;
    still.emplace(id, from);
    require(schedule_.now() - from <= (gangs_wait ? kMayWaitForGangs : kMayWait), *task,
            " waits beside nodes that are free for it");
  }
  waits_since_ = std::move(still);
}

/// Between owners who always have something pending that any node could run, what each was given
/// over its weight differs by no more than one task of each.
void Promises::check_shares() {
  std::set<std::string> pending;
  for (const auto& [id, task] : now_.tasks) {
    const auto old = before_.tasks.find(id);
    if (old == before_.tasks.end() || old->second->status != TaskStatus::pending) continue;
    if (task->status == TaskStatus::pending && task->failures.empty() && task->started == 0) {
      pending.insert(task->spec->owner);
    }
  }
  const bool all = pending.size() == settings_.owners.size();
  if (!all) {
    comparing_ = comparing_ && shares_.empty();  // not yet, or not any more until a restart
    return;
  }
  if (!comparing_) return;
  for (const auto& [owner, policy] : settings_.owners) shares_.try_emplace(owner, 0);
  for (const auto& [id, task] : now_.tasks) {
    const auto old = before_.tasks.find(id);
    const std::uint32_t started = old == before_.tasks.end() ? 0 : old->second->started;
    const std::string& owner = task->spec->owner;
    shares_[owner] += (task->started - started) / settings_.owners.at(owner).weight;
  }
  for (const auto& [a, share] : shares_) {
    for (const auto& [b, other] : shares_) {
      const double bound = 1 / settings_.owners.at(a).weight + 1 / settings_.owners.at(b).weight;
      require(share - other <= bound + 1e-9, a, " is given more than its share beside ", b);
    }
  }
}

}  // namespace vcp::sim
