//! The passwords that guessers try first, and how people disguise them.

use std::cmp::Ordering;

use tegata_core::password::Blocklist;
use zeroize::Zeroizing;

/// Sorted by byte, one a line; see `data/README.md`.
const LIST: &str = include_str!("../data/common-passwords.txt");

/// The longest password that is looked at for disguises, in bytes. Longer ones are not what anyone tries first, and
/// the work grows with the square.
const MAX_DISGUISED: usize = 64;

/// How many characters before and after a word are still mere decoration, when runs (`2345`) and repetitions (`!!!!`)
/// count as one each.
const MAX_DECORATION: usize = 6;

/// The 20,000 most common passwords (NIST SP 800-63B-4 §3.1.1.2, ASVS 6.2.4), compiled in, with their simple disguises.
///
/// Found are, in any case: a listed password; one between digits and signs that add nothing (`!!Dragon2024`); one
/// spelled in digits and signs (`P@ssw0rd`); one repeated; and all of it together. Whatever else surrounds a listed
/// word, or more than a handful of digits, makes it a password of its own: a long phrase may contain `love`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommonPasswords;

impl Blocklist for CommonPasswords {
    fn contains(&self, password: &str) -> bool {
        let lower = Zeroizing::new(password.to_lowercase());
        // The list is ASCII, and so is every disguise that is undone here.
        is_listed(&lower) || (lower.is_ascii() && lower.len() <= MAX_DISGUISED && is_disguised(&lower))
    }
}

/// Whether a listed password is left when decoration is taken off and spellings are undone.
fn is_disguised(password: &str) -> bool {
    let spellings = [None, Some('i'), Some('l')].map(|one| {
        Zeroizing::new(password.chars().map(|c| one.map_or(c, |one| plain(c, one))).collect::<String>())
    });
    let is_decoration = |c: char| !c.is_ascii_alphabetic();
    let lead = password.len() - password.trim_start_matches(is_decoration).len();
    let tail = password.trim_end_matches(is_decoration).len();
    // Where the decoration ends and a word written with digits begins is not known: every place is tried.
    (0..=lead).any(|start| {
        let before = weight(&password[..start]);
        before <= MAX_DECORATION
            && (tail.max(start)..=password.len())
                .filter(|&end| before + weight(&password[end..]) <= MAX_DECORATION)
                .any(|end| spellings.iter().any(|spelling| is_repeated(&spelling[start..end])))
    })
}

/// A letter for the digit or sign that stands for it; `one` is what `1`, `!` and `|` stand for.
fn plain(disguised: char, one: char) -> char {
    match disguised {
        '0' => 'o',
        '1' | '!' | '|' => one,
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

/// How much there is to guess in a piece of decoration, in characters: a run and a repetition count as one.
fn weight(decoration: &str) -> usize {
    let mut weight = 0;
    let mut last: Option<u8> = None;
    let mut step: Option<i16> = None;
    for byte in decoration.bytes() {
        let now = last.map(|last| i16::from(byte) - i16::from(last)).filter(|now| now.abs() <= 1);
        let goes_on = now.is_some() && (step.is_none() || step == now);
        weight += usize::from(!goes_on);
        step = if goes_on { now } else { None };
        last = Some(byte);
    }
    weight
}

/// Whether it is a listed password, once or up to four times.
fn is_repeated(text: &str) -> bool {
    (1..=4).any(|times| {
        text.len().is_multiple_of(times) && {
            let (unit, rest) = text.split_at(text.len() / times);
            rest.as_bytes().chunks(unit.len().max(1)).all(|chunk| chunk == unit.as_bytes()) && is_listed(unit)
        }
    })
}

/// Searches the list, where it lies in the program.
fn is_listed(word: &str) -> bool {
    let list = LIST.as_bytes();
    let (mut low, mut high) = (0, list.len());
    // Invariant: both are where a line begins (or the end), and the word can only be between them.
    while low < high {
        let middle = low + (high - low) / 2;
        let start = list[low..middle].iter().rposition(|&b| b == b'\n').map_or(low, |at| low + at + 1);
        let end = list[middle..high].iter().position(|&b| b == b'\n').map_or(high, |at| middle + at);
        match list[start..end].cmp(word.as_bytes()) {
            Ordering::Equal => return true,
            Ordering::Less => low = end + 1,
            Ordering::Greater => high = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_common(password: &str) -> bool {
        CommonPasswords.contains(password)
    }

    #[test]
    fn r57_the_list_holds_far_more_than_the_top_3000_and_every_line_is_found() {
        let words: Vec<_> = LIST.lines().collect();
        assert!(words.len() >= 20_000);
        assert!(words.is_sorted(), "sorted by byte");
        assert!(words.windows(2).all(|pair| pair[0] != pair[1]), "each once");
        for word in words {
            assert!(is_listed(word), "{word}");
            assert!(!is_listed(&format!("{word}\n")), "{word}");
        }
    }

    #[test]
    fn r57_what_is_not_on_the_list_is_not_found() {
        for word in
            ["", "\n", "zzzzzzzzzzzzzzzzzzzzzzzz", "!", "~~~~", "passwo", "passwordd1x", "correct horse"]
        {
            assert!(!is_listed(word), "{word:?}");
        }
    }

    #[test]
    fn r57_common_passwords_are_found_in_any_case() {
        for password in
            ["password", "PassWord", "QWERTY123456789", "1qaz2wsx3edc4rfv", "trustno1", "123456789987654321"]
        {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn r57_simple_disguises_are_found() {
        for password in [
            "P@ssw0rd2024!!!!",
            "p4$$w0rd",
            "Password123456789",
            "!!!dragon!!!",
            "2024Mustang!!",
            "L3tm31n!",
            "m0nk3y1234567890",
            "passwordpassword1",
            "PasswordPassword!!",
            "dragondragon2025",
            "love!!!!!!!!!!!!",
            "1loveyou1111111",
            "trustno1!!!!!!!!",
        ] {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn r57_a_phrase_that_merely_contains_a_common_word_is_fine() {
        for password in [
            "correct horse battery staple",
            "my password is a long story",
            "i love the dragon of the north",
            "dragonfly over the master's lake",
            "sunshine on the harbour wall",
            "mustang8273640918273",
            "Tr0ub4dor&3-and-more-of-it",
            "これはパスワードではありません",
            "kX9#vQ2!mP7$wL4@",
            "840-173-562-918-27",
        ] {
            assert!(!is_common(password), "{password}");
        }
    }

    #[test]
    fn r57_random_passwords_are_not_taken_for_common_ones() {
        let alphabet: Vec<char> = (' '..='~').collect();
        let mut state = 88_172_645_463_325_252_u64;
        for _ in 0..2_000 {
            let password: String = (0..15)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    alphabet[usize::try_from(state >> 33).unwrap() % alphabet.len()]
                })
                .collect();
            assert!(!is_common(&password), "{password}");
        }
    }

    #[test]
    fn runs_and_repetitions_in_decoration_count_once() {
        for (decoration, expected) in [
            ("", 0),
            ("!!!!", 1),
            ("1234", 1),
            ("4321", 1),
            ("2024", 4),
            ("2024!!!!", 5),
            ("123!123", 3),
            ("9182", 4),
        ] {
            assert_eq!(weight(decoration), expected, "{decoration}");
        }
    }

    #[test]
    fn a_password_of_any_length_and_script_is_looked_up_in_no_time() {
        for unit in ["1", "!", "a", "é", "1a", "\0", "パ"] {
            for length in [1, 63, 64, 65, 1024] {
                let _ = is_common(&unit.repeat(length));
            }
        }
    }
}
