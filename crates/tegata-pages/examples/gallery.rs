//! Writes every page to a folder, to look at them: `cargo run -p tegata-pages --example gallery -- FOLDER`, then serve the
//! folder over HTTP.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use tegata_pages::{Language, STYLESHEET, STYLESHEET_PATH, THEME_PATH, Theme, theme_css};

#[path = "../tests/it/gallery.rs"]
mod gallery;

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("usage: gallery FOLDER")?.into();
    let theme = Theme::default();
    for (path, css) in [(STYLESHEET_PATH, STYLESHEET), (THEME_PATH, &theme_css(&theme))] {
        let file = folder.join(path.trim_start_matches('/'));
        fs::create_dir_all(file.parent().ok_or("the folder has no name")?)?;
        fs::write(file, css)?;
    }
    for language in Language::ALL {
        for (page, html) in gallery::gallery(language, &theme, "Calendar") {
            fs::write(folder.join(format!("{page}-{}.html", language.tag())), html)?;
        }
    }
    Ok(())
}
