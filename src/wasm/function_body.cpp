// SPDX-License-Identifier: Apache-2.0
#include "function_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace vcp::wasm {
namespace {

/// Walks the instructions of one body (Core 2.0, section 5.4, and the proposals that are on).
class BodyScanner {
 public:
  BodyScanner(Reader body, const FunctionType& type, const ModuleTypes& module,
              const ShapeLimits& limits)
      : reader_(body), module_(module), limits_(limits), locals_(type.params.size()) {}

  void run() {
    read_locals();
    while (!blocks_.empty()) read_instruction();
    if (!reader_.at_end()) reader_.malformed("bytes after a function's end");
    check_product("blocks", deepest_, limits_.nesting_locals);
    check_product("loops", deepest_loop_, limits_.loop_locals);
  }

 private:
  void read_locals() {
    const std::uint32_t groups = reader_.count("groups of locals", limits_.locals, 2);
    for (std::uint32_t i = 0; i < groups; ++i) {
      locals_ += reader_.u32();
      if (locals_ > limits_.locals) {
        refuse(fmt::format("a function of {} locals or more; at most {} are allowed", locals_,
                           limits_.locals));
      }
      (void)read_value_type(reader_);
    }
  }

  void read_instruction() {
    const std::uint8_t opcode = reader_.byte();
    if (opcode >= 0x45 && opcode <= 0xc4) return;  // numeric, no immediates
    if (opcode >= 0x28 && opcode <= 0x3e) return memory_argument();
    switch (opcode) {
      case 0x00:  // unreachable
      case 0x01:  // nop
      case 0x05:  // else
      case 0x0f:  // return
      case 0x1a:  // drop
      case 0x1b:  // select
      case 0xd1:  // ref.is_null
        return;
      case 0x02:  // block
      case 0x04:  // if
        return enter_block(false);
      case 0x03:
        return enter_block(true);
      case 0x0b:
        return end_block();
      case 0x0c:  // br
      case 0x0d:  // br_if
      case 0x20:  // local.get
      case 0x21:  // local.set
      case 0x22:  // local.tee
      case 0x23:  // global.get
      case 0x24:  // global.set
      case 0x25:  // table.get
      case 0x26:  // table.set
      case 0xd2:  // ref.func
        reader_.u32();
        return;
      case 0x0e:
        return branch_table();
      case 0x10:  // call
      case 0x12:  // return_call
        return call(function_type(reader_.u32()));
      case 0x11:  // call_indirect
      case 0x13:  // return_call_indirect
        call(type(reader_.u32()));
        reader_.u32();
        return;
      case 0x1c:
        return typed_select();
      case 0x3f:  // memory.size
      case 0x40:  // memory.grow
        return memory_index();
      case 0x41:
        return reader_.skip_s32();
      case 0x42:
        return reader_.skip_s64();
      case 0x43:
        reader_.take(4);
        return;
      case 0x44:
        reader_.take(8);
        return;
      case 0xd0:  // ref.null
        return read_reference_type(reader_);
      case 0xfc:
        return prefixed_fc();
      case 0xfd:
        return vector_instruction();
      default:
        refuse_opcode(opcode);
    }
  }

  void enter_block(bool loop) {
    const std::uint8_t first = reader_.peek();
    if (first == 0x40) {
      reader_.byte();
    } else if (first >= 0x60 && first <= 0x7f) {
      (void)read_value_type(reader_);
    } else {
      const std::int64_t index = reader_.s33();
      if (index < 0) refuse("typed references in a block's type are off here");
      (void)type(static_cast<std::uint64_t>(index));
    }
    blocks_.push_back(loop);
    deepest_ = std::max(deepest_, blocks_.size());
    loop_depth_ += loop ? 1 : 0;
    deepest_loop_ = std::max(deepest_loop_, loop_depth_);
    if (blocks_.size() > limits_.nesting) {
      refuse(fmt::format("blocks nested {} deep before byte {}; at most {} are allowed",
                         blocks_.size(), reader_.offset(), limits_.nesting));
    }
  }

  void end_block() {
    loop_depth_ -= blocks_.back() ? 1 : 0;
    blocks_.pop_back();
  }

  void branch_table() {
    const std::uint32_t targets = reader_.u32();
    targets_ += targets;
    if (targets_ > limits_.br_table_targets) {
      refuse(
          fmt::format("a function whose br_tables have {} targets or more before byte {}; at "
                      "most {} are allowed",
                      targets_, reader_.offset(), limits_.br_table_targets));
    }
    for (std::uint64_t i = 0; i <= targets; ++i) reader_.u32();
  }

  void call(const FunctionType& callee) {
    call_values_ += callee.params.size() + callee.results.size();
    if (call_values_ > limits_.call_values) {
      refuse(
          fmt::format("a function whose calls pass {} values or more before byte {}; at most {} "
                      "are allowed",
                      call_values_, reader_.offset(), limits_.call_values));
    }
  }

  void typed_select() {
    const std::uint32_t count = reader_.count("types of a select", 1);
    for (std::uint32_t i = 0; i < count; ++i) (void)read_value_type(reader_);
  }

  void memory_argument() {
    const std::uint32_t alignment = reader_.u32();
    if ((alignment & 0x40U) != 0) refuse("several memories are off here");
    reader_.u64();
  }

  void memory_index() {
    if (reader_.byte() != 0) refuse("several memories are off here");
  }

  void prefixed_fc() {
    const std::uint32_t opcode = reader_.u32();
    if (opcode <= 7) return;  // saturating conversions
    switch (opcode) {
      case 8:  // memory.init
        reader_.u32();
        return memory_index();
      case 10:  // memory.copy
        memory_index();
        return memory_index();
      case 11:  // memory.fill
        return memory_index();
      case 12:  // table.init
      case 14:  // table.copy
        reader_.u32();
        reader_.u32();
        return;
      case 9:   // data.drop
      case 13:  // elem.drop
      case 15:  // table.grow
      case 16:  // table.size
      case 17:  // table.fill
        reader_.u32();
        return;
      case 19:
      case 20:
      case 21:
      case 22:
        refuse("wide arithmetic is off here");
      default:
        reader_.malformed(fmt::format("unknown instruction 0xfc {:#x}", opcode));
    }
  }

  void vector_instruction() {
    const std::uint32_t opcode = reader_.u32();
    if (opcode <= 0x0b || opcode == 0x5c || opcode == 0x5d) return memory_argument();
    if (opcode == 0x0c || opcode == 0x0d) {  // v128.const, i8x16.shuffle
      reader_.take(16);
    } else if (opcode >= 0x15 && opcode <= 0x22) {  // lanes
      reader_.byte();
    } else if (opcode >= 0x54 && opcode <= 0x5b) {  // loads and stores of lanes
      memory_argument();
      reader_.byte();
    } else if (opcode > 0x113) {  // the last of relaxed SIMD
      reader_.malformed(fmt::format("unknown instruction 0xfd {:#x}", opcode));
    }
  }

  [[noreturn]] void refuse_opcode(std::uint8_t opcode) {
    switch (opcode) {
      case 0x06:  // try
      case 0x07:  // catch
      case 0x09:  // rethrow
      case 0x18:  // delegate
      case 0x19:  // catch_all
        refuse(fmt::format("exceptions (the legacy form) are off here; used before byte {}",
                           reader_.offset()));
      case 0x08:  // throw
      case 0x0a:  // throw_ref
      case 0x1f:  // try_table
        refuse(fmt::format("exceptions are off here; used before byte {}", reader_.offset()));
      case 0xfe:
        refuse(fmt::format("shared memory and atomics are off here; used before byte {}",
                           reader_.offset()));
      case 0xfb:
      case 0xd3:  // ref.eq
        refuse(fmt::format("GC is off here; used before byte {}", reader_.offset()));
      case 0x14:  // call_ref
      case 0x15:  // return_call_ref
      case 0xd4:  // ref.as_non_null
      case 0xd5:  // br_on_null
      case 0xd6:  // br_on_non_null
        refuse(
            fmt::format("typed function references (part of GC) are off here; used before byte {}",
                        reader_.offset()));
      case 0xe0:
      case 0xe1:
      case 0xe2:
      case 0xe3:
      case 0xe4:
      case 0xe5:
        refuse(fmt::format("stack switching is off here; used before byte {}", reader_.offset()));
      default:
        reader_.malformed(fmt::format("unknown instruction {:#x}", opcode));
    }
  }

  const FunctionType& type(std::uint64_t index) const {
    if (index >= module_.types.size()) reader_.malformed("a type that is not there");
    return module_.types[index];
  }

  const FunctionType& function_type(std::uint32_t function) const {
    if (function >= module_.functions.size()) reader_.malformed("a function that is not there");
    return type(module_.functions[function]);
  }

  void check_product(std::string_view what, std::uint64_t depth, std::size_t limit) const {
    if (depth * locals_ > limit) {
      refuse(
          fmt::format("a function of {} locals with {} nested {} deep; the product may be {} at "
                      "most",
                      locals_, what, depth, limit));
    }
  }

  Reader reader_;
  const ModuleTypes& module_;
  const ShapeLimits& limits_;
  std::uint64_t locals_;
  std::vector<bool> blocks_{false};  // the open ones, and whether each is a loop
  std::size_t deepest_ = 1;
  std::size_t loop_depth_ = 0;
  std::size_t deepest_loop_ = 0;
  std::uint64_t targets_ = 0;
  std::uint64_t call_values_ = 0;
};

}  // namespace

ValueType read_value_type(Reader& reader) {
  switch (reader.byte()) {
    case 0x7f:
      return ValueType::i32;
    case 0x7e:
      return ValueType::i64;
    case 0x7d:
      return ValueType::f32;
    case 0x7c:
      return ValueType::f64;
    case 0x7b:
      return ValueType::v128;
    case 0x70:
      return ValueType::funcref;
    case 0x69:  // exnref
    case 0x74:  // nullexnref
      refuse("exceptions are off here; a value has the type exnref");
    case 0x6f:
      refuse("externref is off here, as GC is");
    case 0x63:
    case 0x64:
    case 0x65:  // shared
    case 0x6a:
    case 0x6b:
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x71:
    case 0x72:
    case 0x73:
      refuse("GC and typed references are off here; a value has such a type");
    default:
      reader.malformed("an unknown value type");
  }
}

void read_reference_type(Reader& reader) {
  const std::uint8_t first = reader.peek();
  if (first < 0x40 || first > 0x7f) {  // the index of a type, in place of a type
    refuse("GC and typed references are off here; a reference has such a type");
  }
  if (read_value_type(reader) != ValueType::funcref) {
    reader.malformed("a reference type that is none");
  }
}

void check_function_body(Reader body, const FunctionType& type, const ModuleTypes& module,
                         const ShapeLimits& limits) {
  BodyScanner(body, type, module, limits).run();
}

void skip_constant_expression(Reader& reader) {
  for (;;) {
    switch (reader.byte()) {
      case 0x0b:
        return;
      case 0x41:
        reader.skip_s32();
        break;
      case 0x42:
        reader.skip_s64();
        break;
      case 0x43:
        reader.take(4);
        break;
      case 0x44:
        reader.take(8);
        break;
      case 0x23:  // global.get
      case 0xd2:  // ref.func
        reader.u32();
        break;
      case 0xd0:
        read_reference_type(reader);
        break;
      case 0xfb:
        refuse("GC is off here; used in a constant expression");
      case 0xfd:
        if (reader.u32() != 0x0c) reader.malformed("a constant expression that is none");
        reader.take(16);
        break;
      case 0x6a:  // i32.add, sub, mul
      case 0x6b:
      case 0x6c:
      case 0x7c:  // i64.add, sub, mul
      case 0x7d:
      case 0x7e:
        break;
      default:
        reader.malformed("a constant expression that is none");
    }
  }
}

}  // namespace vcp::wasm
