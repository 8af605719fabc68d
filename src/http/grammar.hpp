// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <optional>
#include <string_view>

#include "head.hpp"
#include "request_parser.hpp"

namespace vcp::http {

/// Boost.Beast's parser of one request, which reports to a Head, and the rules of RFC 9112 that
/// Beast leaves to its user.
class Grammar final : public boost::beast::http::basic_parser<true> {
 public:
  using ErrorCode = boost::beast::error_code;

  Grammar(Head& head, std::size_t max_header_bytes, std::size_t max_target_bytes);

  /// The bytes of the head that have come, where Beast's views lie during the next put().
  void look_at(std::string_view head) { bytes_ = head; }

  /// Why put() failed, if it was for a rule of ours.
  [[nodiscard]] const std::optional<RequestParser::Refusal>& refusal() const { return refusal_; }

  /// The content that the last put() found.
  [[nodiscard]] std::string_view take_piece() { return std::exchange(piece_, {}); }

 private:
  using View = boost::beast::string_view;
  using Verb = boost::beast::http::verb;
  using FieldName = boost::beast::http::field;
  using Refusal = RequestParser::Refusal;

  void on_request_impl(Verb verb, View method, View target, int version, ErrorCode& error) override;
  void on_field_impl(FieldName name, View text, View value, ErrorCode& error) override;
  void on_header_impl(ErrorCode& error) override;
  std::size_t on_body_impl(View bytes, ErrorCode& error) override;
  void on_chunk_header_impl(std::uint64_t size, View extensions, ErrorCode& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t left, View bytes, ErrorCode& error) override;
  void on_response_impl(int, View, int, ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  void on_finish_impl(ErrorCode&) override {}

  [[nodiscard]] Place place(std::string_view part) const;
  [[nodiscard]] bool is_folded(std::string_view name, std::string_view value) const;
  std::optional<Refusal> check(FieldName name, std::string_view value);
  std::optional<Refusal> check_coding(std::string_view value);
  void refuse(const Refusal& why, ErrorCode& error);

  Head& head_;
  const std::size_t max_target_bytes_;
  std::string_view bytes_;
  std::string_view piece_;
  std::size_t extension_bytes_ = 0;
  std::optional<Refusal> refusal_;
};

}  // namespace vcp::http
