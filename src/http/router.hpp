// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "vcp/base/result.hpp"
#include "vcp/http/route.hpp"

namespace vcp::http {

/// All routes of one pattern.
struct Endpoint {
  std::string_view pattern;
  std::vector<std::string_view> param_names;
  std::array<const Route*, 6> by_method{};  ///< by Method; HEAD is as GET
  std::string allow;                        ///< the Allow field's value

  [[nodiscard]] const Route* route(Method method) const;
};

/// Finds the endpoint of a path. A literal segment goes before a parameter, and a parameter is one
/// segment that is not empty. Segments are compared as sent: dots mean nothing.
class Router {
 public:
  /// Parameters of one pattern.
  static constexpr std::size_t kMaxParams = 8;

  /// `internal` if the table is at odds with itself.
  [[nodiscard]] static Result<Router> make(std::vector<Route> routes);

  using Params = std::vector<std::pair<std::string_view, std::string>>;

  /// `not_found`; `malformed` if a parameter is not percent-encoded UTF-8. Sets `params`, whose
  /// memory is used again.
  [[nodiscard]] Result<const Endpoint*> find(std::string_view path, Params& params) const;

 private:
  struct Node {
    std::vector<std::pair<std::string_view, std::unique_ptr<Node>>> literals;
    std::unique_ptr<Node> param;
    std::unique_ptr<Endpoint> rest;  ///< takes all that is left of a path
    std::unique_ptr<Endpoint> endpoint;
  };
  struct Values {
    std::array<std::string_view, kMaxParams> text;
    std::size_t count = 0;
  };

  Router() = default;
  Result<> add(const Route& route);
  [[nodiscard]] static const Endpoint* walk(const Node& node, std::string_view rest,
                                            Values& values);

  std::vector<Route> routes_;
  std::unique_ptr<Node> root_ = std::make_unique<Node>();
  std::unordered_map<std::string_view, const Endpoint*> fixed_;  ///< patterns without parameters
};

}  // namespace vcp::http
