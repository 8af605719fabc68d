// SPDX-License-Identifier: Apache-2.0
//! Copies the C headers, which the crate publishes in its own build directory, to
//! `VCP_WASMTIME_INCLUDE`.
use std::{env, fs, io, path::Path};

fn copy_headers(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_headers(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed=VCP_WASMTIME_INCLUDE");
    let Some(to) = env::var_os("VCP_WASMTIME_INCLUDE") else {
        return Ok(());
    };
    let from = env::var_os("DEP_WASMTIME_C_API_INCLUDE").expect("the C API names its headers");
    copy_headers(Path::new(&from), Path::new(&to))
}
