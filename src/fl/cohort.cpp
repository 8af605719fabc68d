// SPDX-License-Identifier: Apache-2.0
#include "cohort.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "kernels.hpp"
#include "vcp/base/json.hpp"

namespace vcp::fl {
namespace {

constexpr std::uint64_t kMaxSamples = 1ULL << 53;
constexpr std::size_t kDistanceRuns = 8;  // each holds a number for every two clients

auto order_of(const Update& update) { return std::tie(update.client_id, update.staleness); }

Result<> check_updates(const std::vector<Update>& sorted) {
  if (sorted.empty()) return fail(Code::invalid, "a round needs an update");
  for (const Update& update : sorted) {
    if (update.num_samples < 1 || update.num_samples > kMaxSamples) {
      return fail(Code::invalid, "num_samples is not between 1 and 2^53");
    }
  }
  const auto twice = std::ranges::adjacent_find(sorted, {}, order_of);
  if (twice == sorted.end()) return {};
  return fail(Code::invalid, "two updates of the client " + json::quote(twice->client_id));
}

bool has_base(const Update& update) { return update.kind == Kind::weights && update.staleness > 0; }

Result<CohortFiles::Client> open_client(Update update, const Layout& layout) {
  Result<ModelFile> file = ModelFile::open(update.file, layout);
  if (!file) return std::unexpected(std::move(file.error()));
  std::optional<ModelFile> base;
  if (has_base(update)) {
    Result<ModelFile> opened = ModelFile::open(update.base, layout);
    if (!opened) return std::unexpected(std::move(opened.error()));
    base.emplace(std::move(*opened));
  }
  return CohortFiles::Client{std::move(update), std::move(*file), std::move(base)};
}

/// The distances of a tile's rows, added to `squares`.
void add_distances(const Rows& rows, std::vector<double>& squares) {
  const std::size_t n = rows.size();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      squares[i * n + j] += squared_distance(rows.row(i), rows.row(j));
    }
  }
}

}  // namespace

Result<CohortFiles> CohortFiles::open(const std::filesystem::path& path,
                                      std::vector<Update> updates) {
  std::ranges::sort(updates, {}, order_of);
  if (auto checked = check_updates(updates); !checked) return std::unexpected(checked.error());
  const Result<ModelFile> original = ModelFile::open(path);
  if (!original) return std::unexpected(original.error());
  Layout layout = make_layout(original->layout().tensors, original->layout().metadata);
  Result<ModelFile> model = ModelFile::open(path, layout);
  if (!model) return std::unexpected(std::move(model.error()));

  std::vector<Client> clients;
  for (Update& update : updates) {
    Result<Client> client = open_client(std::move(update), layout);
    if (!client) return std::unexpected(std::move(client.error()));
    clients.push_back(std::move(*client));
  }
  return CohortFiles(std::move(*model), std::move(layout), std::move(clients));
}

CohortFiles::CohortFiles(ModelFile model, Layout layout, std::vector<Client> clients)
    : model_(std::move(model)), layout_(std::move(layout)), clients_(std::move(clients)) {}

Result<const char*> CohortFiles::raw(const ModelFile& file, const Tile& tile,
                                     Workspace& workspace) const {
  workspace.raw.resize(tile.count * size_of(dtype(tile)));
  if (auto read = file.read(tile, workspace.raw); !read) return std::unexpected(read.error());
  return workspace.raw.data();
}

Result<> CohortFiles::read(const ModelFile& file, const Tile& tile, std::span<double> out,
                           Workspace& workspace) const {
  const Result<const char*> elements = raw(file, tile, workspace);
  if (!elements) return std::unexpected(elements.error());
  decode(dtype(tile), *elements, out);
  return {};
}

Result<> CohortFiles::read_model(const Tile& tile, std::span<double> out,
                                 Workspace& workspace) const {
  return read(model_, tile, out, workspace);
}

Result<> CohortFiles::read_delta(const Client& client, const Tile& tile, std::span<const double> w,
                                 std::span<double> out, Workspace& workspace) const {
  if (auto done = read(client.file, tile, out, workspace); !done) return done;
  if (client.update.kind == Kind::delta) return {};
  if (!client.base) {
    subtract(out, w);
    return {};
  }
  workspace.row.resize(tile.count);
  if (auto done = read(*client.base, tile, workspace.row, workspace); !done) return done;
  subtract(out, workspace.row);
  return {};
}

Result<> CohortFiles::read_weights(const Client& client, const Tile& tile,
                                   std::span<const double> w, std::span<double> out,
                                   Workspace& workspace) const {
  if (client.update.kind == Kind::weights) return read(client.file, tile, out, workspace);
  if (auto done = read(client.file, tile, out, workspace); !done) return done;
  add(out, w);
  return {};
}

Result<Rows> CohortFiles::read_rows(const Tile& tile, std::span<const double> w,
                                    Workspace& workspace) const {
  workspace.rows.resize(clients_.size() * tile.count);
  const Rows rows{workspace.rows, tile.count};
  for (std::size_t k = 0; k < clients_.size(); ++k) {
    if (auto done = read_weights(clients_[k], tile, w, rows.row(k), workspace); !done) {
      return std::unexpected(std::move(done.error()));
    }
  }
  return rows;
}

std::size_t row_tile_elements(std::size_t clients) {
  constexpr std::size_t kTargetBytes = 1 << 20;
  constexpr std::size_t kLeast = 1'024;  // below this the reads get too small
  return std::clamp(kTargetBytes / (clients * sizeof(double)), kLeast, kTileElements);
}

Result<std::vector<Norms>> measure_norms(const CohortFiles& files, const ParallelFor& parallel) {
  const std::vector<CohortFiles::Client>& clients = files.clients();
  const std::vector<Tile> tiles = cut_into_tiles(files.layout(), kTileElements);
  std::vector<std::vector<Norms>> partial(kMaxRuns, std::vector<Norms>(clients.size()));
  const RunBody measure = [&](std::size_t run, std::span<const Tile> mine) -> Result<> {
    Workspace workspace;
    for (const Tile& tile : mine) {
      std::vector<double> w(tile.count);
      std::vector<double> delta(tile.count);
      if (auto done = files.read_model(tile, w, workspace); !done) return done;
      for (std::size_t k = 0; k < clients.size(); ++k) {
        auto done = files.read_delta(clients[k], tile, w, delta, workspace);
        if (!done) return done;
        partial[run][k].l1 += sum_of_magnitudes(delta);
        partial[run][k].l2 += sum_of_squares(delta);
      }
    }
    return {};
  };
  if (auto measured = for_each_run(parallel, tiles, kMaxRuns, measure); !measured) {
    return std::unexpected(std::move(measured.error()));
  }

  std::vector<Norms> norms(clients.size());
  for (std::size_t k = 0; k < clients.size(); ++k) {
    for (const std::vector<Norms>& run : partial) {
      norms[k].l1 += run[k].l1;
      norms[k].l2 += run[k].l2;
    }
    norms[k].l2 = std::sqrt(norms[k].l2);
  }
  return norms;
}

Result<Distances> measure_distances(const CohortFiles& files, const ParallelFor& parallel) {
  const std::size_t n = files.clients().size();
  const std::vector<Tile> tiles = cut_into_tiles(files.layout(), row_tile_elements(n));
  std::vector<std::vector<double>> partial(kDistanceRuns, std::vector<double>(n * n));
  const RunBody measure = [&](std::size_t run, std::span<const Tile> mine) -> Result<> {
    Workspace workspace;
    for (const Tile& tile : mine) {
      std::vector<double> w(tile.count);
      if (auto done = files.read_model(tile, w, workspace); !done) return done;
      const Result<Rows> rows = files.read_rows(tile, w, workspace);
      if (!rows) return std::unexpected(rows.error());
      add_distances(*rows, partial[run]);
    }
    return {};
  };
  if (auto measured = for_each_run(parallel, tiles, kDistanceRuns, measure); !measured) {
    return std::unexpected(std::move(measured.error()));
  }

  Distances distances{.size = n, .squares = std::vector<double>(n * n)};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      double square = 0;
      for (const std::vector<double>& run : partial) square += run[i * n + j];
      distances.squares[i * n + j] = distances.squares[j * n + i] = square;
    }
  }
  return distances;
}

}  // namespace vcp::fl
