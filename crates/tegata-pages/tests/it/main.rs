//! What is true of every page, and of each.

mod gallery;
mod markup;
mod pages;
