// SPDX-License-Identifier: Apache-2.0
//! Nothing of its own: linking the crate makes its C functions part of the static library.
pub use wasmtime_c_api::*;
