use serde_json::{Value, json};

use super::*;

fn read(document: Value) -> Result<Attributes, serde_json::Error> {
    serde_json::from_value(document)
}

fn full() -> Value {
    json!({
        "claims": {"given_name": "Alice", "birthdate": "1852-05-04", "phone_number": "+16045551234"},
        "phone_number_verified": true,
        "address": {"locality": "Oxford"},
        "own": {"department": "Research", "groups": ["a", "b"]},
        "updated_at": 1_800_000_000_123_i64,
    })
}

#[test]
fn attributes_are_read_back_as_they_were_written() {
    let attributes = read(full()).unwrap();
    assert_eq!(serde_json::to_value(&attributes).unwrap(), full());
    assert_eq!(read(json!({})).unwrap(), Attributes::default());
    assert_eq!(serde_json::to_string(&Attributes::default()).unwrap(), "{}");
}

#[test]
fn r66_what_comes_in_steers_no_line_and_what_was_accepted_before_stays_readable() {
    let steered = "Al\u{200b}ice";
    let mut change = AttributesChange::default();
    assert_eq!(change.set_text(TextClaim::GivenName, Some(steered)), Err(InvalidField::Invalid));
    assert!(read(json!({"claims": {"given_name": steered}})).is_ok());
    assert_eq!(Address::new([(AddressMember::Locality, steered)]), Err(InvalidField::Invalid));
    assert!(read(json!({"address": {"locality": steered}})).is_ok());
    assert!(read(json!({"claims": {"given_name": "Al\u{202e}ice"}})).is_err());
}

#[test]
fn a_document_with_anything_that_nobody_wrote_is_refused() {
    for (place, value) in [
        ("/claims/sub", json!("x")),
        ("/claims/picture", json!("javascript:alert(1)")),
        ("/claims/phone_number", json!("+1 604 555 1234")),
        ("/own/iss", json!("https://evil.example")),
        ("/own/department", json!({"a": 1})),
        ("/address/planet", json!("Earth")),
        ("/admin", json!(true)),
        ("/updated_at", json!("now")),
    ] {
        let mut document = full();
        let (parent, name) = place.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[name] = value;
        assert!(read(document).is_err(), "{place}");
    }
    assert!(read(json!({"phone_number_verified": true})).is_err(), "the proof of nothing");
    for twice in
        [r#"{"claims":{"gender":"a","gender":"b"}}"#, r#"{"own":{"x":1,"x":1}}"#, r#"{"own":{},"own":{}}"#]
    {
        assert!(serde_json::from_str::<Attributes>(twice).is_err(), "{twice}");
    }
}

#[test]
fn what_an_installation_keeps_of_a_user_is_bounded() {
    let mut change = AttributesChange::default();
    let text = "x".repeat(250);
    let name = |n: usize| format!("attribute{n}").parse::<AttributeName>().unwrap();
    for n in 0..15 {
        change.set_own(name(n), Some(AttributeValue::Text(text.clone())));
    }
    let most = change.apply(Attributes::default(), None).unwrap();
    let mut more = AttributesChange::default();
    more.set_own(name(15), Some(AttributeValue::Text(text)));
    assert_eq!(more.apply(most.clone(), None), Err(TooLarge));
    more.set_own(name(0), None);
    assert!(more.apply(most, None).is_ok(), "what goes makes room");
    let crowd: serde_json::Map<String, Value> =
        (0..300).map(|n| (format!("a{n}"), json!("0123456789"))).collect();
    assert!(read(json!({"own": crowd})).is_err());
}

#[test]
fn v57_another_number_loses_the_proof_of_the_one_before() {
    let attributes = read(full()).unwrap();
    let with_number = |number: Option<&str>| {
        let mut change = AttributesChange::default();
        change.set_text(TextClaim::PhoneNumber, number).unwrap();
        change
    };
    let verified =
        |change: &AttributesChange| change.apply(attributes.clone(), None).unwrap().phone_number_verified();
    assert_eq!(verified(&with_number(Some("+1 604 555-1234"))), Some(true), "the same number");
    assert_eq!(verified(&with_number(Some("+1 604 555-1235"))), Some(false));
    assert_eq!(verified(&with_number(Some("+1 604 555-1234;ext=1"))), Some(false));
    assert_eq!(verified(&with_number(None)), None);
    let mut proved = with_number(Some("+1 604 555-1235"));
    proved.prove_phone_number("+16045551235");
    assert_eq!(verified(&proved), Some(true));
    let mut of_another = AttributesChange::default();
    of_another.prove_phone_number("+16045551235");
    let unproved =
        of_another.apply(with_number(Some("+16045551236")).apply(attributes.clone(), None).unwrap(), None);
    assert_eq!(unproved.unwrap().phone_number_verified(), Some(false), "a proof is of one number");
    let mut taken_back = AttributesChange::default();
    taken_back.unprove_phone_number();
    assert_eq!(verified(&taken_back), Some(false));
    let mut nothing = with_number(None);
    nothing.prove_phone_number("+16045551234");
    assert_eq!(verified(&nothing), None);
    let without = nothing.apply(attributes.clone(), None).unwrap();
    let again = with_number(Some("+16045551234")).apply(without, None).unwrap();
    assert_eq!(again.phone_number_verified(), Some(false), "no proof comes back with its number");
}

#[test]
fn the_owners_part_is_bounded_by_itself() {
    let mut change = AttributesChange::default();
    // Four bytes each, and none that JSON would write as fewer.
    let wide = |n: usize| "\u{20000}".repeat(n);
    for claim in [TextClaim::GivenName, TextClaim::FamilyName, TextClaim::MiddleName, TextClaim::Nickname] {
        change.set_text(claim, Some(&wide(100))).unwrap();
    }
    change.set_text(TextClaim::Gender, Some(&wide(40))).unwrap();
    for claim in [TextClaim::Profile, TextClaim::Picture, TextClaim::Website] {
        change.set_text(claim, Some(&format!("https://a.example/{}", "x".repeat(494)))).unwrap();
    }
    let lines = AddressMember::ALL.map(|member| (member, wide(100)));
    let mut members: Vec<_> = lines.iter().map(|(member, text)| (*member, text.as_str())).collect();
    let (formatted, street) = (wide(300), wide(200));
    members.extend([(AddressMember::Formatted, &*formatted), (AddressMember::StreetAddress, &*street)]);
    change.set_address(Some(Address::new(members).unwrap()));
    let attributes = change.apply(Attributes::default(), None).unwrap();
    assert!(serde_json::to_vec(&attributes).unwrap().len() < 2 * MAX_OWN_BYTES);
}
