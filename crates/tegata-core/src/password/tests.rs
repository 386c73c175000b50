use super::*;

struct Words(&'static [&'static str]);

impl Blocklist for Words {
    fn contains(&self, password: &str) -> bool {
        self.0.contains(&password)
    }
}

fn check(password: &str) -> Result<(), InvalidField> {
    let email = "robert@example.org".parse().unwrap();
    let words = Words(&["password", "qwertyuiop12345"]);
    check_new_password(
        &Password::parse(password).unwrap(),
        15,
        "alice".parse().ok().as_ref(),
        Some(&email),
        "Tegata",
        &words,
    )
}

#[test]
fn r55_a_long_phrase_needs_no_digits_and_no_signs() {
    assert_eq!(check("correct horse battery"), Ok(()));
    assert_eq!(check("これは十分に長い合言葉ですからね"), Ok(()));
    assert_eq!(check(&"a long one, ".repeat(8)[..64]), Ok(()));
}

#[test]
fn r55_the_length_is_counted_in_characters() {
    assert_eq!(check("fourteen chars"), Err(InvalidField::TooShort));
    assert_eq!(check("合言葉合言葉"), Err(InvalidField::TooShort));
}

#[test]
fn r56_nothing_is_cut_and_nothing_is_trimmed() {
    let (a, b) = (format!("{}a", "x".repeat(100)), format!("{}b", "x".repeat(100)));
    assert_ne!(Password::parse(&a).unwrap().as_bytes(), Password::parse(&b).unwrap().as_bytes());
    assert_eq!(Password::parse(" a\0b ").unwrap().as_bytes(), b" a\0b ");
    assert_eq!(Password::parse(&"x".repeat(1025)).unwrap_err(), InvalidField::TooLong);
}

#[test]
fn r56_two_spellings_of_one_text_are_one_password() {
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    assert_eq!(
        Password::parse(composed).unwrap().as_bytes(),
        Password::parse(decomposed).unwrap().as_bytes()
    );
}

#[test]
fn r57_what_guessers_try_first_is_refused() {
    let guesses = [
        "QWERTYuiop12345",
        "passwordpassword",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "abcdefghijklmnop",
        "1234567890123456",
        "9876543210987654",
    ];
    for guess in guesses {
        assert_eq!(check(guess), Err(InvalidField::Blocked), "{guess}");
    }
}

#[test]
fn r57_words_of_the_context_are_refused() {
    assert_eq!(check("my name is Alice!"), Err(InvalidField::ContainsUsername));
    assert_eq!(check("Tegata-Tegata-2026"), Err(InvalidField::Blocked));
    assert_eq!(check("robert1234567890"), Err(InvalidField::Blocked));
}

#[test]
fn r68_a_password_shows_nothing_of_itself() {
    assert_eq!(format!("{:?}", Password::parse("secret").unwrap()), "Password(…)");
    assert_eq!(format!("{:?}", PasswordHash::from_phc("$argon2id$…")), "PasswordHash(…)");
}
