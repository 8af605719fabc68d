// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cassert>
#include <limits>

#include "json_document.hpp"
#include "json_escape.hpp"
#include "utf8.hpp"

namespace vcp::json {
namespace {

/// Objects of up to this many members are searched for a repeated name as each is read, in time
/// quadratic in this number; larger ones are sorted once at their end.
constexpr std::uint32_t kSmallObject = 16;

/// Recursion stays far below any thread's stack.
constexpr int kDeepest = 1000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// One of 64 bits: names that differ in it are different.
std::uint64_t signature_bit(std::string_view name) {
  const std::size_t sum = name.empty() ? 0
                                       : name.size() + 5 * static_cast<std::uint8_t>(name.front()) +
                                             11 * static_cast<std::uint8_t>(name.back());
  return std::uint64_t{1} << (sum % 64);
}

}  // namespace

/// Recursive descent over RFC 8259. Each function reads one production that begins at `at_` and
/// returns whether it was good; the first that was not says why through fail().
class Document::Parser {
 public:
  Parser(Document& document, std::string_view text, int max_depth)
      : document_(document),
        begin_(text.data()),
        at_(text.data()),
        end_(text.data() + text.size()),
        depth_left_(max_depth) {}

  bool text() {
    skip_space();
    if (!value()) return false;
    skip_space();
    return at_ == end_ || fail("something follows the value");
  }

  [[nodiscard]] Error error() const {
    return {.code = Code::malformed,
            .message = "malformed JSON at byte " + std::to_string(at_ - begin_) + ": " + problem_};
  }

 private:
  /// The next character; at the end NUL, which is good nowhere.
  [[nodiscard]] char peek() const { return at_ != end_ ? *at_ : '\0'; }

  [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(at_ - begin_); }

  bool fail(const char* problem) {
    problem_ = problem;
    return false;
  }

  void skip_space() {
    while (is_space(peek())) ++at_;
  }

  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  /// Adds the node of a value that begins here.
  std::uint32_t open(Kind kind) {
    document_.nodes_.push_back({.begin = offset(), .kind = kind});
    return static_cast<std::uint32_t>(document_.nodes_.size() - 1);
  }

  /// The value, and all that it contains, ends here.
  bool close(std::uint32_t index) {
    Node& node = document_.nodes_[index];
    node.end = offset();
    node.next = static_cast<std::uint32_t>(document_.nodes_.size());
    return true;
  }

  bool value() {
    switch (peek()) {
      case '{':
        return nested(&Parser::object);
      case '[':
        return nested(&Parser::array);
      case '"':
        return string();
      case 't':
        return literal("true", Kind::boolean);
      case 'f':
        return literal("false", Kind::boolean);
      case 'n':
        return literal("null", Kind::null);
      default:
        return number();
    }
  }

  bool nested(bool (Parser::*container)()) {
    if (depth_left_ == 0) return fail("nested too deeply");
    --depth_left_;
    const bool good = (this->*container)();
    ++depth_left_;
    return good;
  }

  bool array() {
    const std::uint32_t index = open(Kind::array);
    ++at_;
    skip_space();
    if (accept(']')) return close(index);
    std::uint32_t size = 0;
    do {
      skip_space();
      if (!value()) return false;
      ++size;
      skip_space();
    } while (accept(','));
    if (!accept(']')) return fail("expected , or ]");
    document_.nodes_[index].size = size;
    return close(index);
  }

  bool object() {
    const std::uint32_t index = open(Kind::object);
    ++at_;
    skip_space();
    if (accept('}')) return close(index);
    std::uint64_t signatures = 0;
    do {
      skip_space();
      if (!member(index, signatures)) return false;
      skip_space();
    } while (accept(','));
    if (!accept('}')) return fail("expected , or }");
    close(index);
    if (document_.nodes_[index].size > kSmallObject && has_repeated_name(index)) {
      return fail("the object before has a member twice");
    }
    return true;
  }

  /// `signatures` has the bits of the object's names so far.
  bool member(std::uint32_t object, std::uint64_t& signatures) {
    if (peek() != '"') return fail("expected a member's name");
    const auto name = static_cast<std::uint32_t>(document_.nodes_.size());
    if (!string()) return false;
    resolve_name(name);

    const std::uint64_t bit = signature_bit(document_.nodes_[name].name(document_));
    const std::uint32_t size = ++document_.nodes_[object].size;
    if ((signatures & bit) != 0 && size <= kSmallObject && is_repeated(object, name)) {
      return fail("a member that the object has already");
    }
    signatures |= bit;

    skip_space();
    if (!accept(':')) return fail("expected :");
    skip_space();
    return value();
  }

  /// A name with escapes is kept resolved, to be compared and to be given out as a view.
  void resolve_name(std::uint32_t index) {
    Node& node = document_.nodes_[index];
    if (!node.escaped) return;
    std::string& names = document_.resolved_names_;
    node.next = static_cast<std::uint32_t>(names.size());
    append_resolved(names, node.content(document_.text_));
    node.size = static_cast<std::uint32_t>(names.size()) - node.next;
  }

  /// Whether a member before the one whose name is the node `last` has the same name.
  [[nodiscard]] bool is_repeated(std::uint32_t object, std::uint32_t last) const {
    const std::vector<Node>& nodes = document_.nodes_;
    const std::string_view name = nodes[last].name(document_);
    for (std::uint32_t i = object + 1; i != last; i = nodes[i + 1].next) {
      if (nodes[i].name(document_) == name) return true;
    }
    return false;
  }

  bool has_repeated_name(std::uint32_t object) {
    const std::vector<Node>& nodes = document_.nodes_;
    names_.clear();
    for (std::uint32_t i = object + 1; i != nodes[object].next; i = nodes[i + 1].next) {
      names_.push_back(nodes[i].name(document_));
    }
    std::ranges::sort(names_);
    return std::ranges::adjacent_find(names_) != names_.end();
  }

  bool literal(std::string_view word, Kind kind) {
    const std::uint32_t index = open(kind);
    if (!std::string_view(at_, end_).starts_with(word)) return fail("expected a value");
    at_ += word.size();
    return close(index);
  }

  bool number() {
    const std::uint32_t index = open(Kind::number);
    const bool negative = accept('-');
    if (!is_digit(peek())) return fail(negative ? "expected a digit" : "expected a value");
    if (!accept('0')) skip_digits();
    if (accept('.') && !skip_digits()) return fail("expected a digit");
    if (accept('e') || accept('E')) {
      if (!accept('+')) accept('-');
      if (!skip_digits()) return fail("expected a digit");
    }
    return close(index);
  }

  /// Whether there was one at least.
  bool skip_digits() {
    const char* const first = at_;
    while (is_digit(peek())) ++at_;
    return at_ != first;
  }

  bool string() {
    const std::uint32_t index = open(Kind::string);
    bool escaped = false;
    ++at_;
    while (true) {
      skip_plain();
      if (accept('"')) break;
      if (at_ == end_) return fail("a string without its end");
      const auto c = static_cast<std::uint8_t>(*at_);
      const std::string_view rest(at_, end_);
      const std::size_t length = c == '\\' ? escape_length(rest)
                                 : c < ' ' ? 0
                                           : utf8_sequence(rest);
      if (length == 0) return fail(string_problem(c));
      escaped |= c == '\\';
      at_ += length;
    }
    document_.nodes_[index].escaped = escaped;
    return close(index);
  }

  /// Skips most of what stands in a string as it is.
  void skip_plain() {
    while (end_ - at_ >= 8) {
      const std::size_t plain = plain_prefix8(at_);
      at_ += plain;
      if (plain < 8) return;
    }
  }

  static const char* string_problem(std::uint8_t c) {
    if (c == '\\') return "not an escape, or half of a surrogate pair";
    return c < ' ' ? "a control character in a string" : "not UTF-8";
  }

  Document& document_;
  const char* const begin_;
  const char* at_;
  const char* const end_;
  int depth_left_;
  const char* problem_ = "";
  std::vector<std::string_view> names_;  // of a large object, while it is checked
};

Document::Document() = default;
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Result<Value> Document::parse(std::string_view text, int max_depth) {
  assert(max_depth <= kDeepest);
  text_ = text;
  nodes_.clear();
  resolved_names_.clear();
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
    return fail(Code::malformed, "a JSON text of 4 GiB or more");
  }
  Parser parser(*this, text, max_depth);
  if (!parser.text()) return std::unexpected(parser.error());
  return Value(this, 0);
}

}  // namespace vcp::json
