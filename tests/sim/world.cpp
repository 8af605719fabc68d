// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include "program.hpp"

namespace vcp::sim {
namespace {

constexpr Duration kFaults{90'000};
constexpr Duration kCalm{900'000};
constexpr std::size_t kMostSteps = 1'000'000;
constexpr std::size_t kSaviours =
    20;  // ten in each region: gangs of three in quorums of three need nine

/// What a seed decides about a run as a whole.
struct Scenario {
  bool fair = false;  ///< equal tasks of three owners that want more than there is
  Weather weather;
  Duration between_crashes{20'000};
  std::size_t machines = 5;
  Tastes tastes;
};

Scenario make_scenario(Random& random) {
  const auto up_to = [&random](double most) { return random.uniform() * most; };
  Scenario made;
  made.fair = random.below(5) == 0;
  made.weather = {.lost = up_to(0.1), .doubled = up_to(0.1), .slow = up_to(0.1)};
  made.between_crashes = Duration(5'000 + random.below(60'000));
  made.machines = 2 + random.below(6);
  made.tastes.pause = Duration(300 + random.below(3'000));
  if (made.fair) {
    made.tastes.pause = Duration(200);
    return made;
  }
  made.tastes.gangs = random.below(2) == 0 ? up_to(0.5) : 0;
  made.tastes.quorums = up_to(0.7);
  made.tastes.rechecks = up_to(0.5);
  made.tastes.automatic = up_to(0.5);
  made.tastes.picky = up_to(0.3);
  made.tastes.varied = up_to(1);
  made.tastes.cancels = up_to(0.2);
  return made;
}

mesh::Settings make_settings(bool fair) {
  mesh::Settings settings;
  settings.lease_ttl = Duration(8'000);
  settings.heartbeat_interval = Duration(3'000);
  settings.max_retry_backoff = Duration(4'000);
  settings.trusted_after = 3;
  settings.owners["ada"] = {.weight = 1};
  settings.owners["bob"] = {.weight = 2};
  settings.owners["eve"] = {.weight = 3};
  for (auto& [owner, policy] : settings.owners) policy.max_pending = fair ? 8 : 20;
  if (!fair) settings.owners["eve"].max_running = 3;
  return settings;
}

coordinator::Options make_options(const mesh::Settings& settings, Random& random) {
  coordinator::Options options;
  options.receipts.keys = {log::SignerKey::generate("log.example", random).value()};
  options.mesh = settings;
  options.keep_ended_in_memory = 10;  // most of those that ended are read from the disk
  options.stepped = true;
  options.rerun = [](const mesh::Task& task, std::uint32_t rank) -> Result<mesh::Report> {
    return run_program(task, rank);
  };
  return options;
}

class World {
 public:
  World(std::uint64_t seed, store::ContentStore& files)
      : chance_(seed),
        server_chance_(~seed),
        random_(chance_),
        scenario_(make_scenario(random_)),
        settings_(make_settings(scenario_.fair)),
        disk_(random_),
        promises_(schedule_, disk_, settings_),
        server_(
            schedule_, server_chance_, disk_, files, make_options(settings_, server_chance_),
            [this] { promises_.look(); }, [this] { disk_failed(); }),
        network_(schedule_, random_, server_) {
    if (scenario_.fair) promises_.expect_fairness();
    network_.set(scenario_.weather);
  }

  Verdict run() {
    boot();
    for (std::size_t i = 0; i < scenario_.machines; ++i) add_machine(i);
    for (const auto& [owner, policy] : settings_.owners) {
      submitters_.push_back(std::make_unique<Submitter>(stage_, owner, scenario_.tastes));
      submitters_.back()->start();
    }
    plan_crash();
    plan_fault();
    schedule_.after(kFaults, [this] { calm_down(); });
    while (!promises_.broken() && !over_ && ++steps_ < kMostSteps && schedule_.step()) {
    }
    promises_.require(over_, "it never ends");
    Verdict verdict{.broken = promises_.broken(),
                    .fingerprint = promises_.fingerprint(),
                    .steps = steps_,
                    .tasks = promises_.ended(),
                    .crashes = crashes_};
    if (verdict.broken) {
      const auto since = std::chrono::duration<double>(schedule_.now() - started_).count();
      *verdict.broken += " (after " + std::to_string(since) + " s)";
    }
    return verdict;
  }

 private:
  // --- The server's fate

  void boot() {
    const Result<> booted = server_.boot();
    promises_.require(booted.has_value(), "the server does not start");
    if (!booted) return;
    promises_.started(server_.coordinator());
  }

  void kill(bool power_lost) {
    if (!server_.is_up()) return;
    ++crashes_;
    server_.kill();
    promises_.killed();
    disk_.restart(power_lost);
    schedule_.after(stage_.up_to(calm_ ? 10 : 3'000), [this] { boot(); });
  }

  void plan_crash() {
    const auto most = static_cast<std::uint64_t>(scenario_.between_crashes.count());
    schedule_.after(stage_.up_to(most), [this] {
      if (calm_) return;
      if (random_.below(2) == 0) {
        disk_.fail_next_sync();  // and the crash comes within a commit
      } else {
        kill(random_.below(2) == 0);
      }
      plan_crash();
    });
  }

  /// The power goes at once, or the server lives on for a while without its disk.
  void disk_failed() {
    if (random_.below(3) != 0) return kill(true);
    schedule_.after(stage_.up_to(5'000), [this, crashes = crashes_] {
      if (crashes == crashes_) kill(random_.below(2) == 0);
    });
  }

  // --- The machines'

  void add_machine(std::size_t number) {
    mesh::Registration node;
    node.id.value = "n" + std::to_string(number);
    node.owner = number % 2 == 0 ? "even" : "odd";
    node.region = number % 3 == 0 ? "us" : "eu";
    node.slots = 1 + static_cast<std::uint32_t>(random_.below(4));
    node.capabilities = {.bandwidth_mbps = 100,
                         .cpu_cores = 4,
                         .memory_gb = static_cast<double>(1U << random_.below(3)),
                         .gpu_available = random_.below(2) == 0};
    node.safety_policy.max_consecutive_errors = 5;
    Character character;
    if (!scenario_.fair) {
      constexpr std::array kLies{Character::Lies::never, Character::Lies::never,
                                 Character::Lies::always_so, Character::Lies::at_random,
                                 Character::Lies::in_league};
      character.lies = kLies[random_.below(kLies.size())];
      character.how_often = character.lies == Character::Lies::never ? 0 : random_.uniform();
      character.forges = random_.below(3) == 0;
      character.overheats = random_.below(4) == 0;
    } else {
      node.capabilities.memory_gb = 4;
    }
    character.fails = random_.below(3) == 0 ? 0.2 * random_.uniform() : 0.01;
    character.dawdles = random_.below(3) == 0 ? 0.2 * random_.uniform() : 0;
    character.silent = random_.below(3) == 0 ? 0.5 * random_.uniform() : 0;
    machines_.push_back(std::make_unique<Machine>(stage_, std::move(node), character));
    machines_.back()->switch_on();
  }

  /// Nodes that can run anything, and do.
  void add_saviours() {
    for (std::size_t i = 0; i < kSaviours; ++i) {
      mesh::Registration node;
      node.id.value = "saviour" + std::to_string(i);
      node.owner = "saviour" + std::to_string(i);
      node.region = i % 2 == 0 ? "eu" : "us";
      node.slots = 4;
      node.capabilities = {
          .bandwidth_mbps = 100, .cpu_cores = 4, .memory_gb = 16, .gpu_available = true};
      machines_.push_back(std::make_unique<Machine>(stage_, std::move(node), Character{}));
      machines_.back()->switch_on();
    }
  }

  void plan_fault() {
    schedule_.after(stage_.up_to(6'000), [this] {
      if (calm_) return;
      fault(*machines_[random_.below(machines_.size())]);
      plan_fault();
    });
  }

  void fault(Machine& machine) {
    switch (random_.below(5)) {
      case 0:
        machine.switch_off();
        return schedule_.after(stage_.up_to(15'000), [&machine] { machine.switch_on(); });
      case 1:
        return machine.freeze(stage_.up_to(20'000));
      case 2:
        return administer([id = machine.id()](coordinator::Coordinator::Writer& writer) {
          return writer.core.remove_node(writer.now, id);
        });
      default:
        return administer([id = machine.id(), draining = random_.below(3) == 0](
                              coordinator::Coordinator::Writer& writer) -> Result<> {
          const auto done = writer.core.set_draining(writer.now, id, draining);
          return done ? Result<>{} : std::unexpected(done.error());
        });
    }
  }

  void administer(std::function<Result<>(coordinator::Coordinator::Writer&)> command) {
    const auto operation = [command](coordinator::Coordinator& server) {
      return server.apply<int>([command](coordinator::Coordinator::Writer& writer) -> Result<int> {
        const Result<> done = command(writer);
        return done ? Result<int>(0) : std::unexpected(done.error());
      });
    };
    network_.call<int>({.operation = operation}, Duration(5'000), [](const Result<int>&) {});
  }

  // --- The end

  /// No more faults, and nodes enough: from now on everything must come to its end.
  void calm_down() {
    calm_ = true;
    network_.set({});
    for (const auto& submitter : submitters_) submitter->stop();
    for (const auto& machine : machines_) {
      machine->turn_honest();
      machine->switch_on();
    }
    add_saviours();
    schedule_.after(Duration(15'000), [this] { look_for_end(); });
    schedule_.after(kCalm, [this] { promises_.require_all_ended(); });
  }

  void look_for_end() {
    const bool idle = server_.is_up() && server_.coordinator().queued_commits() == 0;
    if (!idle || promises_.unfinished() > 0) {
      return schedule_.after(Duration(1'000), [this] { look_for_end(); });
    }
    promises_.check_records();
    if (std::exchange(looked_twice_, true)) {
      over_ = true;
      return;
    }
    kill(false);  // and the same after recovery
    schedule_.after(Duration(1'000), [this] { look_for_end(); });
  }

  SeededRandom chance_;
  SeededRandom server_chance_;
  BufferedRandom random_;
  const Scenario scenario_;
  const mesh::Settings settings_;
  Schedule schedule_;
  const Time started_ = schedule_.now();
  Disk disk_;
  Promises promises_;
  Server server_;
  Network network_;
  const Stage stage_{schedule_, random_, network_, promises_};
  std::vector<std::unique_ptr<Machine>> machines_;
  std::vector<std::unique_ptr<Submitter>> submitters_;
  bool calm_ = false;
  bool looked_twice_ = false;
  bool over_ = false;
  std::size_t steps_ = 0;
  std::size_t crashes_ = 0;
};

}  // namespace

Verdict simulate(std::uint64_t seed, const std::filesystem::path& directory) {
  SeededRandom names(seed + 1);
  auto files = store::ContentStore::open(directory, names);
  if (!files) return {.broken = "no content files: " + files.error().message};
  World world(seed, *files);
  try {
    return world.run();
  } catch (const std::exception& thrown) {
    return {.broken = std::string("an exception: ") + thrown.what()};
  }
}

}  // namespace vcp::sim
