// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "function_body.hpp"
#include "reader.hpp"
#include "vcp/base/encoding.hpp"
#include "vcp/wasm/module_info.hpp"
#include "wasi_signatures.hpp"

namespace vcp::wasm {
namespace {

constexpr std::string_view kMagic{"\0asm", 4};
constexpr std::uint64_t kPageBytes = 65'536;

/// Reads a module section by section (Core 2.0, section 5.5).
class Inspector {
 public:
  Inspector(std::string_view binary, const ShapeLimits& limits, std::span<const Import> host)
      : reader_(binary), limits_(limits), host_(host) {}

  ModuleInfo run() {
    read_header();
    while (!reader_.at_end()) read_section();
    if (bodies_ != functions_.size() - imported_functions_) {
      reader_.malformed("functions without bodies");
    }
    if (host_.empty()) {
      check_imports();
      info_.abi = find_abi();
    } else {
      check_host_imports();
      info_.abi = Abi::hosted;
    }
    return std::move(info_);
  }

 private:
  /// The identifiers of the sections.
  enum class Section : std::uint8_t {
    custom,
    types,
    imports,
    functions,
    tables,
    memories,
    globals,
    exports,
    start,
    elements,
    code,
    data,
    data_count,
    tags,
  };

  void read_header() {
    if (reader_.remaining() < 8 || reader_.take(4) != kMagic) {
      refuse(Code::malformed, "not a WebAssembly module: it does not begin with \\0asm");
    }
    const std::string_view version = reader_.take(4);
    if (version == std::string_view("\x01\0\0\0", 4)) return;
    if (version.substr(2) == std::string_view("\x01\0", 2)) {
      refuse("this is a component; components are off here, only core modules run");
    }
    reader_.malformed("a version other than 1");
  }

  void read_section() {
    const std::uint8_t id = reader_.byte();
    Reader section = reader_.part(reader_.u32());
    if (Section{id} == Section::custom) return;
    check_order(id);
    switch (Section{id}) {
      case Section::types:
        read_types(section);
        break;
      case Section::imports:
        read_imports(section);
        break;
      case Section::functions:
        read_functions(section);
        break;
      case Section::tables:
        read_tables(section);
        break;
      case Section::memories:
        read_memories(section);
        break;
      case Section::globals:
        read_globals(section);
        break;
      case Section::exports:
        read_exports(section);
        break;
      case Section::start:
        section.u32();
        break;
      case Section::elements:
        read_elements(section);
        break;
      case Section::data_count:
        section.u32();
        break;
      case Section::code:
        read_code(section);
        break;
      case Section::data:
        read_data(section);
        break;
      case Section::tags:
        refuse("exceptions are off here; the module has a tag section");
      default:
        section.malformed("an unknown section");
    }
    if (!section.at_end()) section.malformed("bytes after a section's end");
  }

  /// Sections come once, in a fixed order that is not quite that of their numbers.
  void check_order(std::uint8_t id) {
    constexpr std::array<std::uint8_t, 14> kRank{0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};
    if (id >= kRank.size()) reader_.malformed("an unknown section");
    if (kRank[id] <= last_rank_) reader_.malformed("a section out of order");
    last_rank_ = kRank[id];
  }

  void read_types(Reader& in) {
    const std::uint32_t count = in.count("types", limits_.types, 3);
    types_.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint8_t form = in.byte();
      if (form == 0x4e || form == 0x4f || form == 0x50 || form == 0x5e || form == 0x5f) {
        refuse(fmt::format("GC is off here; type {} is a struct, an array or a subtype", i));
      }
      if (form != 0x60) in.malformed("an unknown form of type");
      FunctionType& type = types_.emplace_back();
      type.params = read_values(in, "parameters of one type", limits_.params);
      type.results = read_values(in, "results of one type", limits_.results);
    }
  }

  static std::vector<ValueType> read_values(Reader& in, std::string_view what, std::size_t limit) {
    const std::uint32_t count = in.count(what, limit);
    std::vector<ValueType> values;
    values.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) values.push_back(read_value_type(in));
    return values;
  }

  void read_imports(Reader& in) {
    const std::uint32_t count = in.count("imports", limits_.imports, 4);
    for (std::uint32_t i = 0; i < count; ++i) read_import(in);
    imported_functions_ = functions_.size();
  }

  void read_import(Reader& in) {
    Import item;
    item.module = read_name(in);
    item.name = read_name(in);
    const std::uint8_t kind = in.byte();
    switch (kind) {
      case 0:
        functions_.push_back(in.u32());
        item.type = type(in, functions_.back());
        info_.imports.push_back(std::move(item));
        return;
      case 1:
        (void)read_table_type(in);
        break;
      case 2:
        (void)read_memory_type(in);
        break;
      case 3:
        read_global_type(in);
        break;
      case 4:
        refuse("exceptions are off here; the module imports a tag");
      default:
        in.malformed("an unknown kind of import");
    }
    missing_.push_back(fmt::format("{}.{} ({})", item.module, item.name,
                                   to_string(static_cast<ExternKind>(kind))));
  }

  void read_functions(Reader& in) {
    const std::uint32_t count = in.count("functions", limits_.functions);
    functions_.reserve(functions_.size() + count);
    for (std::uint32_t i = 0; i < count; ++i) {
      functions_.push_back(in.u32());
      (void)type(in, functions_.back());
    }
  }

  void read_tables(Reader& in) {
    const std::uint32_t count = in.count("tables", limits_.tables, 3);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (in.peek() == 0x40) refuse("GC is off here; a table has an initial value");
      const std::uint64_t elements = read_table_type(in);
      if (elements > limits_.table_elements) {
        refuse(fmt::format("table {} has {} elements; at most {} are allowed", i, elements,
                           limits_.table_elements));
      }
    }
  }

  void read_memories(Reader& in) {
    const std::uint32_t count = in.u32();
    if (count > 1) refuse(fmt::format("several memories are off here; the module has {}", count));
    if (count == 1) info_.memory_min_bytes = read_memory_type(in);
    has_memory_ = count == 1;
  }

  void read_globals(Reader& in) {
    const std::uint32_t count = in.count("globals", limits_.globals, 4);
    for (std::uint32_t i = 0; i < count; ++i) {
      read_global_type(in);
      skip_constant_expression(in);
    }
  }

  void read_exports(Reader& in) {
    const std::uint32_t count = in.count("exports", limits_.exports, 3);
    for (std::uint32_t i = 0; i < count; ++i) {
      Export item;
      item.name = read_name(in);
      const std::uint8_t kind = in.byte();
      const std::uint32_t index = in.u32();
      if (kind == 4) refuse("exceptions are off here; the module exports a tag");
      if (kind > 4) in.malformed("an unknown kind of export");
      item.kind = static_cast<ExternKind>(kind);
      if (item.kind == ExternKind::function) {
        if (index >= functions_.size()) in.malformed("an export of a function that is not there");
        item.type = types_[functions_[index]];
      }
      info_.exports.push_back(std::move(item));
    }
  }

  void read_elements(Reader& in) {
    const std::uint32_t count = in.count("element segments", limits_.segments, 2);
    for (std::uint32_t i = 0; i < count; ++i) read_element_segment(in);
  }

  /// Bit 0: passive or declarative; bit 1: a table index, or declarative; bit 2: expressions.
  void read_element_segment(Reader& in) {
    const std::uint32_t flags = in.u32();
    if (flags > 7) in.malformed("an unknown kind of element segment");
    const bool active = (flags & 1U) == 0;
    const bool expressions = (flags & 4U) != 0;
    if (active && (flags & 2U) != 0) in.u32();
    if (active) skip_constant_expression(in);
    if ((flags & 3U) != 0) {
      if (expressions) {
        read_reference_type(in);
      } else if (in.byte() != 0) {
        in.malformed("an unknown kind of element");
      }
    }
    const std::uint32_t elements =
        in.count("elements of the segments", limits_.segment_elements - elements_);
    elements_ += elements;
    for (std::uint32_t i = 0; i < elements; ++i) {
      if (expressions) {
        skip_constant_expression(in);
      } else {
        in.u32();
      }
    }
  }

  void read_code(Reader& in) {
    const std::uint32_t count = in.count("functions", limits_.functions);
    if (count != functions_.size() - imported_functions_) {
      in.malformed("as many bodies as functions are expected");
    }
    const ModuleTypes module{types_, functions_};
    for (bodies_ = 0; bodies_ < count; ++bodies_) {
      const std::size_t index = imported_functions_ + bodies_;
      const std::uint32_t size = in.u32();
      if (size > limits_.function_bytes) {
        refuse(fmt::format("function {} is {} bytes long; at most {} are allowed", index, size,
                           limits_.function_bytes));
      }
      check_body(in.part(size), index, module);
    }
  }

  void check_body(Reader body, std::size_t index, const ModuleTypes& module) const {
    try {
      check_function_body(body, types_[functions_[index]], module, limits_);
    } catch (Refusal& refusal) {
      refusal.error.message = fmt::format("function {}: {}", index, refusal.error.message);
      throw;
    }
  }

  void read_data(Reader& in) {
    const std::uint32_t count = in.count("data segments", limits_.segments, 2);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t flags = in.u32();
      if (flags > 2) in.malformed("an unknown kind of data segment");
      if (flags == 2 && in.u32() != 0) refuse("several memories are off here");
      if (flags != 1) skip_constant_expression(in);
      in.take(in.u32());
    }
  }

  /// The table's initial number of elements.
  static std::uint64_t read_table_type(Reader& in) {
    read_reference_type(in);
    const std::uint8_t flags = in.byte();
    if ((flags & 4U) != 0) refuse("memory64 is off here; a table has 64-bit indices");
    if ((flags & 2U) != 0) refuse("shared memory and atomics are off here; a table is shared");
    return read_limits(in, flags);
  }

  /// The memory's initial size in bytes.
  std::uint64_t read_memory_type(Reader& in) const {
    const std::uint8_t flags = in.byte();
    if ((flags & 2U) != 0) refuse("shared memory and atomics are off here; the memory is shared");
    if ((flags & 4U) != 0) refuse("memory64 is off here; the memory has 64-bit addresses");
    if ((flags & 8U) != 0) refuse("custom page sizes are off here; the memory has one");
    const std::uint64_t pages = read_limits(in, flags);
    if (pages > 65'536) in.malformed("a memory of more than 4 GiB");
    if (pages * kPageBytes > limits_.memory_bytes) {
      refuse(fmt::format("the memory begins with {} bytes; at most {} are allowed",
                         pages * kPageBytes, limits_.memory_bytes));
    }
    return pages * kPageBytes;
  }

  static std::uint64_t read_limits(Reader& in, std::uint8_t flags) {
    if ((flags & ~1U) != 0) in.malformed("unknown flags of limits");
    const std::uint64_t minimum = in.u32();
    if ((flags & 1U) != 0) in.u32();
    return minimum;
  }

  static void read_global_type(Reader& in) {
    (void)read_value_type(in);
    const std::uint8_t flags = in.byte();
    if ((flags & 2U) != 0) refuse("shared memory and atomics are off here; a global is shared");
    if (flags > 1) in.malformed("unknown flags of a global");
  }

  std::string read_name(Reader& in) const {
    const std::uint32_t size = in.count("bytes of a name", limits_.name_bytes);
    const std::string_view name = in.take(size);
    if (!is_utf8(name)) in.malformed("a name that is not UTF-8");
    return std::string(name);
  }

  const FunctionType& type(const Reader& in, std::uint32_t index) const {
    if (index >= types_.size()) in.malformed("a type that is not there");
    return types_[index];
  }

  /// Lists everything that is missing at once, so that a submitter sees it in one answer.
  void check_imports() {
    std::vector<std::string> wrong;
    for (const Import& item : info_.imports) {
      const WasiSignature* known =
          item.module == kWasiModule ? find_wasi_signature(item.name) : nullptr;
      if (known == nullptr) {
        missing_.push_back(fmt::format("{}.{}", item.module, item.name));
      } else if (const FunctionType expected = function_type(*known); item.type != expected) {
        wrong.push_back(fmt::format("{} as {}, which is {}", item.name, to_string(item.type),
                                    to_string(expected)));
      }
    }
    if (!missing_.empty()) refuse("imports that are not there: " + list(missing_));
    if (!wrong.empty()) refuse("WASI functions imported with a wrong type: " + list(wrong));
  }

  void check_host_imports() {
    for (const Import& item : info_.imports) {
      if (std::ranges::find(host_, item) == host_.end()) {
        missing_.push_back(
            fmt::format("{}.{} of {}", item.module, item.name, to_string(item.type)));
      }
    }
    if (!missing_.empty()) refuse("imports that are not there: " + list(missing_));
  }

  static std::string list(const std::vector<std::string>& items) {
    constexpr std::size_t kShownBytes = 4'000;
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (text.size() + items[i].size() > kShownBytes) {
        return text + fmt::format(" and {} more", items.size() - i);
      }
      text += (i == 0 ? "" : ", ") + items[i];
    }
    return text;
  }

  Abi find_abi() {
    info_.has_initialize = has_function("_initialize", {});
    if (info_.function("_start") != nullptr) {
      if (!has_function("_start", {})) refuse("_start must take nothing and return nothing");
      return Abi::wasi_command;
    }
    if (!info_.imports.empty()) {
      refuse(
          fmt::format("the module imports {} but exports no _start: only a WASI command may "
                      "import, a reactor or scalar module must do without",
                      info_.imports.front().name));
    }
    if (is_reactor()) return Abi::reactor;
    const bool callable = std::ranges::any_of(
        info_.exports, [](const Export& item) { return item.kind == ExternKind::function; });
    if (!callable) refuse("the module exports no function, so nothing can be called");
    return Abi::scalar;
  }

  bool is_reactor() const {
    constexpr auto i32 = ValueType::i32;
    const bool exports_memory = std::ranges::any_of(info_.exports, [](const Export& item) {
      return item.kind == ExternKind::memory && item.name == "memory";
    });
    return exports_memory && has_memory_ && has_function("alloc", {{i32}, {i32}}) &&
           has_function("run", {{i32, i32}, {ValueType::i64}});
  }

  bool has_function(std::string_view name, const FunctionType& type) const {
    const FunctionType* found = info_.function(name);
    return found != nullptr && *found == type;
  }

  Reader reader_;
  const ShapeLimits& limits_;
  std::span<const Import> host_;
  ModuleInfo info_;
  std::vector<FunctionType> types_;
  std::vector<std::uint32_t> functions_;  // the type of each
  std::vector<std::string> missing_;
  std::size_t imported_functions_ = 0;
  std::size_t bodies_ = 0;
  std::size_t elements_ = 0;
  std::uint8_t last_rank_ = 0;
  bool has_memory_ = false;
};

}  // namespace

Result<ModuleInfo> inspect(std::string_view binary, const ShapeLimits& limits,
                           std::span<const Import> host) {
  if (binary.size() > limits.module_bytes) {
    return fail(Code::too_large, fmt::format("the module is {} bytes long; at most {} are allowed",
                                             binary.size(), limits.module_bytes));
  }
  try {
    return Inspector(binary, limits, host).run();
  } catch (Refusal& refusal) {
    return std::unexpected(std::move(refusal.error));
  }
}

bool is_binary(std::string_view bytes) { return bytes.starts_with(kMagic); }

}  // namespace vcp::wasm
