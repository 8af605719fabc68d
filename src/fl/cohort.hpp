// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model_file.hpp"
#include "rule.hpp"
#include "vcp/fl/round.hpp"

namespace vcp::fl {

/// Buffers of one thread, which keep their memory from tile to tile.
struct Workspace {
  std::vector<char> raw;
  std::vector<double> row;
  std::vector<double> error;
  std::vector<double> rows;
};

/// The files of a round, open, in the order of client ids. Any thread.
class CohortFiles {
 public:
  struct Client {
    Update update;
    ModelFile file;
    std::optional<ModelFile> base;  ///< the model it started from, if not the round's
  };

  [[nodiscard]] static Result<CohortFiles> open(const std::filesystem::path& model,
                                                std::vector<Update> updates);

  /// The tensors in the order in which they are written and tiles are numbered.
  [[nodiscard]] const Layout& layout() const { return layout_; }
  [[nodiscard]] const ModelFile& model() const { return model_; }
  [[nodiscard]] const std::vector<Client>& clients() const { return clients_; }
  [[nodiscard]] Dtype dtype(const Tile& tile) const { return layout_.tensors[tile.tensor].dtype; }

  /// The elements of a tile of a file, as they are there; in `workspace.raw`.
  [[nodiscard]] Result<const char*> raw(const ModelFile& file, const Tile& tile,
                                        Workspace& workspace) const;

  /// w of a tile.
  [[nodiscard]] Result<> read_model(const Tile& tile, std::span<double> out,
                                    Workspace& workspace) const;

  /// Client k's Δ or model of a tile, where the round's model is `w`.
  [[nodiscard]] Result<> read_delta(const Client& client, const Tile& tile,
                                    std::span<const double> w, std::span<double> out,
                                    Workspace& workspace) const;
  [[nodiscard]] Result<> read_weights(const Client& client, const Tile& tile,
                                      std::span<const double> w, std::span<double> out,
                                      Workspace& workspace) const;

  /// Every client's model of a tile; in `workspace.rows`.
  [[nodiscard]] Result<Rows> read_rows(const Tile& tile, std::span<const double> w,
                                       Workspace& workspace) const;

 private:
  CohortFiles(ModelFile model, Layout layout, std::vector<Client> clients);

  [[nodiscard]] Result<> read(const ModelFile& file, const Tile& tile, std::span<double> out,
                              Workspace& workspace) const;

  ModelFile model_;
  Layout layout_;
  std::vector<Client> clients_;
};

/// The norms of every client's Δ.
[[nodiscard]] Result<std::vector<Norms>> measure_norms(const CohortFiles& files,
                                                       const ParallelFor& parallel);

/// The distances between every two clients' models.
[[nodiscard]] Result<Distances> measure_distances(const CohortFiles& files,
                                                  const ParallelFor& parallel);

/// Elements of a tile of which only a few rows are held: both fit into a core's own cache.
inline constexpr std::size_t kTileElements = 16'384;

/// Elements of a tile of which every client's row is held.
[[nodiscard]] std::size_t row_tile_elements(std::size_t clients);

}  // namespace vcp::fl
