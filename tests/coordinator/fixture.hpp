// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "held_backend.hpp"
#include "store/directory.hpp"
#include "vcp/coordinator/coordinator.hpp"

namespace vcp::coordinator {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return now_; }
  void pass(Duration time) { now_ += time; }

 private:
  Time now_{Duration(1'700'000'000'000)};
};

/// What an operation gave, once it has.
template <class T>
using Pending = std::shared_ptr<std::optional<T>>;

/// A coordinator over a store that can be held up and that outlives it. The test's thread runs the
/// io_context, and only where it says so.
class CoordinatorTest : public testing::Test {
 protected:
  using Writer = Coordinator::Writer;
  using Offers = std::vector<mesh::Offer>;

  CoordinatorTest() { open(); }
  ~CoordinatorTest() override { backend_.release(); }

  /// Ends the coordinator as a restart of the process does, and opens another.
  [[nodiscard]] Result<> try_open() {
    coordinator_.reset();
    work_.reset();
    io_.emplace();
    work_.emplace(io_->get_executor());
    if (options_.receipts.keys.empty()) {
      options_.receipts.keys = {log::SignerKey::generate("log.example", random_).value()};
    }
    auto opened = Coordinator::open(*io_, backend_, files_, clock_, random_, options_, {});
    if (!opened) return std::unexpected(opened.error());
    coordinator_ = std::move(*opened);
    return {};
  }
  void open() { ASSERT_TRUE(try_open().has_value()); }

  // --- Running

  template <class T>
  Pending<T> start(Async<T> operation) {
    auto outcome = std::make_shared<std::optional<T>>();
    asio::co_spawn(io_->get_executor(), keep(std::move(operation), outcome), asio::detached);
    return outcome;
  }

  /// Runs all that is ready.
  void settle() { io_->poll(); }

  /// Runs until the condition holds; it must come to.
  template <class Condition>
  void run_until(Condition condition) {
    // What the committer does on its own thread posts nothing unless somebody waits for it.
    const auto too_late = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > too_late) throw std::runtime_error("it never holds");
      io_->run_one_for(std::chrono::milliseconds(10));
    }
  }

  template <class T>
  T await(const Pending<T>& pending) {
    run_until([&pending] { return pending->has_value(); });
    return std::move(**pending);
  }
  template <class T>
  T await(Async<T> operation) {
    return await(start(std::move(operation)));
  }

  /// Runs until the store holds up a commit, and what else is ready.
  void run_until_held() {
    settle();
    backend_.wait_until_held();
    settle();
  }

  /// Lets time pass, and a turn see it.
  void pass(Duration time) {
    clock_.pass(time);
    ASSERT_TRUE(await(look()).has_value());
  }

  // --- Commands

  /// A command that changes nothing.
  Async<Result<int>> look() {
    return coordinator_->apply<int>([](Writer&) { return 0; });
  }

  Async<Result<mesh::TaskPtr>> submit(const std::string& owner = "ann") {
    return coordinator_->apply<mesh::TaskPtr>(
        [spec = spec(owner)](Writer& writer) mutable { return writer.submit(std::move(spec)); });
  }

  Async<Result<mesh::NodePtr>> add_node(const std::string& id, std::uint32_t slots = 4) {
    mesh::Registration node;
    node.id.value = id;
    node.owner = "ann";
    node.region = "eu";
    node.type = mesh::NodeType::compute;
    node.capabilities = {.bandwidth_mbps = 100, .cpu_cores = 4, .memory_gb = 16};
    node.slots = slots;
    return coordinator_->apply<mesh::NodePtr>([node = std::move(node)](Writer& writer) mutable {
      return writer.core.register_node(writer.now, std::move(node), false);
    });
  }

  Async<Result<Offers>> lease(const std::string& node, Duration wait = Duration::zero()) {
    return coordinator_->lease(NodeId{node}, 4, wait);
  }

  Async<Result<mesh::TaskPtr>> report(const mesh::Offer& offer,
                                      mesh::Outcome outcome = mesh::Outcome::ok) {
    mesh::Report report;
    report.task = offer.task->id;
    report.node = offer.lease.node;
    report.epoch = offer.lease.epoch;
    report.outcome = outcome;
    return coordinator_->apply<mesh::TaskPtr>(
        [report = std::move(report)](Writer& writer) { return writer.report(report); });
  }

  Async<Result<mesh::TaskPtr>> cancel(const TaskId& id) {
    return coordinator_->apply<mesh::TaskPtr>([id](Writer& writer) { return writer.cancel(id); });
  }

  /// A task that was submitted and ran to its end.
  mesh::TaskPtr completed_task() {
    const mesh::TaskPtr task = await(submit()).value();
    const Offers offers = await(lease("node")).value();
    EXPECT_EQ(offers.size(), 1U);
    return await(report(offers.at(0))).value();
  }

  static mesh::TaskSpec spec(const std::string& owner) {
    mesh::TaskSpec spec;
    spec.owner = owner;
    return spec;
  }

  [[nodiscard]] std::size_t records(store::Table table) const {
    std::size_t count = 0;
    const auto visit = [&count](std::string_view, std::string_view) { return ++count > 0; };
    EXPECT_TRUE(backend_.scan(table, "", "", store::Order::ascending, visit).has_value());
    return count;
  }

  store::TemporaryDirectory directory_;
  SystemRandom file_names_;
  store::ContentStore files_ = store::ContentStore::open(directory_.path(), file_names_).value();
  SeededRandom random_{1};
  ManualClock clock_;
  HeldBackend backend_;
  Options options_;
  std::optional<asio::io_context> io_;
  std::optional<asio::executor_work_guard<Executor>> work_;
  std::unique_ptr<Coordinator> coordinator_;

 private:
  template <class T>
  static Async<void> keep(Async<T> operation, Pending<T> outcome) {
    outcome->emplace(co_await std::move(operation));
  }
};

}  // namespace vcp::coordinator
