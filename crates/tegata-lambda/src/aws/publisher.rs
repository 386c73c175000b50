//! The public keys in the environment of a function: it then starts without asking anyone, and needs no rights.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::SdkError;
use aws_sdk_lambda::operation::update_function_configuration::UpdateFunctionConfigurationError;
use aws_sdk_lambda::types::Environment;

use crate::master_key::BoxError;
use crate::rotation::Publish;

/// The variable that the authorizer reads.
const VARIABLE: &str = "TEGATA_JWKS";
/// Lambda's quota for all variables of a function.
const MAX_ENVIRONMENT: usize = 4096;
/// While a function is being updated it takes no other update, which lasts for seconds.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(2);

/// AWS Lambda's own interface.
pub(crate) struct Publisher(Client);

impl Publisher {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }

    /// One try; `None` when somebody else is changing the function at this time.
    async fn try_publish(&self, function: &str, jwks: &str) -> Result<Option<bool>, BoxError> {
        let found = self.0.get_function_configuration().function_name(function).send().await?;
        let environment = found.environment();
        if let Some(error) = environment.and_then(|environment| environment.error()) {
            // Without seeing the other variables, writing would remove them.
            let message = error.message().unwrap_or("no reason given");
            return Err(format!("its environment cannot be read: {message}").into());
        }
        let variables = environment.and_then(|environment| environment.variables()).cloned();
        let Some(variables) = with_jwks(variables.unwrap_or_default(), jwks)? else { return Ok(Some(false)) };
        let updated = self
            .0
            .update_function_configuration()
            .function_name(function)
            .environment(Environment::builder().set_variables(Some(variables)).build())
            // Or a change made between reading and writing would be lost.
            .set_revision_id(found.revision_id)
            .send()
            .await;
        match updated {
            Ok(_) => Ok(Some(true)),
            Err(error) if is_busy(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl Publish for Publisher {
    async fn publish(&self, function: &str, jwks: &str) -> Result<bool, BoxError> {
        for _ in 0..TRIES {
            if let Some(changed) = self.try_publish(function, jwks).await? {
                return Ok(changed);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err("it is being changed by somebody else for too long".into())
    }
}

/// The variables with this key set among them; `None` when it is there.
fn with_jwks(
    mut variables: HashMap<String, String>,
    jwks: &str,
) -> Result<Option<HashMap<String, String>>, BoxError> {
    if variables.get(VARIABLE).is_some_and(|known| known == jwks) {
        return Ok(None);
    }
    variables.insert(VARIABLE.to_owned(), jwks.to_owned());
    // As Lambda itself counts: as JSON.
    let size = serde_json::to_string(&variables)?.len();
    if size > MAX_ENVIRONMENT {
        return Err(format!(
            "its environment would have {size} bytes, and Lambda takes {MAX_ENVIRONMENT}: use ES256 or EdDSA keys, or \
             fewer variables"
        )
        .into());
    }
    Ok(Some(variables))
}

fn is_busy(error: &SdkError<UpdateFunctionConfigurationError>) -> bool {
    error.as_service_error().is_some_and(|error| {
        error.is_resource_conflict_exception() || error.is_precondition_failed_exception()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn the_other_variables_are_kept() {
        let before = variables(&[("TEGATA_ISSUER", "https://id.example"), (VARIABLE, "old")]);
        let after = with_jwks(before, "new").unwrap().unwrap();
        assert_eq!(after, variables(&[("TEGATA_ISSUER", "https://id.example"), (VARIABLE, "new")]));
        assert_eq!(with_jwks(after, "new").unwrap(), None);
    }

    #[test]
    fn an_environment_that_lambda_would_not_take_is_said_in_one_line() {
        let text = with_jwks(HashMap::new(), &"x".repeat(5000)).unwrap_err().to_string();
        assert!(text.contains("5018 bytes") && text.contains("4096") && !text.contains('\n'), "{text}");
    }
}
