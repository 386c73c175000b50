//! The functions that issue tokens, beside the authorizer for Node.js.

use serde_json::json;

use super::{Function, Measured, services, zipped_mib};
use crate::client::Error;
use crate::report::{Row, Target};
use crate::server;

const ISSUER: &str = "https://id.example.com";

pub(super) async fn run(node: &Measured) -> Result<Vec<Row>, Error> {
    let environment = vec![
        ("TEGATA_ISSUER", ISSUER.to_owned()),
        ("AWS_ENDPOINT_URL", services::open(ISSUER).await?),
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
    ];
    let (program, event) = (server::function("refresh")?, event());
    let ours = Function { program, arguments: Vec::new(), environment, event };
    // The services answer on threads of their own.
    let ours = tokio::task::spawn_blocking(move || ours.measure()).await??;
    let mut rows = vec![
        Row {
            measure: "a token function's start to its first answer ÷ the authorizer for Node.js",
            target: Target::AtMost(1.0 / 15.0, ""),
            result: ours.first_answer / node.first_answer,
            figures: format!(
                "{:.2} ms ÷ {:.1} ms, the best of each; with two reads of DynamoDB and one KMS `Decrypt` that are answered at once",
                ours.first_answer, node.first_answer
            ),
        },
        Row {
            measure: "a token function's resident memory",
            target: Target::AtMost(16.0, "MiB"),
            result: ours.resident,
            figures: "`refresh`, after 500 answers".to_owned(),
        },
    ];
    for (measure, binary) in [
        ("the zip of `login`", "login"),
        ("the zip of `oauth`", "oauth"),
        ("the zip of `rotate-keys`", "rotate-keys"),
    ] {
        let file = server::function(binary)?;
        rows.push(Row {
            measure,
            target: Target::AtMost(4.5, "MiB"),
            result: zipped_mib(&file)?,
            figures: format!("{} bytes unpacked", std::fs::metadata(&file)?.len()),
        });
    }
    Ok(rows)
}

/// A refresh token that is none of ours: the function has started completely before it says so.
fn event() -> String {
    json!({
        "resource": "/auth/refresh",
        "path": "/auth/refresh",
        "httpMethod": "POST",
        "headers": { "Content-Type": "application/json", "Host": "id.example.com" },
        "multiValueHeaders": { "Content-Type": ["application/json"], "Host": ["id.example.com"] },
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": null,
        "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdef1234",
            "httpMethod": "POST",
            "identity": { "sourceIp": "192.0.2.1", "userAgent": "bench" },
            "path": "/prod/auth/refresh",
            "protocol": "HTTP/1.1",
            "requestId": "1",
            "resourceId": "abc",
            "resourcePath": "/auth/refresh",
            "stage": "prod"
        },
        "body": r#"{"refresh_token":"tgr_none"}"#,
        "isBase64Encoded": false
    })
    .to_string()
}
