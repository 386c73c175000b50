use super::*;

#[test]
fn user_names_are_compared_without_regard_to_case() {
    let (a, b): (Username, Username) = ("Alice".parse().unwrap(), "aLICE".parse().unwrap());
    assert_eq!(a, b);
    assert_eq!(a.as_str(), "Alice");
}

#[test]
fn r66_a_name_that_only_looks_like_another_is_refused() {
    // Cyrillic а, full-width Ａ, Kelvin sign, zero-width joiner, combining accent.
    for name in ["\u{430}lice", "\u{ff21}lice", "\u{212a}elvin", "ali\u{200d}ce", "ali\u{301}ce", "İstanbul"]
    {
        assert_eq!(name.parse::<Username>(), Err(InvalidField::Invalid), "{name}");
    }
}

#[test]
fn a_user_name_has_its_limits() {
    assert_eq!("".parse::<Username>(), Err(InvalidField::Required));
    assert_eq!("ab".parse::<Username>(), Err(InvalidField::TooShort));
    assert!("a".repeat(64).parse::<Username>().is_ok());
    assert_eq!("a".repeat(65).parse::<Username>(), Err(InvalidField::TooLong));
    for bad in [".abc", "a b", "a@b.c", "a/b", "abc\0", "abc\n", "<b>"] {
        assert!(bad.parse::<Username>().is_err(), "{bad:?}");
    }
}

#[test]
fn v47_an_address_that_a_normal_form_would_change_is_refused() {
    for bad in [
        "a\u{ff20}b.example",
        "a@b\u{3002}example",
        "a@ex\u{e4}mple.com",
        "\u{ff41}@b.example",
        "a@b.example\u{200b}",
    ] {
        assert_eq!(bad.parse::<EmailAddress>(), Err(InvalidField::Invalid), "{bad}");
    }
}

#[test]
fn v7_an_address_has_exactly_one_at_sign() {
    for bad in [
        "a@b@c.example",
        "a@b.example,c@d.example",
        "a b@c.example",
        "@c.example",
        "a@",
        "a@.example",
        "a@c..example",
        "a.@c.example",
    ] {
        assert_eq!(bad.parse::<EmailAddress>(), Err(InvalidField::Invalid), "{bad}");
    }
    let address: EmailAddress = "First.Last+tag@Example.COM".parse().unwrap();
    assert_eq!(address.canonical(), "first.last+tag@example.com");
}

#[test]
fn a_login_name_with_an_at_sign_is_an_address() {
    assert!(matches!("alice".parse(), Ok(LoginName::Username(_))));
    assert!(matches!("a@b.example".parse(), Ok(LoginName::Email(_))));
}

#[test]
fn a_new_address_loses_the_proof_of_the_old_one() {
    let mut user = crate::testing::user("alice");
    user.email = Some(UserEmail { address: "a@b.example".parse().unwrap(), verified: true });
    let change =
        |email: &str| ProfileChange { email: Some(Some(email.parse().unwrap())), ..ProfileChange::default() };
    let verified = |change: ProfileChange| change.apply(user.clone()).unwrap().email.unwrap().verified;
    assert!(verified(change("A@B.example")));
    assert!(!verified(change("c@d.example")));
    assert!(!verified(ProfileChange { unprove_email: true, ..ProfileChange::default() }));
}

#[test]
fn r66_a_name_to_show_steers_no_line_and_is_spelled_as_its_owner_does() {
    for c in ['\u{61c}', '\u{200b}', '\u{200f}', '\u{2028}', '\u{202e}', '\u{2069}', '\u{feff}'] {
        assert_eq!(display_name(&format!("Al{c}ice")), Err(InvalidField::Invalid), "{c:?}");
    }
    assert!(display_name("\u{645}\u{6cc}\u{200c}\u{62e}\u{648}").is_ok());
}
