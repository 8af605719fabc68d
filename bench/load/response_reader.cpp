// SPDX-License-Identifier: Apache-2.0
#include "response_reader.hpp"

#include <algorithm>
#include <charconv>

namespace vcp::load {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr unsigned kNoContent = 204;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool read_number(std::string_view text, int base, std::uint64_t& value) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && stop == text.data() + text.size();
}

}  // namespace

void ResponseReader::begin() {
  part_ = Part::head;
  status_ = 0;
  keeps_alive_ = true;
  chunked_ = has_length_ = false;
  left_ = 0;
  partial_.clear();
}

ResponseReader::State ResponseReader::feed(std::string_view bytes, std::string& body) {
  State state = State::more;
  while (state == State::more && !bytes.empty()) state = step(bytes, body);
  if (state == State::done && !bytes.empty()) return State::broken;
  return state;
}

/// Reads on in the part that is due; `more` also if the next part is to follow at once.
ResponseReader::State ResponseReader::step(std::string_view& bytes, std::string& body) {
  std::string_view line;
  switch (part_) {
    case Part::head:
      if (!take_line(bytes, line)) break;
      if (!read_head(line)) return State::broken;
      if (part_ == Part::body && left_ == 0) part_ = Part::end;
      break;
    case Part::body:
    case Part::chunk: {
      const std::string_view piece = bytes.substr(0, left_);
      body.append(piece);
      left_ -= piece.size();
      bytes.remove_prefix(piece.size());
      if (left_ == 0) part_ = part_ == Part::body ? Part::end : Part::chunk_end;
      break;
    }
    case Part::chunk_line:
      if (take_line(bytes, line) && !read_chunk_line(line)) return State::broken;
      break;
    case Part::chunk_end:
      if (!take_line(bytes, line)) break;
      if (!line.empty()) return State::broken;
      part_ = Part::chunk_line;
      break;
    case Part::trailer:
      if (take_line(bytes, line) && line.empty()) part_ = Part::end;
      break;
    case Part::end:
      break;
  }
  if (partial_.size() > kMaxHeadBytes) return State::broken;
  return part_ == Part::end ? State::done : State::more;
}

/// Takes a line, or the whole head, without its end; false if it is not complete yet. The line
/// lives until the next call.
bool ResponseReader::take_line(std::string_view& bytes, std::string_view& line) {
  const std::string_view end = part_ == Part::head ? kHeadEnd : kLineEnd;
  if (partial_.empty()) {
    const std::size_t at = bytes.find(end);
    if (at != std::string_view::npos) {
      line = bytes.substr(0, at);
      bytes.remove_prefix(at + end.size());
      return true;
    }
  }
  const std::size_t known = partial_.size();
  partial_.append(bytes);
  const std::size_t from = known < end.size() ? 0 : known - end.size();
  const std::size_t at = partial_.find(end, from);
  if (at == std::string::npos) {
    bytes = {};
    return false;
  }
  bytes.remove_prefix(at + end.size() - known);
  line_.assign(partial_, 0, at);
  partial_.clear();
  line = line_;
  return true;
}

bool ResponseReader::read_head(std::string_view head) {
  std::uint64_t status = 0;
  const bool is_http = head.size() >= 12 && head.starts_with("HTTP/1.1 ") &&
                       read_number(head.substr(9, 3), 10, status);
  if (!is_http) return false;
  status_ = static_cast<unsigned>(status);
  std::size_t at = head.find(kLineEnd);
  while (at != std::string_view::npos) {
    head.remove_prefix(at + kLineEnd.size());
    at = head.find(kLineEnd);
    if (!read_field(head.substr(0, at))) return false;
  }
  if (status_ == kNoContent) {
    part_ = Part::body;
    return true;
  }
  part_ = chunked_ ? Part::chunk_line : Part::body;
  return chunked_ != has_length_;
}

bool ResponseReader::read_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (equals_ignoring_case(name, "Content-Length")) {
    has_length_ = true;
    return read_number(value, 10, left_);
  }
  if (equals_ignoring_case(name, "Transfer-Encoding")) {
    chunked_ = equals_ignoring_case(value, "chunked");
    return chunked_;
  }
  if (equals_ignoring_case(name, "Connection"))
    keeps_alive_ = !equals_ignoring_case(value, "close");
  return true;
}

bool ResponseReader::read_chunk_line(std::string_view line) {
  if (!read_number(line.substr(0, line.find(';')), 16, left_)) return false;
  part_ = left_ == 0 ? Part::trailer : Part::chunk;
  return true;
}

}  // namespace vcp::load
