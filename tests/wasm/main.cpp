// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "vcp/wasm/compiler.hpp"

int main(int argc, char** argv) {
  const auto program = vcp::wasm::CompilerProgram::enter(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
