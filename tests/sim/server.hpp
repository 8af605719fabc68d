// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "disk.hpp"
#include "schedule.hpp"
#include "vcp/coordinator/coordinator.hpp"

namespace vcp::sim {

/// The coordinator as it is in the server, its turns, commits and pool stepped by the schedule, on
/// a machine that can be switched off between any two steps.
class Server {
 public:
  /// `watch` is called whenever readers may see something new, `disk_failed` when a commit failed
  /// and before anybody hears of it.
  Server(Schedule& schedule, Random& random, Disk& disk, store::ContentStore& files,
         coordinator::Options options, std::function<void()> watch,
         std::function<void()> disk_failed);
  ~Server() { kill(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] bool is_up() const { return coordinator_ != nullptr; }
  [[nodiscard]] coordinator::Coordinator& coordinator() { return *coordinator_; }

  /// Starts it from what the disk has; the error if it will not.
  [[nodiscard]] Result<> boot();

  /// At once, with all that it had not written, and nobody is told.
  void kill();

  /// Starts an operation; `then` is called with what the server answers, if it lives to.
  template <class T>
  void start(Async<Result<T>> operation, std::move_only_function<void(Result<T>)> then) {
    asio::co_spawn(
        io_->get_executor(), std::move(operation),
        [then = std::move(then)](const std::exception_ptr& thrown, Result<T> answer) mutable {
          if (thrown) std::rethrow_exception(thrown);
          then(std::move(answer));
        });
    settle();
  }

  /// How long a commit takes at most, from when its turn is done.
  static constexpr Duration kSlowestCommit{500};

 private:
  void settle();
  void plan_commit();
  void plan_work();
  void plan_wake();
  [[nodiscard]] Schedule::Action in_this_life(Schedule::Action action);

  Schedule& schedule_;
  Random& random_;
  Disk& disk_;
  store::ContentStore& files_;
  const coordinator::Options options_;
  const std::function<void()> watch_;
  const std::function<void()> disk_failed_;

  std::unique_ptr<asio::io_context> io_;
  std::unique_ptr<coordinator::Coordinator> coordinator_;
  std::uint64_t life_ = 0;
  bool commit_planned_ = false;
  bool work_planned_ = false;
  std::optional<Time> wake_planned_;
};

}  // namespace vcp::sim
