//! Several lists as one.

use std::fmt;

use tegata_core::password::Blocklist;

/// What is on any of these lists.
#[derive(Default)]
pub struct Blocklists(Vec<Box<dyn Blocklist>>);

impl Blocklists {
    /// The lists as one; they are asked in this order, so that a slow one belongs at the end.
    pub fn new(lists: Vec<Box<dyn Blocklist>>) -> Self {
        Self(lists)
    }
}

impl Blocklist for Blocklists {
    fn contains(&self, password: &str) -> bool {
        self.0.iter().any(|list| list.contains(password))
    }
}

impl fmt::Debug for Blocklists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Blocklists").field(&self.0.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use tegata_core::password::{Password, check_new_password};
    use tegata_core::user::InvalidField;

    use super::*;
    use crate::CommonPasswords;

    struct Only(&'static str);

    impl Blocklist for Only {
        fn contains(&self, password: &str) -> bool {
            password == self.0
        }
    }

    fn check(password: &str) -> Result<(), InvalidField> {
        let lists =
            Blocklists::new(vec![Box::new(CommonPasswords), Box::new(Only("An exact, breached one"))]);
        let password = Password::parse(password).unwrap();
        check_new_password(&password, 15, Some(&"alice".parse().unwrap()), None, "Tegata", &lists)
    }

    #[test]
    fn r57_a_new_password_may_be_on_none_of_the_lists() {
        for password in [
            "An exact, breached one",
            "P@ssw0rd2024!!!!",
            "qwerty123456789",
            "password1password1",
            "iloveyouiloveyouiloveyou",
        ] {
            assert_eq!(check(password), Err(InvalidField::Blocked), "{password}");
        }
        for password in
            ["an exact, breached one", "correct horse battery staple", "password of the old tower"]
        {
            assert_eq!(check(password), Ok(()), "{password}");
        }
    }
}
