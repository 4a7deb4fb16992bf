//! Migrations are embedded by a macro, which Cargo cannot see: a new folder must rebuild the crate.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
