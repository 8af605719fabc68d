// SPDX-License-Identifier: Apache-2.0
// The HTTP server with nothing behind it: GET /api/v1/health answers a fixed text. What the
// transport costs, for `compare.py transport`.
#include <cstdlib>
#include <iostream>

#include "vcp/http/server.hpp"

int main(int argc, char** argv) {
  using namespace vcp;
  http::ServerOptions options;
  options.port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);

  static constexpr std::string_view kBody =
      R"({"status":"healthy","version":"0.1.0","timestamp":"2026-01-01T00:00:00.000Z"})";
  std::vector<http::Route> routes;
  routes.push_back({.method = http::Method::get,
                    .pattern = "/api/v1/health",
                    .roles = {http::Role::none},
                    .handler = http::Reply([](http::Request&) {
                      return http::Response{.body = std::string(kBody)};
                    })});

  asio::io_context io(1);
  auto nobody = [](std::string_view) { return std::optional<http::Principal>(); };
  auto server = http::Server::listen(io, options, std::move(routes), nobody);
  if (!server) {
    std::cerr << server.error().message << "\n";
    return EXIT_FAILURE;
  }
  (*server)->start();
  std::cout << "listening on " << (*server)->url() << std::endl;
  io.run();
}
