//! Lets the program and its tests find libtorch where it was found to build with.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Set by the build script of `torch-sys`, a direct dependency of the feature `rust-bert` for this reason.
    if let Ok(folder) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
