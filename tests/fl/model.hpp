// SPDX-License-Identifier: Apache-2.0
// Models as maps of doubles, and their files, for the tests of fl.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "kernels.hpp"
#include "vcp/fl/round.hpp"
#include "vcp/fl/safetensors.hpp"

namespace vcp::fl {

/// A directory that is gone at the end of the test; in memory, for every round is synced.
class Directory {
 public:
  Directory() {
    const std::filesystem::path memory = "/dev/shm";
    const bool has_memory = std::filesystem::is_directory(memory);
    const auto parent = has_memory ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "vcp-fl-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

struct TestTensor {
  Dtype dtype = Dtype::f32;
  std::vector<std::uint64_t> shape;
  std::vector<double> values;
};

using Model = std::map<std::string, TestTensor>;

inline std::string encode_values(const TestTensor& tensor) {
  std::string raw(tensor.values.size() * size_of(tensor.dtype), '\0');
  encode(tensor.dtype, tensor.values, raw.data());
  return raw;
}

inline std::string to_bytes(const Model& model) {
  std::vector<Tensor> tensors;
  for (const auto& [name, tensor] : model) {
    tensors.push_back({.name = name, .dtype = tensor.dtype, .shape = tensor.shape});
  }
  const Layout layout = make_layout(tensors, {});
  std::string bytes = write_header(layout);
  for (const Tensor& tensor : layout.tensors) bytes += encode_values(model.at(tensor.name));
  return bytes;
}

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline Model from_bytes(const std::string& bytes) {
  const std::uint64_t length = parse_header_length(bytes).value();
  const Layout layout = parse_header(bytes.substr(kLengthBytes, length)).value();
  Model model;
  for (const Tensor& tensor : layout.tensors) {
    TestTensor& out = model[tensor.name];
    out.dtype = tensor.dtype;
    out.shape = tensor.shape;
    out.values.resize(tensor.elements());
    decode(tensor.dtype, bytes.data() + layout.data_begin() + tensor.begin, out.values);
  }
  return model;
}

/// The values as they are once they have been through the model's types.
inline Model rounded(const Model& model) { return from_bytes(to_bytes(model)); }

/// A model of that shape with normal values of the given size.
inline Model random_like(Model model, std::mt19937_64& random, double size = 1) {
  std::normal_distribution<double> normal(0, size);
  for (auto& [name, tensor] : model) {
    std::uint64_t count = 1;
    for (const std::uint64_t extent : tensor.shape) count *= extent;
    tensor.values.resize(count);
    for (double& value : tensor.values) value = normal(random);
  }
  return rounded(model);
}

/// `model` with `change` applied to every value: change(value, name, index).
template <class Change>
Model changed(Model model, Change change) {
  for (auto& [name, tensor] : model) {
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      tensor.values[i] = change(tensor.values[i], name, i);
    }
  }
  return model;
}

/// A round on disk, set up a client at a time.
class TestRound {
 public:
  TestRound(const std::string& strategy, const Model& model, std::uint64_t min_clients = 1)
      : TestRound(Strategy{strategy}, model, min_clients) {}

  TestRound(Strategy strategy, const Model& model, std::uint64_t min_clients = 1) {
    round_.strategy = validate_strategy(std::move(strategy), min_clients).value();
    round_.model = directory_ / "model";
    round_.next_model = directory_ / "next";
    round_.next_state = directory_ / "state-next";
    write_file(round_.model, to_bytes(model));
  }

  void add(const std::string& client, const Model& update, std::uint64_t samples = 1,
           Kind kind = Kind::weights) {
    const auto file = directory_ / ("update-" + std::to_string(round_.updates.size()));
    write_file(file, to_bytes(update));
    round_.updates.push_back(
        {.client_id = client, .file = file, .num_samples = samples, .kind = kind});
  }

  Result<RoundOutcome> try_close(const ParallelFor& parallel = serial()) {
    SeededRandom random(seed);
    return close_round(round_, random, parallel);
  }

  Model close(const ParallelFor& parallel = serial()) {
    const Result<RoundOutcome> outcome = try_close(parallel);
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message);
    return outcome ? from_bytes(next_bytes()) : Model();
  }

  /// Goes on with the next round: what was written is what is read.
  void advance() {
    std::filesystem::rename(round_.next_model, round_.model);
    if (std::filesystem::exists(round_.next_state)) {
      round_.state = directory_ / "state";
      std::filesystem::rename(round_.next_state, *round_.state);
    }
    round_.updates.clear();
  }

  [[nodiscard]] std::string next_bytes() const { return read_file(round_.next_model); }
  [[nodiscard]] Round& round() { return round_; }
  [[nodiscard]] const Directory& directory() const { return directory_; }

  std::uint64_t seed = 1;

 private:
  Directory directory_;
  Round round_;
};

/// Every value within `relative` of the expected one, or within `absolute`.
inline void expect_near(const Model& expected, const Model& actual, double relative,
                        double absolute = 0) {
  ASSERT_EQ(expected.size(), actual.size());
  for (const auto& [name, tensor] : expected) {
    const std::vector<double>& values = actual.at(name).values;
    ASSERT_EQ(tensor.values.size(), values.size()) << name;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double allowed = std::max(absolute, relative * std::fabs(tensor.values[i]));
      ASSERT_NEAR(tensor.values[i], values[i], allowed) << name << '[' << i << ']';
    }
  }
}

/// One tensor "w" of F32.
inline Model vector_model(std::vector<double> values, Dtype dtype = Dtype::f32) {
  const std::uint64_t count = values.size();
  return {{"w", {.dtype = dtype, .shape = {count}, .values = std::move(values)}}};
}

/// Shapes that meet every border: empty, scalar, odd, over a tile.
inline Model many_shapes(Dtype dtype) {
  return {{"empty", {dtype, {3, 0, 2}, {}}},
          {"scalar", {dtype, {}, {}}},
          {"bias", {dtype, {7}, {}}},
          {"conv", {dtype, {3, 5, 2, 2}, {}}},
          {"dense", {dtype, {257, 131}, {}}}};
}

}  // namespace vcp::fl
