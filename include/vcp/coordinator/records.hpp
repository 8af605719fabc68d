// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/ids.hpp"
#include "vcp/base/result.hpp"
#include "vcp/base/time.hpp"
#include "vcp/mesh/node.hpp"
#include "vcp/mesh/task.hpp"
#include "vcp/zk/circuit.hpp"

/// The records that the coordinator keeps, and their form on disk: a version byte, then the fields
/// in order, integers as LEB128, texts with their length before them. docs/storage.md lists them.
namespace vcp::coordinator {

using FlJobId = Uuid<struct FlJobTag>;

/// The one client of one FL job that a token speaks for.
struct FlClient {
  FlJobId job;
  std::string client;

  friend bool operator==(const FlClient&, const FlClient&) = default;
};

/// A bearer token, but for the secret itself.
struct Token {
  TokenId id;
  Digest secret;  ///< SHA-256 of the token
  std::string role;
  std::string owner;
  std::string name;
  std::string node;  ///< the one node that a node token is for
  Time created_at;
  std::optional<Time> expires_at;
  std::optional<FlClient> fl = {};

  friend bool operator==(const Token&, const Token&) = default;
};

/// A WebAssembly module that an owner uploaded; its bytes are content under `digest`.
struct Module {
  Digest digest;
  std::string owner;
  std::uint64_t size = 0;
  std::string description;  ///< JSON members: abi, exports, imports
  Time created_at;

  friend bool operator==(const Module&, const Module&) = default;
};

/// Bytes that an owner uploaded.
struct Blob {
  Digest digest;
  std::string owner;
  std::uint64_t size = 0;
  Time created_at;

  friend bool operator==(const Blob&, const Blob&) = default;
};

/// What an owner has proofs verified against: a Groth16 key, or a program of a zkVM. The canonical
/// bytes of the zk::Circuit are content under `digest`.
struct Circuit {
  Digest digest;
  std::string owner;
  std::uint64_t size = 0;
  zk::Format format{};
  std::uint32_t public_signals = 0;  ///< of a zkVM, those of its latest release
  Time created_at;

  friend bool operator==(const Circuit&, const Circuit&) = default;
};

/// The first answer to a request that carried an Idempotency-Key.
struct Answer {
  unsigned status = 0;
  std::string body;
  std::string subject;  ///< the id of what was created

  friend bool operator==(const Answer&, const Answer&) = default;
};
struct AnswerRecord {
  Digest request;  ///< of the method, path and body
  Time expires_at;
  Answer answer;

  friend bool operator==(const AnswerRecord&, const AnswerRecord&) = default;
};

/// How often content is referred to; a file with no reference left is removed.
struct ContentRecord {
  std::uint64_t size = 0;
  std::uint64_t references = 0;
};

/// Tasks that have ended, for the statistics.
struct EndedCounts {
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t forgotten = 0;  ///< of these, so many are not kept any more

  [[nodiscard]] std::uint64_t kept() const { return completed + failed + cancelled - forgotten; }
};

/// Something that clients are told of: a task, a node or a round of an FL job has a new state.
struct Event {
  struct OfTask {
    TaskId task;
    mesh::TaskStatus status;
    std::string owner;

    friend bool operator==(const OfTask&, const OfTask&) = default;
  };
  struct OfNode {
    NodeId node;
    mesh::NodeStatus status;

    friend bool operator==(const OfNode&, const OfNode&) = default;
  };
  struct OfRound {
    std::string job;
    std::uint64_t round;
    std::string state;
    std::string owner;
    std::string metrics;  ///< a JSON object; empty if there are none

    friend bool operator==(const OfRound&, const OfRound&) = default;
  };

  Time at;
  std::variant<OfTask, OfNode, OfRound> subject;

  friend bool operator==(const Event&, const Event&) = default;
};
using Events = std::vector<Event>;

[[nodiscard]] std::string encode(const mesh::Node& node);
[[nodiscard]] std::string encode(const mesh::Task& task);
[[nodiscard]] std::string encode(const Token& token);
[[nodiscard]] std::string encode(const Module& module);
[[nodiscard]] std::string encode(const Blob& blob);
[[nodiscard]] std::string encode(const Circuit& circuit);
[[nodiscard]] std::string encode(const AnswerRecord& record);
[[nodiscard]] std::string encode(const ContentRecord& record);
[[nodiscard]] std::string encode(const EndedCounts& counts);
[[nodiscard]] std::string encode(const Events& events);

// `corrupt` for anything that `encode` does not write.
[[nodiscard]] Result<mesh::Node> decode_node(std::string_view bytes);
[[nodiscard]] Result<mesh::Task> decode_task(std::string_view bytes);
[[nodiscard]] Result<Token> decode_token(std::string_view bytes);
[[nodiscard]] Result<Module> decode_module(std::string_view bytes);
[[nodiscard]] Result<Blob> decode_blob(std::string_view bytes);
[[nodiscard]] Result<Circuit> decode_circuit(std::string_view bytes);
[[nodiscard]] Result<AnswerRecord> decode_answer(std::string_view bytes);
[[nodiscard]] Result<ContentRecord> decode_content(std::string_view bytes);
[[nodiscard]] Result<EndedCounts> decode_counts(std::string_view bytes);
[[nodiscard]] Result<Events> decode_events(std::string_view bytes);

/// A key that sorts by owner, then by the rest.
[[nodiscard]] std::string owned_key(std::string_view owner, std::string_view rest);

/// The key of the task `owned` (an `owned_key`) among those that this proof completed.
[[nodiscard]] std::string proof_key(const Digest& proof, std::string_view owned);

}  // namespace vcp::coordinator
