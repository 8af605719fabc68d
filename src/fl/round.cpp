// SPDX-License-Identifier: Apache-2.0
#include "vcp/fl/round.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "center.hpp"
#include "cohort.hpp"
#include "kernels.hpp"
#include "rule.hpp"
#include "vcp/base/json.hpp"

namespace vcp::fl {
namespace {

/// What a rule keeps between rounds, in a file: a flat F64 tensor for each slot, its parameters in
/// the order of the model's tensors as they are written.
class ServerState {
 public:
  /// Reads from `previous`, if there is one, and writes to `next`.
  static Result<ServerState> open(const Layout& model, std::vector<Slot> slots,
                                  const std::optional<std::filesystem::path>& previous,
                                  const std::filesystem::path& next) {
    ServerState state(model, std::move(slots));
    if (state.slots_.empty()) return state;
    const Layout layout = state.layout(model.parameters());
    if (previous) {
      Result<ModelFile> file = ModelFile::open(*previous, layout);
      if (!file) return std::unexpected(std::move(file.error()));
      state.previous_.emplace(std::move(*file));
    }
    Result<NewModelFile> file = NewModelFile::create(next, layout);
    if (!file) return std::unexpected(std::move(file.error()));
    state.next_.emplace(std::move(*file));
    return state;
  }

  [[nodiscard]] bool empty() const { return slots_.empty(); }
  [[nodiscard]] std::size_t slots() const { return slots_.size(); }

  Result<> read(const Tile& tile, std::size_t slot, std::span<double> out) const {
    std::ranges::fill(out, slots_[slot].initial);
    if (!previous_) return {};
    return previous_->read(in_slot(tile, slot),
                           {reinterpret_cast<char*>(out.data()), out.size_bytes()});
  }

  Result<> write(const Tile& tile, std::size_t slot, std::span<const double> values) {
    return next_->write(in_slot(tile, slot),
                        {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  }

  Result<> commit() { return next_ ? next_->commit() : Result<>(); }

 private:
  ServerState(const Layout& model, std::vector<Slot> slots) : slots_(std::move(slots)) {
    assert(std::ranges::is_sorted(slots_, {}, &Slot::name));
    std::uint64_t first = 0;
    for (const Tensor& tensor : model.tensors) {
      firsts_.push_back(first);
      first += tensor.elements();
    }
  }

  [[nodiscard]] Layout layout(std::uint64_t parameters) const {
    std::vector<Tensor> tensors;
    for (const Slot& slot : slots_) {
      tensors.push_back(
          {.name = std::string(slot.name), .dtype = Dtype::f64, .shape = {parameters}});
    }
    return make_layout(std::move(tensors), {});
  }

  [[nodiscard]] Tile in_slot(const Tile& tile, std::size_t slot) const {
    return {slot, firsts_[tile.tensor] + tile.first, tile.count, tile.index};
  }

  std::vector<Slot> slots_;
  std::vector<std::uint64_t> firsts_;  // the first parameter of each tensor of the model
  std::optional<ModelFile> previous_;
  std::optional<NewModelFile> next_;
};

/// Takes the model a step from w towards w̄, tile by tile.
class Stepper {
 public:
  Stepper(const CohortFiles& files, const Rule& rule, const Center& center, ServerState& state,
          NewModelFile& next)
      : files_(files), rule_(rule), center_(center), state_(state), next_(next) {}

  Result<> run(const ParallelFor& parallel) const {
    const std::vector<Tile> tiles = cut_into_tiles(files_.layout(), center_.tile_elements());
    return for_each_run(parallel, tiles, kMaxRuns,
                        [this](std::size_t, std::span<const Tile> mine) -> Result<> {
                          Buffers buffers;
                          for (const Tile& tile : mine) {
                            if (auto done = step(tile, buffers); !done) return done;
                          }
                          return {};
                        });
  }

 private:
  struct Buffers {
    Workspace workspace;
    std::vector<double> w;
    std::vector<double> next;
    std::vector<std::vector<double>> slots;
    std::string raw;
  };

  Result<> step(const Tile& tile, Buffers& buffers) const {
    buffers.w.resize(tile.count);
    buffers.next.resize(tile.count);
    if (auto done = files_.read_model(tile, buffers.w, buffers.workspace); !done) return done;
    auto done = center_.compute(tile, buffers.w, buffers.next, buffers.workspace);
    if (!done) return done;
    if (auto stepped = step_rule(tile, buffers); !stepped) return stepped;
    return write(tile, buffers);
  }

  Result<> step_rule(const Tile& tile, Buffers& buffers) const {
    buffers.slots.resize(state_.slots());
    std::vector<std::span<double>> slots;
    for (std::size_t i = 0; i < buffers.slots.size(); ++i) {
      buffers.slots[i].resize(tile.count);
      if (auto done = state_.read(tile, i, buffers.slots[i]); !done) return done;
      slots.emplace_back(buffers.slots[i]);
    }
    rule_.step(buffers.w, buffers.next, slots);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (auto done = state_.write(tile, i, slots[i]); !done) return done;
    }
    return {};
  }

  Result<> write(const Tile& tile, Buffers& buffers) const {
    const Dtype dtype = files_.dtype(tile);
    buffers.raw.resize(tile.count * size_of(dtype));
    encode(dtype, buffers.next, buffers.raw.data());
    if (count_finite(dtype, buffers.raw.data(), tile.count) < tile.count) {
      return fail(Code::invalid, "the next model's tensor " +
                                     json::quote(files_.layout().tensors[tile.tensor].name) +
                                     " would not be finite");
    }
    return next_.write(tile, buffers.raw);
  }

  const CohortFiles& files_;
  const Rule& rule_;
  const Center& center_;
  ServerState& state_;
  NewModelFile& next_;
};

Result<PrivateCenter> choose_center(const Round& round, const CohortFiles& files, const Rule& rule,
                                    Random& random, const ParallelFor& parallel) {
  if (round.privacy) return make_private_center(files, *round.privacy, random, parallel);
  Result<std::unique_ptr<Center>> center = make_center(files, rule, parallel);
  if (!center) return std::unexpected(std::move(center.error()));
  return PrivateCenter{.center = std::move(*center), .next_clip = {}, .discarded = {}};
}

/// The parts of a round that only some strategies have.
Result<> check_strategy(const Round& round) {
  const auto info = find_strategy(round.strategy.name);
  if (!info) return fail(Code::invalid, "there is no such strategy");
  const bool stale =
      std::ranges::any_of(round.updates, [](const Update& update) { return update.staleness > 0; });
  if (stale && !info->takes_stale_updates) {
    return fail(Code::invalid, round.strategy.name + " takes no updates of earlier versions");
  }
  if (round.privacy && !info->allows_privacy) {
    return fail(Code::invalid, round.strategy.name + " does not combine with privacy");
  }
  return {};
}

}  // namespace

Result<RoundOutcome> close_round(const Round& round, Random& random, const ParallelFor& parallel) {
  if (auto checked = check_strategy(round); !checked) return std::unexpected(checked.error());
  const Result<CohortFiles> files = CohortFiles::open(round.model, round.updates);
  if (!files) return std::unexpected(files.error());
  const std::unique_ptr<Rule> rule = make_rule(round.strategy);
  Result<PrivateCenter> center = choose_center(round, *files, *rule, random, parallel);
  if (!center) return std::unexpected(std::move(center.error()));
  Result<ServerState> state =
      ServerState::open(files->layout(), rule->slots(), round.state, round.next_state);
  if (!state) return std::unexpected(std::move(state.error()));
  Result<NewModelFile> next = NewModelFile::create(round.next_model, files->layout());
  if (!next) return std::unexpected(std::move(next.error()));

  const Stepper stepper(*files, *rule, *center->center, *state, *next);
  if (auto stepped = stepper.run(parallel); !stepped) return std::unexpected(stepped.error());
  if (auto committed = state->commit(); !committed) return std::unexpected(committed.error());
  if (auto committed = next->commit(); !committed) return std::unexpected(committed.error());
  return RoundOutcome{.has_state = !state->empty(),
                      .next_clip = center->next_clip,
                      .discarded = std::move(center->discarded)};
}

Result<Norms> update_norms(const std::filesystem::path& model, const Update& update,
                           const ParallelFor& parallel) {
  const Result<CohortFiles> files = CohortFiles::open(model, {update});
  if (!files) return std::unexpected(files.error());
  const Result<std::vector<Norms>> norms = measure_norms(*files, parallel);
  if (!norms) return std::unexpected(norms.error());
  return norms->front();
}

}  // namespace vcp::fl
