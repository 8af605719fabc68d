// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "state.hpp"
#include "vcp/base/async.hpp"
#include "vcp/http/route.hpp"

namespace vcp::api {

/// What an answer with content says of it.
struct ContentHead {
  std::string_view media_type;  ///< of static storage
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// Sends a file of the content store, or the range of it that the request asks for. A file that is
/// damaged is not sent whole: 500, or, if it is large, an answer that breaks off.
[[nodiscard]] Async<void> send_content(State& api, http::Exchange& exchange, Digest digest,
                                       std::uint64_t size, ContentHead head);

/// Sends bytes with this digest in the same way.
[[nodiscard]] Async<void> send_bytes(http::Exchange& exchange, std::string bytes, Digest digest,
                                     ContentHead head);

/// Content that came with a request and is on disk.
struct ReceivedContent {
  coordinator::Contents::Pin pin;
  std::uint64_t size;
};

/// Looks at each part of a body before it is written, and at an empty one once all of it has come;
/// an error ends the transfer, and nothing of it stays.
using CheckPart = std::function<Result<>(std::string_view)>;

/// Writes the body to disk as it comes.
[[nodiscard]] Async<Result<ReceivedContent>> receive_content(State& api, http::Exchange& exchange,
                                                             CheckPart check);

/// Sends a problem.
[[nodiscard]] Async<void> send_problem(http::Exchange& exchange, Error error);

/// Whether a lease that the node holds refers to the content; `unavailable` if that cannot be asked
/// now.
[[nodiscard]] Async<Result<bool>> holds_lease_for(State& api, std::string node, Digest digest);

/// All of a payload, read from the disk if it is there.
[[nodiscard]] Async<Result<std::string>> read_payload(State& api, const mesh::Payload& payload);

}  // namespace vcp::api
