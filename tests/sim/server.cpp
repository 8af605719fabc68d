// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"

namespace vcp::sim {

Server::Server(Schedule& schedule, Random& random, Disk& disk, store::ContentStore& files,
               coordinator::Options options, std::function<void()> watch,
               std::function<void()> disk_failed)
    : schedule_(schedule),
      random_(random),
      disk_(disk),
      files_(files),
      options_(std::move(options)),
      watch_(std::move(watch)),
      disk_failed_(std::move(disk_failed)) {}

Result<> Server::boot() {
  io_ = std::make_unique<asio::io_context>();
  auto opened =
      coordinator::Coordinator::open(*io_, disk_, files_, schedule_, random_, options_, {});
  if (!opened) return std::unexpected(opened.error());
  coordinator_ = std::move(*opened);
  commit_planned_ = work_planned_ = false;
  wake_planned_.reset();
  return {};
}

void Server::kill() {
  ++life_;
  coordinator_.reset();
  io_.reset();
}

/// Runs everything that is ready, and sees to it that the rest will come.
void Server::settle() {
  if (!is_up()) return;
  io_->restart();
  if (io_->poll() == 0) return;
  watch_();
  if (coordinator_->queued_commits() > 0) plan_commit();
  plan_work();
  plan_wake();
}

void Server::plan_commit() {
  if (std::exchange(commit_planned_, true)) return;
  const std::uint64_t slowest = random_.below(20) == 0 ? kSlowestCommit.count() : 20;
  schedule_.after(Duration(random_.below(slowest)), in_this_life([this] {
                    commit_planned_ = false;
                    coordinator_->steps().commit();
                    if (disk_.failed()) disk_failed_();
                  }));
}

void Server::plan_work() {
  if (std::exchange(work_planned_, true)) return;
  schedule_.after(Duration(random_.below(200)), in_this_life([this] {
                    work_planned_ = false;
                    if (coordinator_->steps().work()) plan_work();
                  }));
}

void Server::plan_wake() {
  const std::optional<Time> wakes_at = coordinator_->steps().wakes_at();
  if (!wakes_at || wake_planned_ == wakes_at) return;
  wake_planned_ = wakes_at;
  schedule_.at(std::max(*wakes_at, schedule_.now() + Duration(1)),
               in_this_life([this, at = *wakes_at] {
                 if (wake_planned_ != at) return;
                 wake_planned_.reset();
                 coordinator_->steps().wake();
               }));
}

Schedule::Action Server::in_this_life(Schedule::Action action) {
  return [this, life = life_, action = std::move(action)]() mutable {
    if (life != life_) return;
    action();
    settle();
  };
}

}  // namespace vcp::sim
