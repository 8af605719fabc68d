// SPDX-License-Identifier: Apache-2.0
#include "exchange.hpp"

#include <array>
#include <boost/assert.hpp>
#include <charconv>

#include "problem.hpp"

namespace vcp::http {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;

Result<> sent(bool well) {
  if (!well) return fail(Code::io, "the client is gone or does not read");
  return {};
}

}  // namespace

StreamExchange::StreamExchange(Request& request, Input& input, Output& output, Watch& watch,
                               const HeadContext& context, bool http11)
    : request_(request),
      input_(input),
      output_(output),
      watch_(watch),
      context_(context),
      http11_(http11) {
  watch_.closing.reset();
}

StreamExchange::~StreamExchange() {
  watch_.endless = false;
  watch_.closing.set();
}

Async<Result<std::string_view>> StreamExchange::read() {
  Result<std::string_view> piece = co_await input_.next_piece();
  if (!piece) read_failed_ = true;
  co_return piece;
}

Async<Result<>> StreamExchange::respond(Response response) {
  BOOST_ASSERT(status_ == 0);
  if (!input_.is_skippable()) context_.keep_alive = false;
  add_instance(response, request_.path);
  const std::string body = std::move(response.body);
  response.body.clear();
  const std::uint64_t length = body.size();
  Result<> begun = co_await start(std::move(response), length);
  if (!begun || bodiless_ || body.empty()) co_return begun;
  co_return co_await write(body);
}

Async<Result<>> StreamExchange::start(Response response, std::optional<std::uint64_t> length) {
  BOOST_ASSERT(status_ == 0);
  status_ = response.status;
  bodiless_ = request_.method == Method::head || !has_body(response.status);
  if (length) {
    framing_ = {.kind = Framing::Kind::length, .length = *length};
    owed_ = *length;
  } else if (http11_) {
    framing_ = {.kind = Framing::Kind::chunked};
  } else {
    framing_ = {.kind = Framing::Kind::until_close};
    context_.keep_alive = false;
  }
  append_head(output_.buffer(), response, framing_, context_);
  if (bodiless_) watch_.closing.set();
  const bool well = co_await output_.flush();
  co_return sent(well);
}

Async<Result<>> StreamExchange::write(std::string_view bytes) {
  BOOST_ASSERT(status_ != 0);
  if (bodiless_) co_return fail(Code::io, "this answer has no body");
  bool well = true;
  switch (framing_.kind) {
    case Framing::Kind::length:
      BOOST_ASSERT(bytes.size() <= owed_);
      owed_ -= bytes.size();
      well = co_await output_.send(bytes);
      break;
    case Framing::Kind::until_close:
      well = co_await output_.send(bytes);
      break;
    case Framing::Kind::chunked:
      while (well && !bytes.empty()) {
        append_chunk(bytes.substr(0, kChunkBytes));
        bytes.remove_prefix(std::min(kChunkBytes, bytes.size()));
        well = co_await output_.flush();
      }
      break;
  }
  co_return sent(well);
}

Async<void> StreamExchange::closing() {
  watch_.endless = true;
  return watch_.closing.wait();
}

Async<bool> StreamExchange::finish(bool threw) {
  if (status_ == 0) {
    context_.keep_alive = context_.keep_alive && !threw;
    Response response = problem(Error{.code = Code::internal, .message = "no answer was made"});
    Result<> answered = co_await respond(std::move(response));
    threw = threw || !answered;
  } else if (!threw && !bodiless_ && framing_.kind == Framing::Kind::chunked) {
    output_.buffer() += "0\r\n\r\n";
    const bool well = co_await output_.flush();
    threw = !well;
  }
  const bool whole = bodiless_ || owed_ == 0;
  co_return context_.keep_alive&& whole && !threw && !read_failed_ && !output_.failed();
}

void StreamExchange::append_chunk(std::string_view bytes) {
  std::array<char, 16> hex;
  const auto [end, error] = std::to_chars(hex.data(), hex.data() + hex.size(), bytes.size(), 16);
  std::string& out = output_.buffer();
  out.append(hex.data(), end);
  out += "\r\n";
  out += bytes;
  out += "\r\n";
}

}  // namespace vcp::http
