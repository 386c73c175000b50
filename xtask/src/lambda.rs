//! The functions for AWS, as Lambda runs them: `target/lambda/<architecture>/<function>/bootstrap`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::Result;
use crate::process::{Command, cargo};
use crate::venv;
use crate::workspace::root;

/// cargo-lambda calls the compiler, and Zig, as linker and C compiler, makes what it compiles run on Lambda's old glibc.
const TOOLS: [&str; 2] = ["cargo-lambda==1.9.2", "ziglang==0.17.1"];

/// The packages with functions, and the profile of Cargo.toml that each is built with. Each is built alone: together, Cargo
/// would give each the features of the other, and the authorizer would link what it must not.
const PACKAGES: [(&str, &str); 2] = [("tegata-lambda", "function"), ("tegata-authorizer", "authorizer")];

/// What Lambda runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arch {
    /// Graviton: the default, since it costs less.
    Arm64,
    /// What most machines are on which the functions are tested.
    X86_64,
}

impl Arch {
    fn parse(text: &str) -> Result<Self> {
        match text {
            "arm64" => Ok(Self::Arm64),
            "x86_64" => Ok(Self::X86_64),
            _ => Err(format!("--arch must be arm64 or x86_64, not {text}").into()),
        }
    }

    /// Its name, as Lambda writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }

    const fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }
}

/// `cargo xtask lambda [--arch arm64|x86_64] [-- package …]`
pub(crate) fn run(own: &[&str], packages: &[String]) -> Result {
    let arch = match own {
        [] => Arch::Arm64,
        ["--arch", arch] => Arch::parse(arch)?,
        _ => return Err(format!("unknown argument: {}", own.join(" ")).into()),
    };
    let is_named = |package: &str| packages.is_empty() || packages.iter().any(|name| name == package);
    let names = PACKAGES.map(|(name, _)| name);
    if let Some(unknown) = packages.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(format!("{unknown} has no functions; these have: {}", names.join(", ")).into());
    }
    build_packages(arch, is_named)
}

/// Builds all functions.
pub(crate) fn build(arch: Arch) -> Result {
    build_packages(arch, |_| true)
}

/// Where the functions are.
pub(crate) fn folder(arch: Arch) -> PathBuf {
    root().join("target").join("lambda").join(arch.name())
}

fn build_packages(arch: Arch, is_wanted: impl Fn(&str) -> bool) -> Result {
    require_standard_library(arch)?;
    let bin = venv::ensure(venv::AWS, &TOOLS)?;
    let folder = folder(arch);
    for (package, profile) in PACKAGES.into_iter().filter(|(package, _)| is_wanted(package)) {
        let functions = functions(package)?;
        let begun = Instant::now();
        build_package(arch, package, profile, &bin, &folder)?;
        println!("── {package} for {}: {:.0} s", arch.name(), begun.elapsed().as_secs_f64());
        for function in functions {
            let bootstrap = folder.join(&function).join("bootstrap");
            let size = fs::metadata(&bootstrap)
                .map_err(|error| format!("{} was not built: {error}", bootstrap.display()))?
                .len();
            println!("   {:>8} KiB  {function}", size.div_ceil(1024));
        }
    }
    Ok(())
}

fn build_package(arch: Arch, package: &str, profile: &str, bin: &Path, folder: &Path) -> Result {
    let shortcut = match arch {
        Arch::Arm64 => "--arm64",
        Arch::X86_64 => "--x86-64",
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([bin.to_owned()].into_iter().chain(std::env::split_paths(&path)))?;
    cargo(&["lambda", "build", "--profile", profile, "--locked", shortcut, "--package", package])
        // Its own idea of a release would have `panic = "abort"`, and one request's panic would end the others.
        .args(&["--disable-optimizations", "--lambda-dir", &folder.to_string_lossy()])
        .env("PATH", &path.to_string_lossy())
        .run()
}

/// The functions of a package: its binaries.
fn functions(package: &str) -> Result<Vec<String>> {
    let folder = root().join("crates").join(package).join("src").join("bin");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut functions = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if path.extension().is_some_and(|extension| extension == "rs") {
            functions.push(name.to_owned());
        }
    }
    functions.sort();
    Ok(functions)
}

/// The standard library of the target. It is looked for here since cargo-lambda would try to fetch it without a word.
fn require_standard_library(arch: Arch) -> Result {
    let target = arch.target();
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let libraries = Command::new(&rustc).args(&["--print", "target-libdir", "--target", target]).output()?;
    let is_there = || Path::new(libraries.trim()).is_dir();
    if !is_there() {
        // From where the toolchain itself came; without rustup or its server there is nothing more to do.
        let _ = Command::new("rustup").args(&["target", "add", target]).run();
    }
    if is_there() {
        return Ok(());
    }
    Err(format!(
        "Rust's standard library for {target} is needed (`rustup target add {target}`, or a compiler with it in RUSTC); \
         to build for the other architecture: --arch {}",
        match arch {
            Arch::Arm64 => Arch::X86_64.name(),
            Arch::X86_64 => Arch::Arm64.name(),
        }
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_is_a_binary_of_its_package() {
        let expected = ["account", "login", "refresh", "register", "rotate-keys"];
        assert_eq!(functions("tegata-lambda").unwrap(), expected);
        assert!(functions("tegata-core").is_err());
    }

    #[test]
    fn arguments_that_are_not_known_are_refused() {
        assert!(run(&["--arch"], &[]).is_err());
        assert!(run(&["--arch", "riscv"], &[]).is_err());
        assert!(run(&[], &["tegata-server".to_owned()]).is_err());
    }
}
