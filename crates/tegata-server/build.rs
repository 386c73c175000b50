//! Embeds the web application, if it was built: a table of its files, with those that shrink compressed once and for all.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::GzEncoder;

#[expect(clippy::disallowed_methods, reason = "this is how Cargo speaks to a build script")]
fn main() -> io::Result<()> {
    let manifest_dir = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let dist = manifest_dir.join("../../web/app/dist");
    // Cargo looks at the whole directory; while it is absent, at every build.
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=build.rs");

    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        let dist = dist.canonicalize()?;
        find_files(&dist, "", &mut files)?;
    }
    files.sort();
    let mut table = String::from("&[\n");
    for (number, (path, file)) in files.iter().enumerate() {
        // Copied, since the web application may be built anew while this crate is being compiled.
        let bytes = fs::read(file)?;
        fs::write(out_dir.join(format!("{number}.file")), &bytes)?;
        let gzip = match compress(&bytes)? {
            Some(compressed) => {
                fs::write(out_dir.join(format!("{number}.gz")), compressed)?;
                format!("Some({})", include(number, "gz"))
            }
            None => "None".to_owned(),
        };
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        writeln!(
            table,
            "Asset {{ path: {path:?}, etag: \"\\\"{:016x}\\\"\", bytes: {}, gzip: {gzip} }},",
            hasher.finish(),
            include(number, "file")
        )
        .map_err(io::Error::other)?;
    }
    table.push(']');
    fs::write(out_dir.join("assets.rs"), table)
}

/// The expression for a file of the output directory.
fn include(number: usize, extension: &str) -> String {
    format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{number}.{extension}\"))")
}

/// Collects the files below a directory: their path in a URL, and where they are.
fn find_files(directory: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| io::ErrorKind::InvalidFilename)?;
        let path = format!("{prefix}/{name}");
        if entry.file_type()?.is_dir() {
            find_files(&entry.path(), &path, files)?;
        } else {
            files.push((path, entry.path()));
        }
    }
    Ok(())
}

/// The bytes compressed, where that saves at least a tenth.
fn compress(bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    let compressed = encoder.finish()?;
    Ok((compressed.len() < bytes.len() / 10 * 9).then_some(compressed))
}
