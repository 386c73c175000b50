//! Enough of HTML to ask questions about pages, which are all written by one template library.

/// The start tags, without their angle brackets.
pub(crate) fn tags(html: &str) -> Vec<&str> {
    html.split('<').filter_map(|part| part.split_once('>')).map(|(tag, _)| tag).collect()
}

/// The tags of a name.
pub(crate) fn tags_of<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
    tags(html).into_iter().filter(|tag| tag.split(' ').next() == Some(name)).collect()
}

/// The tag with an id.
pub(crate) fn tag_with_id<'h>(html: &'h str, id: &str) -> Option<&'h str> {
    tags(html).into_iter().find(|tag| attribute(tag, "id") == Some(id))
}

/// An attribute of a tag.
pub(crate) fn attribute<'h>(tag: &'h str, name: &str) -> Option<&'h str> {
    let start = format!(" {name}=\"");
    let (_, rest) = tag.split_once(start.as_str())?;
    rest.split('"').next()
}

/// All values of an attribute, in their order.
pub(crate) fn attributes<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
    tags(html).into_iter().filter_map(|tag| attribute(tag, name)).collect()
}
