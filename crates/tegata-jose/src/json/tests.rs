use super::*;

fn members(text: &str) -> Result<Vec<(String, String)>, Malformed> {
    let mut object = Object::open(text)?;
    let mut members = Vec::new();
    while let Some((name, value)) = object.next_member()? {
        let value = match value {
            Value::String(text) => text.decode().into_owned(),
            other => format!("{other:?}"),
        };
        members.push((name.decode().into_owned(), value));
    }
    Ok(members)
}

fn is_refused(text: &str) -> bool {
    members(text) == Err(Malformed)
}

#[test]
fn members_are_read_in_order_with_white_space_between() {
    let read = members(" {\t\"a\" : \"x\" ,\r\n\"b\":\"\\u00e9\\n\\/\\uD83D\\ude00\" } ").unwrap();
    assert_eq!(read, [("a".into(), "x".into()), ("b".into(), "é\n/😀".into())]);
    assert_eq!(members("{}").unwrap(), []);
}

#[test]
fn what_is_not_json_is_refused() {
    for text in [
        "",
        " ",
        "null",
        "[]",
        "{",
        "}",
        "{]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1;\"b\":2}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":[1 2]}",
        "{\"a\":tru}",
        "{\"a\":True}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":undefined}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1}x",
        "{\"a\":1}{}",
        "{\"a\":1}\0",
        "\u{feff}{\"a\":1}",
        "{\"a\":1}\u{a0}",
        "{\"a\":/**/1}",
    ] {
        assert!(is_refused(text), "{text}");
    }
}

#[test]
fn a_number_follows_the_grammar() {
    for number in
        ["0", "-0", "1", "-1", "10", "0.5", "1e9", "1E+9", "1.5e-9", "123456789012345678901234567890"]
    {
        assert!(!is_refused(&format!("{{\"a\":{number}}}")), "{number}");
    }
    for number in ["01", "-", "+1", ".5", "1.", "1e", "1e+", "0x10", "1_000", "--1", "1.e1", "٣"] {
        assert!(is_refused(&format!("{{\"a\":{number}}}")), "{number}");
    }
}

#[test]
fn an_integer_has_no_fraction_no_exponent_and_at_most_53_bits() {
    let read = |digits| Value::Number(digits).as_integer();
    assert_eq!(read("9007199254740991"), Some(9_007_199_254_740_991));
    assert_eq!(read("-9007199254740991"), Some(-9_007_199_254_740_991));
    for digits in ["9007199254740992", "-9007199254740992", "1.0", "1e3", "-0", "99999999999999999999"] {
        assert_eq!(read(digits), None, "{digits}");
    }
    assert_eq!(Value::Bool(true).as_integer(), None);
}

#[test]
fn a_string_has_no_control_characters_and_no_lone_surrogates() {
    for string in [
        "\n",
        "\t",
        "\0",
        "\u{1f}",
        "\\",
        "\\x",
        "\\u12",
        "\\u12g4",
        "\\ud800",
        "\\udc00",
        "\\ud800x",
        "\\ud800\\n",
        "\\ud800\\ud800",
        "\\udc00\\ud800",
        "\\u+123",
    ] {
        assert!(is_refused(&format!("{{\"a\":\"{string}\"}}")), "{string:?}");
    }
    assert!(!is_refused("{\"a\":\"\u{7f}\u{2028}\\u0000\"}"));
}

#[test]
fn a_special_byte_is_found_at_any_place() {
    for at in 0..24 {
        let with = |special: char| {
            let mut string = "é".repeat(2) + &"x".repeat(20);
            string.insert(if at < 4 { at / 2 * 2 } else { at }, special);
            format!("{{\"a\":\"{string}\"}}")
        };
        for special in ['\0', '\u{1}', '\n', '\u{1f}', '"', '\\'] {
            assert!(is_refused(&with(special)), "{special:?} at {at}");
        }
        for plain in [' ', '!', '#', '[', ']', '\u{7f}', '\u{80}', '😀'] {
            assert!(!is_refused(&with(plain)), "{plain:?} at {at}");
        }
    }
}

#[test]
fn a_name_occurs_once_however_it_is_written() {
    assert!(is_refused("{\"iss\":1,\"iss\":1}"));
    assert!(is_refused("{\"iss\":1,\"\\u0069ss\":1}"));
    assert!(is_refused("{\"\\u0069ss\":1,\"iss\":1}"));
    assert!(is_refused("{\"\\u0069ss\":1,\"i\\u0073s\":1}"));
    assert!(is_refused("{\"a\":{\"b\":[{\"c\":1,\"c\":2}]}}"));
    assert!(!is_refused("{\"\\u0069ss\":1,\"issu\":1,\"is\":1,\"Iss\":1,\"\":1}"));
}

#[test]
fn a_repeated_name_is_found_at_any_distance() {
    for count in [1, 15, 16, 17, 40, MAX_MEMBERS - 1] {
        let distinct: Vec<_> = (0..count).map(|index| format!("\"n{index}\":{index}")).collect();
        let distinct = distinct.join(",");
        assert!(!is_refused(&format!("{{{distinct}}}")), "{count}");
        for repeated in [0, count - 1] {
            assert!(is_refused(&format!("{{{distinct},\"n{repeated}\":0}}")), "{count} {repeated}");
        }
    }
}

#[test]
fn members_and_depth_are_limited() {
    let many = |count: usize| {
        let members: Vec<_> = (0..count).map(|index| format!("\"{index}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(!is_refused(&many(MAX_MEMBERS)));
    assert!(is_refused(&many(MAX_MEMBERS + 1)));

    let deep = |open: &str, close: &str, levels: usize| {
        format!("{{\"a\":{}0{}}}", open.repeat(levels - 1), close.repeat(levels - 1))
    };
    let levels = usize::from(MAX_DEPTH);
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        assert!(!is_refused(&deep(open, close, levels)));
        assert!(is_refused(&deep(open, close, levels + 1)));
        assert!(is_refused(&deep(open, close, 1000)));
    }
}

#[test]
fn what_is_written_is_read_back() {
    let strings =
        ["", "plain", "\"quoted\" \\ back", "\u{0}\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f}", "é😀\u{2028}\u{7f}"];
    for string in strings {
        let mut out = ObjectWriter::with_capacity(0);
        out.string("a", string);
        out.integer("min", i64::MIN);
        out.optional_string("none", None);
        out.strings("list", &[string, string]);
        let json = out.finish();
        let expected = serde_json::json!({"a": string, "min": i64::MIN, "list": [string, string]});
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), expected);
        assert_eq!(members(&json).unwrap()[0].1, string);
    }
}
