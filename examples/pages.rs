//! Writes every sample of every page to a directory, to look at them in a browser.
//!
//! ```text
//! cargo run --example pages -- /tmp/pages && python3 -m http.server --directory /tmp/pages
//! ```

use std::path::Path;
use std::{env, fs, io};

use grantor::web::{assets, page};

fn main() -> io::Result<()> {
    let directory = env::args().nth(1).ok_or_else(|| io::Error::other("name a directory to write to"))?;
    let directory = Path::new(&directory);
    fs::create_dir_all(directory.join("static"))?;
    for (name, content) in assets::files() {
        fs::write(directory.join(assets::asset(&name).trim_start_matches('/')), content)?;
    }
    let mut links = Vec::new();
    for (name, html) in page::samples() {
        let file = format!("{}.html", name.replace('/', "."));
        links.push(format!("<li><a href=\"{file}\">{name}</a></li>"));
        fs::write(directory.join(file), html)?;
    }
    fs::write(
        directory.join("index.html"),
        format!("<!doctype html><html lang=\"en\"><title>Pages</title><ul>{}</ul>", links.concat()),
    )
}
