use super::*;
use crate::STYLESHEET;

fn themed(variables: &[(&'static str, &'static str)]) -> Result<Theme, Vec<ThemeProblem>> {
    Theme::new("Acme", None, variables.iter().copied())
}

#[test]
fn the_default_theme_adds_nothing_and_can_be_read() {
    assert_eq!(theme_css(&Theme::default()), "");
    assert_eq!(themed(&[]).map(|theme| theme_css(&theme)), Ok(String::new()));
}

#[test]
fn the_stylesheet_has_the_colours_that_contrasts_are_checked_with() {
    let (light, dark) = STYLESHEET.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let dark = dark.split_once("}\n}").unwrap().0;
    let error = Variable { name: "error", property: "--bad", default: BAD };
    for Variable { name, property, default } in VARIABLES.iter().chain([&error]) {
        let pair = Pair::parse(default).unwrap();
        assert!(light.contains(&format!("{property}: {};", pair.light)), "{name} is light");
        let is_same = pair.light == pair.dark && !dark.contains(&format!("{property}:"));
        assert!(is_same || dark.contains(&format!("{property}: {};", pair.dark)), "{name} is dark");
    }
}

#[test]
fn a_colour_may_differ_by_scheme() {
    let theme = themed(&[
        ("accent", "light-dark(#005a9c, #9cd0ff)"),
        ("accent-text", "light-dark(#ffffff, #001020)"),
    ]);
    insta::assert_snapshot!(theme_css(&theme.unwrap()));
}

#[test]
fn a_theme_of_all_variables_is_written_out() {
    let theme = themed(&[
        ("background", "light-dark(#ffffff, #000000)"),
        ("surface", "light-dark(#ffffff, #101010)"),
        ("text", "light-dark(#111111, #eeeeee)"),
        ("muted", "light-dark(#555555, #aaaaaa)"),
        ("border", "#808080"),
        ("accent", "#0050b0"),
        ("accent-text", "#ffffff"),
        ("link", "light-dark(#0050b0, #80b8ff)"),
        ("focus", "light-dark(#7000c0, #d0a0ff)"),
        ("radius", "2px"),
    ]);
    insta::assert_snapshot!(theme_css(&theme.unwrap()));
}

#[test]
fn a_value_cannot_leave_its_declaration() {
    for value in [
        "#fff",
        "red",
        "#12345g",
        "#+1+2+3",
        "#000000;}body{display:none",
        "url(x)",
        "",
        "light-dark(#000000)",
    ] {
        assert_eq!(
            themed(&[("link", value)]).unwrap_err(),
            [ThemeProblem::NotAColour("link".to_owned())],
            "{value}"
        );
    }
    for value in ["33px", "-1px", "+1px", "1em", "01px", "1px;}", "px"] {
        assert_eq!(themed(&[("radius", value)]).unwrap_err(), [ThemeProblem::NotARadius], "{value}");
    }
}

#[test]
fn all_problems_are_told_together() {
    let variables = [("font", "serif"), ("link", "red"), ("radius", "1px"), ("radius", "2px")];
    assert_eq!(
        Theme::new(" ", Some("javascript:alert(1)"), variables).unwrap_err(),
        [
            ThemeProblem::NoServiceName,
            ThemeProblem::Logo,
            ThemeProblem::UnknownVariable("font".to_owned()),
            ThemeProblem::NotAColour("link".to_owned()),
            ThemeProblem::Repeated("radius".to_owned()),
        ]
    );
}

#[test]
fn colours_that_cannot_be_told_apart_are_refused() {
    let problems = themed(&[("accent", "#ffd54a")]).unwrap_err();
    let text = problems[0].to_string();
    assert_eq!(
        text,
        "`accent-text` on `accent` has too little contrast in the light scheme: 1.3 to 1, and 4.5 to 1 is needed"
    );
    assert_eq!(problems.len(), 2, "in both schemes");
    // A white page by night needs a dark text by night.
    assert!(themed(&[("background", "#ffffff"), ("surface", "#ffffff")]).is_err());
}

#[test]
fn what_lies_below_the_pointer_is_never_harder_to_read() {
    for (accent, text) in [("#0050b0", "#ffffff"), ("#9cd0ff", "#001020")] {
        let [accent, text] = [accent, text].map(|colour| Pair::parse(colour).unwrap().light);
        assert!(accent.away_from(text).contrast(text) > accent.contrast(text));
    }
}
