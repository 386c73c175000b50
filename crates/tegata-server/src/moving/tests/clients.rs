//! What the file says of OAuth clients, and files from before there were any.

use super::*;

/// As the first program that exported has written it, before there were clients.
#[test]
fn a_file_of_the_first_version_is_read() {
    run(async {
        let plain: Vec<_> =
            many(3).into_iter().map(|(user, sessions)| (without_attributes(user), sessions)).collect();
        let file = House::of(&plain).await.export().await;
        let counts = check(&file).unwrap();
        let mut first = lines(&file);
        first.pop();
        first[0] = first[0].replace("\"version\":3", "\"version\":1");
        let first_file = made_by_hand(&first, counts);
        assert!(lines(&first_file).last().unwrap().starts_with(r#"{"end":{"users":3,"sessions":6,"mac":"#));
        let new = House::new(2);
        assert_eq!(new.import(&first_file).await.unwrap(), Imported::Now(counts));
        assert!(new.export().await == file);

        // It has nothing in it that there was not yet.
        let later = lines(&House::of_clients(&accounts()).await.export().await);
        for (kind, line) in [("{\"client\"", 2), ("{\"consent\"", 3), ("\"grant\"", 4), ("\"attributes\"", 2)]
        {
            let mut mixed = first.clone();
            let record = later.iter().find(|line| line.contains(kind)).unwrap();
            mixed.insert(line, record.clone());
            let refusal = check(&made_by_hand(&mixed, counts)).unwrap_err();
            assert!(matches!(refusal, Refusal::NoRecord(at) if at == line as u64 + 1), "{kind}: {refusal:?}");
        }
    });
}

fn without_attributes(user: User) -> User {
    User { attributes: Attributes::default(), ..user }
}

/// As it was written before more than a name was known of users.
#[test]
fn a_file_of_the_second_version_is_read() {
    run(async {
        let plain: Vec<_> =
            accounts().into_iter().map(|(user, sessions)| (without_attributes(user), sessions)).collect();
        let file = House::of_clients(&plain).await.export().await;
        let counts = check(&file).unwrap();
        let second = |file: &[u8]| {
            let mut second = lines(file);
            second.pop();
            second[0] = second[0].replace("\"version\":3", "\"version\":2");
            second
        };
        let new = House::new(2);
        let imported = new.import(&made_by_hand(&second(&file), counts)).await.unwrap();
        assert_eq!(imported, Imported::Now(counts));
        assert!(new.export().await == file);

        let later = House::of_clients(&accounts()).await.export().await;
        let refusal = check(&made_by_hand(&second(&later), counts)).unwrap_err();
        assert!(matches!(refusal, Refusal::NoRecord(_)), "{refusal:?}");
    });
}

#[test]
fn attributes_that_nobody_could_have_set_are_refused_though_they_were_sealed_with_the_transfer_key() {
    run(async {
        let good = lines(&House::of(&[(user(1), vec![])]).await.export().await);
        let counts = Counts { users: 1, ..Counts::default() };
        for (from, to) in [
            ("\"given_name\"", "\"sub\""),
            ("+16045551234", "+1 604 555 1234"),
            ("\"formatted\"", "\"planet\""),
            ("\"level\"", "\"iss\""),
            ("\"claims\"", "\"admin\":true,\"claims\""),
        ] {
            let mut changed = good[..3].to_vec();
            assert!(changed[2].contains(from), "{from} is not in {}", changed[2]);
            changed[2] = changed[2].replacen(from, to, 1);
            let refusal = check(&made_by_hand(&changed, counts)).unwrap_err();
            assert!(matches!(refusal, Refusal::NoRecord(3)), "{from}: {refusal:?}");
        }
    });
}

#[test]
fn what_nobody_exports_of_clients_is_refused_though_it_was_sealed_with_the_transfer_key() {
    run(async {
        let good = lines(&House::of_clients(&accounts()).await.export().await);
        let (head, key_set) = (good[0].clone(), good[1].clone());
        let (c1, c2) = (good[2].clone(), good[3].clone());
        let (one, g1, g2, s1) = (good[6].clone(), good[7].clone(), good[8].clone(), good[10].clone());
        let two = good[11].clone();
        let refused = |body: &[&String]| {
            let lines: Vec<_> = [&head, &key_set].into_iter().chain(body.iter().copied()).cloned().collect();
            let count = |kind: &str| lines.iter().filter(|line| line.starts_with(kind)).count() as u64;
            let counts = Counts {
                users: count("{\"user\""),
                sessions: count("{\"session\""),
                clients: count("{\"client\""),
                consents: count("{\"consent\""),
            };
            check(&made_by_hand(&lines, counts)).err().map(|refusal| refusal.to_string())
        };
        assert_eq!(refused(&[&c1, &c2, &one, &g1, &g2, &s1, &two]), None, "these lines are good");
        let order = "is not in order, or is there twice";
        assert_eq!(refused(&[&c2, &c1]), Some(format!("line 4 {order}")));
        assert_eq!(refused(&[&c1, &c1]), Some(format!("line 4 {order}")));
        assert_eq!(refused(&[&one, &c1]), Some(format!("line 4 {order}")));
        assert_eq!(refused(&[&one, &g2, &g1]), Some(format!("line 5 {order}")));
        assert_eq!(refused(&[&one, &g1, &g1]), Some(format!("line 5 {order}")));
        assert_eq!(refused(&[&one, &s1, &g1]), Some(format!("line 5 {order}")));
        assert_eq!(refused(&[&g1]).as_deref(), Some("line 3 is a consent of nobody"));
        assert_eq!(refused(&[&one, &two, &g1]).as_deref(), Some("line 5 is a consent of nobody"));
        for (line, from, to) in [
            (&c1, "{\"client_id\"", "{\"admin\":true,\"client_id\""),
            (&c1, "\"client_id\":\"App\"", "\"client_id\":\"a b\""),
            (&c1, "\"status\":\"disabled\"", "\"status\":\"root\""),
            (&c1, "https://app.example/callback", "javascript:alert(1)"),
            (&g1, "{\"user_id\"", "{\"admin\":true,\"user_id\""),
            (&g1, "\"client_id\":\"app\"", "\"client_id\":\"\""),
            (&g1, "openid email", "openid  email"),
            (&s1, "\"kind\":\"client\"", "\"kind\":\"root\""),
            (&s1, "\"offline\":true", "\"offline\":1"),
        ] {
            assert!(line.contains(from), "{from} is not in {line}");
            let refusal = refused(&[&one, &line.replacen(from, to, 1)]);
            assert_eq!(refusal.as_deref(), Some("line 4 is no record of an export"), "{from} -> {to}");
        }
    });
}
