use std::env;
use std::process::Command;

fn main() {
    // Migrations are embedded by a macro, which Cargo cannot see: a new folder must rebuild the crate.
    println!("cargo:rerun-if-changed=migrations");
    if knows_short_relocations() {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Whether programs may say in few bytes which addresses the loader has to change when it starts them: it reads them all, and
/// they are a megabyte of memory otherwise. The C library must be glibc 2.36 or newer; a linker that does not know it warns and
/// goes on.
#[expect(clippy::disallowed_methods, reason = "Cargo tells it by the environment")]
fn knows_short_relocations() -> bool {
    let is_for_this_machine = env::var("HOST") == env::var("TARGET");
    let is_gnu = env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux")
        && env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("gnu");
    if !(is_for_this_machine && is_gnu) {
        return false;
    }
    // "glibc 2.36".
    let Ok(answer) = Command::new("getconf").arg("GNU_LIBC_VERSION").output() else { return false };
    let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
    let version = answer.trim().strip_prefix("glibc 2.").and_then(|minor| minor.parse::<u32>().ok());
    version.is_some_and(|minor| minor >= 36)
}
