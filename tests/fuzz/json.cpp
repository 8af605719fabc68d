// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as JSON and checks what holds of every value of every text that is accepted.
#include "vcp/base/json.hpp"

#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "vcp/base/encoding.hpp"

namespace {

using namespace vcp;
using json::Kind;

void check_number(json::Value value) {
  const auto real = value.as_double();
  const auto natural = value.as_uint64();
  const auto integer = value.as_int64();
  if (natural) assert(real == static_cast<double>(*natural));
  if (integer) assert(real == static_cast<double>(*integer));
  if (integer && *integer >= 0) assert(natural == static_cast<std::uint64_t>(*integer));
  if (real) assert(std::isfinite(*real));

  if (!real) return;
  std::string text;
  json::Writer(text).number(*real);
  json::Document document;
  assert(document.parse(text).value().as_double() == real);
}

void check_string(json::Value value) {
  const std::string text = value.as_string().value();
  assert(is_utf8(text));
  if (const auto plain = value.as_plain_string()) assert(*plain == text);

  const std::string quoted = json::quote(text);
  json::Document document;
  assert(document.parse(quoted).value().as_string() == text);
}

/// The source of a value is a text of its own, of the same kind and size.
void check_source(json::Value value) {
  json::Document document;
  const json::Value again = document.parse(value.source()).value();
  assert(again.kind() == value.kind());
  assert(again.size() == value.size());
  assert(again.source() == value.source());
}

void check(json::Value value, int depth);

void check_contents(json::Value value, int depth) {
  const std::string_view outer = value.source();
  const char* after = outer.data();
  std::size_t count = 0;
  for (const json::Item item : value) {
    const std::string_view inner = item.value.source();
    assert(inner.data() > after);  // in order, apart, and within
    after = inner.data() + inner.size();
    ++count;
    if (value.is(Kind::object)) assert(value.find(item.name)->source().data() == inner.data());
    check(item.value, depth + 1);
  }
  assert(after < outer.data() + outer.size());
  assert(count == value.size());
}

void check(json::Value value, int depth) {
  check_source(value);
  if (value.is(Kind::number)) check_number(value);
  if (value.is(Kind::string)) check_string(value);
  if (!value.is(Kind::array) && !value.is(Kind::object)) return;
  assert(depth < json::Document::kMaxDepth);
  check_contents(value, depth);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  json::Document document;
  if (const Result<json::Value> value = document.parse(text)) check(*value, 0);
  return 0;
}
