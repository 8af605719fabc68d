// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "vcp/zk/circuit.hpp"

// Files of stock tools (data/README.md) as JSON that a test can change, and what becomes of it.
namespace vcp::zk::fixture {

using Json = nlohmann::ordered_json;

/// A file of tests/zk/data.
std::string load_text(const std::string& path);
Json load(const std::string& path);

std::shared_ptr<const ReceiptVerifiers> verifiers(const std::vector<std::string>& allowed = {});

Result<Circuit> read(const Json& body, const std::vector<std::string>& allowed = {});
/// A body that must be read.
Circuit circuit(const Json& body, const std::vector<std::string>& allowed = {});

Result<Presentation> present(const Circuit& circuit, const Json& body);
/// A body of the right shape, verified.
Outcome outcome(const Circuit& circuit, const Json& body);

/// The pointers of an error's fields, one after the other with spaces between.
template <class T>
std::string pointers(const Result<T>& result) {
  std::string text;
  if (result) return "(no error)";
  for (const FieldError& field : result.error().fields) {
    text += (text.empty() ? "" : " ") + field.pointer;
  }
  return text;
}

/// A snarkjs proof of the circuit `name`, as the body of a request.
Json snarkjs_key(const std::string& name);
Json snarkjs_proof(const std::string& name);

/// The words of a point of the twist outside the subgroup, in snarkjs' form.
Json outside_subgroup();
/// Infinity in G2, in snarkjs' form.
Json g2_infinity();

/// The number written in decimal plus p or r.
std::string plus_p(const std::string& decimal);
std::string plus_r(const std::string& decimal);

}  // namespace vcp::zk::fixture
