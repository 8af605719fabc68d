// SPDX-License-Identifier: Apache-2.0
#include "router.hpp"

#include <algorithm>

#include "target.hpp"

namespace vcp::http {
namespace {

constexpr std::array<std::string_view, 6> kMethodNames = {"GET", "HEAD",   "POST",
                                                          "PUT", "DELETE", "OPTIONS"};

/// Takes "/segment" off the front of a path.
std::string_view take_segment(std::string_view& path) {
  const std::size_t end = std::min(path.find('/', 1), path.size());
  const std::string_view segment = path.substr(1, end - 1);
  path.remove_prefix(end);
  return segment;
}

bool is_param(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

/// "{name...}", which stands for one segment or more at the end.
bool is_rest(std::string_view segment) { return is_param(segment) && segment.ends_with("...}"); }

std::string allowed_methods(const Endpoint& endpoint) {
  std::string allow;
  for (std::size_t i = 0; i < kMethodNames.size(); ++i) {
    const auto method = static_cast<Method>(i);
    if (method != Method::options && endpoint.route(method) == nullptr) continue;
    if (!allow.empty()) allow += ", ";
    allow += kMethodNames[i];
  }
  return allow;
}

}  // namespace

const Route* Endpoint::route(Method method) const {
  if (method == Method::head) method = Method::get;
  const auto index = static_cast<std::size_t>(method);
  return index < by_method.size() ? by_method[index] : nullptr;
}

Result<Router> Router::make(std::vector<Route> routes) {
  Router router;
  router.routes_ = std::move(routes);
  for (const Route& route : router.routes_) {
    Result<> added = router.add(route);
    if (!added) return std::unexpected(std::move(added.error()));
  }
  return router;
}

Result<> Router::add(const Route& route) {
  const auto method = static_cast<std::size_t>(route.method);
  const auto wrong = [&route](std::string_view what) {
    return fail(Code::internal, "route " + std::string(route.pattern) + ": " + std::string(what));
  };
  if (!route.pattern.starts_with('/')) return wrong("does not begin with a slash");
  if (method >= kMethodNames.size()) return wrong("has no method");

  Node* node = root_.get();
  std::vector<std::string_view> names;
  std::unique_ptr<Endpoint>* place = nullptr;
  for (std::string_view rest = route.pattern; !rest.empty();) {
    const std::string_view segment = take_segment(rest);
    if (is_rest(segment)) {
      if (!rest.empty()) return wrong("goes on after the rest of the path");
      names.push_back(segment.substr(1, segment.size() - 5));
      place = &node->rest;
      break;
    }
    if (is_param(segment)) {
      names.push_back(segment.substr(1, segment.size() - 2));
      if (!node->param) node->param = std::make_unique<Node>();
      node = node->param.get();
      continue;
    }
    auto known = std::ranges::find(node->literals, segment, [](const auto& l) { return l.first; });
    if (known == node->literals.end()) {
      known = node->literals.emplace(known, segment, std::make_unique<Node>());
    }
    node = known->second.get();
  }
  if (names.size() > kMaxParams) return wrong("has too many parameters");
  if (place == nullptr) place = &node->endpoint;
  if (!*place) *place = std::make_unique<Endpoint>();
  Endpoint& endpoint = **place;
  if (!endpoint.pattern.empty() && endpoint.param_names != names) {
    return wrong("names its parameters unlike " + std::string(endpoint.pattern));
  }
  if (endpoint.by_method[method] != nullptr) return wrong("stands twice for one method");
  endpoint.pattern = route.pattern;
  endpoint.param_names = names;
  endpoint.by_method[method] = &route;
  endpoint.allow = allowed_methods(endpoint);
  if (names.empty()) fixed_[route.pattern] = &endpoint;
  return {};
}

Result<const Endpoint*> Router::find(std::string_view path, Params& params) const {
  if (const auto fixed = fixed_.find(path); fixed != fixed_.end()) {
    params.clear();
    return fixed->second;
  }
  Values values;
  const Endpoint* endpoint = walk(*root_, path, values);
  if (endpoint == nullptr) return fail(Code::not_found, "there is nothing at this path");
  params.resize(values.count);
  for (std::size_t i = 0; i < values.count; ++i) {
    params[i].first = endpoint->param_names[i];
    if (!percent_decode(values.text[i], false, params[i].second)) {
      return fail(Code::malformed, "the path is not percent-encoded UTF-8");
    }
  }
  return endpoint;
}

const Endpoint* Router::walk(const Node& node, std::string_view rest, Values& values) {
  if (rest.empty()) return node.endpoint.get();
  if (!rest.starts_with('/')) return nullptr;
  if (node.rest && rest.size() > 1) {
    values.text[values.count++] = rest.substr(1);
    return node.rest.get();
  }
  const std::string_view segment = take_segment(rest);
  for (const auto& [literal, next] : node.literals) {
    if (literal != segment) continue;
    if (const Endpoint* found = walk(*next, rest, values)) return found;
  }
  if (!node.param || segment.empty()) return nullptr;
  const std::size_t count = values.count;
  values.text[values.count++] = segment;
  const Endpoint* found = walk(*node.param, rest, values);
  if (found == nullptr) values.count = count;
  return found;
}

}  // namespace vcp::http
