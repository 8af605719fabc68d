// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/ids.hpp"
#include "vcp/base/result.hpp"
#include "vcp/base/time.hpp"

/// A record is described once, by `describe(codec, record)`, which names its fields in order;
/// Encoder and Decoder both walk that description.
namespace vcp::coordinator {

/// The greatest value of an enumeration that may stand in a record.
template <class E>
inline constexpr E kGreatest = E{std::numeric_limits<std::underlying_type_t<E>>::max()};

template <class T>
concept Enumeration = std::is_enum_v<T>;
template <class T>
concept Described = std::is_aggregate_v<T>;

/// Writes fields one after the other.
class Encoder {
  static constexpr std::size_t kMaxVarint = 10;
  static constexpr std::size_t kMostRecords = 512;  ///< bytes that hold most of them

 public:
  explicit Encoder(std::uint8_t version) {
    out_.reserve(kMostRecords);
    out_.push_back(static_cast<char>(version));
  }

  template <class... Fields>
  void operator()(const Fields&... fields) {
    (field(fields), ...);
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void field(std::uint64_t value) {
    std::array<char, kMaxVarint> bytes;
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7) bytes[size++] = static_cast<char>(value | 0x80);
    bytes[size++] = static_cast<char>(value);
    out_.append(bytes.data(), size);
  }
  void field(std::uint32_t value) { field(std::uint64_t{value}); }
  void field(std::uint8_t value) { field(std::uint64_t{value}); }
  void field(std::int32_t value) { field(std::bit_cast<std::uint32_t>(value)); }
  void field(bool value) { out_.push_back(value ? '\1' : '\0'); }
  void field(double value) { array(std::bit_cast<std::array<std::uint8_t, sizeof value>>(value)); }
  void field(Time time) { field(static_cast<std::uint64_t>(time.time_since_epoch().count())); }
  void field(const Digest& digest) { array(digest.bytes); }
  void field(const NodeId& id) { field(id.value); }
  void field(const std::string& text) {
    field(std::uint64_t{text.size()});
    out_.append(text);
  }
  template <class Tag>
  void field(const Uuid<Tag>& id) {
    array(id.bytes);
  }
  template <Enumeration E>
  void field(E value) {
    field(static_cast<std::uint64_t>(value));
  }
  template <class T>
  void field(const std::optional<T>& value) {
    field(value.has_value());
    if (value) field(*value);
  }
  template <class T>
  void field(const std::shared_ptr<const T>& value) {
    field(value != nullptr);
    if (value) field(*value);
  }
  template <class A, class B>
  void field(const std::pair<A, B>& value) {
    field(value.first);
    field(value.second);
  }
  template <class... Ts>
  void field(const std::variant<Ts...>& value) {
    field(std::uint64_t{value.index()});
    std::visit([this](const auto& alternative) { this->field(alternative); }, value);
  }
  template <class T>
  void field(const std::vector<T>& values) {
    sequence(values);
  }
  template <class K, class V, class C>
  void field(const std::map<K, V, C>& values) {
    sequence(values);
  }
  template <Described T>
  void field(const T& record) {
    describe(*this, record);
  }

  template <class Values>
  void sequence(const Values& values) {
    field(std::uint64_t{values.size()});
    for (const auto& value : values) field(value);
  }
  template <std::size_t n>
  void array(const std::array<std::uint8_t, n>& bytes) {
    out_.append(reinterpret_cast<const char*>(bytes.data()), n);
  }

  std::string out_;
};

/// Reads fields one after the other. After the first that cannot be read every other stays empty
/// and `done` is false. Takes no more memory than a small multiple of its input.
class Decoder {
 public:
  Decoder(std::string_view bytes, std::uint8_t version) : in_(bytes) {
    good_ = !in_.empty() && static_cast<std::uint8_t>(in_.front()) == version;
    if (good_) in_.remove_prefix(1);
  }

  template <class... Fields>
  void operator()(Fields&... fields) {
    (field(fields), ...);
  }

  /// Whether all was read, and nothing is left over.
  [[nodiscard]] bool done() const { return good_ && in_.empty(); }

 private:
  void field(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::string_view byte = take(1);
      if (byte.empty()) return;
      const auto digit = static_cast<std::uint8_t>(byte.front());
      const bool overlong = shift > 0 && digit == 0;
      if (overlong || (shift == 63 && digit > 1)) break;
      value |= std::uint64_t{digit & 0x7FU} << shift;
      if (digit < 0x80) return;
    }
    good_ = false;
  }
  void field(std::uint32_t& value) { narrow(value); }
  void field(std::uint8_t& value) { narrow(value); }
  void field(std::int32_t& value) {
    std::uint32_t bits = 0;
    narrow(bits);
    value = std::bit_cast<std::int32_t>(bits);
  }
  void field(bool& value) {
    std::uint8_t byte = 0;
    field(byte);
    value = byte == 1;
    good_ = good_ && byte <= 1;
  }
  void field(double& value) {
    std::array<std::uint8_t, sizeof value> bytes{};
    array(bytes);
    value = std::bit_cast<double>(bytes);
  }
  void field(Time& time) {
    std::uint64_t count = 0;
    field(count);
    time = Time(Duration(static_cast<std::int64_t>(count)));
  }
  void field(Digest& digest) { array(digest.bytes); }
  void field(NodeId& id) { field(id.value); }
  void field(std::string& text) {
    std::uint64_t size = 0;
    field(size);
    text = take(size);
  }
  template <class Tag>
  void field(Uuid<Tag>& id) {
    array(id.bytes);
  }
  template <Enumeration E>
  void field(E& value) {
    std::uint64_t number = 0;
    field(number);
    good_ = good_ && number <= static_cast<std::uint64_t>(kGreatest<E>);
    if (good_) value = static_cast<E>(number);
  }
  template <class T>
  void field(std::optional<T>& value) {
    bool present = false;
    field(present);
    if (present) field(value.emplace());
  }
  template <class T>
  void field(std::shared_ptr<const T>& value) {
    bool present = false;
    field(present);
    if (!present) return;
    auto read = std::make_shared<T>();
    field(*read);
    value = std::move(read);
  }
  template <class A, class B>
  void field(std::pair<A, B>& value) {
    field(value.first);
    field(value.second);
  }
  template <class... Ts>
  void field(std::variant<Ts...>& value) {
    std::uint64_t index = 0;
    field(index);
    good_ = good_ && index < sizeof...(Ts);
    if (good_) alternative(value, index, std::index_sequence_for<Ts...>{});
  }
  template <class T>
  void field(std::vector<T>& values) {
    std::uint64_t count = 0;
    field(count);
    for (; good_ && count > 0; --count) field(values.emplace_back());
  }
  template <class K, class V, class C>
  void field(std::map<K, V, C>& values) {
    std::uint64_t count = 0;
    field(count);
    for (; good_ && count > 0; --count) {
      std::pair<K, V> value;
      field(value);
      const bool rises = values.empty() || values.key_comp()(values.rbegin()->first, value.first);
      good_ = good_ && rises;
      if (good_) values.insert(values.end(), std::move(value));
    }
  }
  template <Described T>
  void field(T& record) {
    describe(*this, record);
  }

  template <class Variant, std::size_t... indices>
  void alternative(Variant& value, std::uint64_t index, std::index_sequence<indices...>) {
    ((index == indices ? field(value.template emplace<indices>()) : void()), ...);
  }
  [[nodiscard]] std::string_view take(std::uint64_t count) {
    good_ = good_ && count <= in_.size();
    if (!good_) return {};
    const std::string_view taken = in_.substr(0, count);
    in_.remove_prefix(count);
    return taken;
  }
  template <std::size_t n>
  void array(std::array<std::uint8_t, n>& bytes) {
    const std::string_view taken = take(n);
    if (taken.size() == n) std::memcpy(bytes.data(), taken.data(), n);
  }
  template <class T>
  void narrow(T& value) {
    std::uint64_t wide = 0;
    field(wide);
    value = static_cast<T>(wide);
    good_ = good_ && value == wide;
  }

  std::string_view in_;
  bool good_ = true;
};

/// `T` or `const T`: the decoder's or the encoder's.
template <class T, class U>
concept Is = std::is_same_v<std::remove_const_t<T>, U>;

inline constexpr std::uint8_t kRecordVersion = 1;

template <class T>
std::string encode_record(const T& record) {
  Encoder encoder(kRecordVersion);
  encoder(record);
  return encoder.take();
}

template <class T>
Result<T> decode_record(std::string_view bytes, std::string_view kind) {
  T record;
  Decoder decoder(bytes, kRecordVersion);
  decoder(record);
  if (!decoder.done()) return fail(Code::corrupt, "a stored " + std::string(kind) + " is damaged");
  return record;
}

}  // namespace vcp::coordinator
