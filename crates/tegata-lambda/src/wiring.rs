//! From the environment to a running function.

use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;

use aws_config::SdkConfig;
use lambda_http::lambda_runtime::{self, Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tegata_core::master_key::MasterKey;
use tegata_core::outbound::{NoOutbound, Outbound};
use tegata_core::provider::Ports;
use tegata_core::settings::RegistrationMode;
use tegata_core::store::Store;
use tegata_http::{Clock as _, SystemClock, SystemEntropy};
use tegata_outbound::HttpsOutbound;
use tegata_password::{Argon2Hasher, Argon2Params, Argon2Settings, CommonPasswords};
use tegata_settings::is_loopback_url;
use tegata_store_dynamodb::KeyAccess;

use crate::audit_log::LineAuditLog;
use crate::aws::{KeysTable, Kms, Publisher, load_config};
use crate::endpoint::Endpoint;
use crate::failure::{Failure, chain};
use crate::function::Function;
use crate::logging;
use crate::master_key::{unseal, unseal_or_make};
use crate::rotation::{self, Report, Request, RotationError};
use crate::settings::Settings;

/// A function serves one request at a time. One whose time ran out may still be hashing when the next one comes.
const HASH_QUEUE: usize = 4;

/// Runs a function that answers requests, for as long as the platform wants it.
pub fn serve(function: Function) -> ExitCode {
    run(function.name(), || async move {
        let settings = read_settings()?;
        let oauth = settings.core().oauth;
        let has_registration = oauth.registration == RegistrationMode::Token;
        if function == Function::OAuth && has_registration && oauth.registration_token.is_none() {
            return Err(Failure::plain(
                "TEGATA_OAUTH__REGISTRATION_TOKEN must be set: oauth.registration is token",
            ));
        }
        let aws = load_config().await;
        let tenant = settings.core().tenant;
        let keys = KeysTable::new(&aws, settings.tables.clone(), tenant.clone());
        let kms = Kms::new(&aws, settings.kms_key_id.clone());
        let master_key = unseal(&kms, &keys, &tenant)
            .await
            .map_err(|error| Failure::new("the master key cannot be opened", &error))?;
        let key_access = if function.signs() { KeyAccess::Sign } else { KeyAccess::Verify };
        let store = Arc::new(keys.into_store(key_access, &master_key));
        // A function that has no reason to ask other servers cannot be talked into it.
        let outbound: Arc<dyn Outbound> = if function == Function::OAuth {
            Arc::new(HttpsOutbound::new(is_loopback_url(&settings.core().issuer)))
        } else {
            Arc::new(NoOutbound)
        };
        let ports = ports(&settings, store, outbound, &master_key)?;
        let endpoint = Endpoint::open(function, &settings, ports, Arc::new(SystemClock)).await?;
        let answer = service_fn(move |event| Arc::clone(&endpoint).answer(event));
        lambda_runtime::run(answer).await.map_err(|error| Failure::new("the runtime ended", error.as_ref()))
    })
}

/// Runs the function that looks after the keys.
pub fn rotate_keys() -> ExitCode {
    run("rotate-keys", || async {
        let settings = read_settings()?;
        if settings.kms_key_id.is_none() {
            return Err(Failure::plain("TEGATA_KMS_KEY_ID must be set: it wraps the master key"));
        }
        let aws = load_config().await;
        let (settings, aws) = (&settings, &aws);
        let rotate = service_fn(move |event: LambdaEvent<Value>| async move {
            rotate_once(settings, aws, &event.payload).await.map_err(|error| {
                let line = chain(&error);
                tracing::error!(error = line, "the keys were not looked after");
                Diagnostic { error_type: "Rotation".to_owned(), error_message: line }
            })
        });
        lambda_runtime::run(rotate).await.map_err(|error| Failure::new("the runtime ended", error.as_ref()))
    })
}

/// One invocation. All is opened anew: it happens once a day, and what it opens it may have made itself.
async fn rotate_once(settings: &Settings, aws: &SdkConfig, event: &Value) -> Result<Report, RotationError> {
    let request = Request::of(event)?;
    let rules = settings.core();
    let keys = KeysTable::new(aws, settings.tables.clone(), rules.tenant.clone());
    let kms = Kms::new(aws, settings.kms_key_id.clone());
    let master_key = unseal_or_make(&kms, &keys, &rules.tenant).await?;
    let store = Arc::new(keys.into_store(KeyAccess::Sign, &master_key));
    let ports = ports(settings, store, Arc::new(NoOutbound), &master_key).map_err(RotationError::Start)?;
    let functions = &settings.authorizer_function;
    let publisher = Publisher::new(aws);
    let report = rotation::rotate(request, rules, ports, &publisher, functions, SystemClock.now()).await?;
    tracing::info!(version = report.version, changed = report.changed, "the keys were looked after");
    Ok(report)
}

fn ports(
    settings: &Settings,
    store: Arc<dyn Store>,
    outbound: Arc<dyn Outbound>,
    master_key: &MasterKey,
) -> Result<Ports, Failure> {
    Ok(Ports {
        store,
        hasher: Arc::new(hasher(settings)?),
        blocklist: Arc::new(CommonPasswords),
        entropy: Arc::new(SystemEntropy),
        audit: Arc::new(LineAuditLog::new(io::stdout())),
        outbound,
        sealing: master_key.sealing_key(),
    })
}

fn hasher(settings: &Settings) -> Result<Argon2Hasher, Failure> {
    let cost = settings.passwords;
    let failed = |error| Failure::new("passwords cannot be hashed", &error);
    let hashing = Argon2Settings {
        params: Argon2Params::new(cost.memory.0, cost.iterations, 1).map_err(failed)?,
        pepper: None,
        permits: NonZeroUsize::MIN,
        queue_length: HASH_QUEUE,
    };
    Argon2Hasher::new(hashing, Arc::new(SystemEntropy)).map_err(failed)
}

fn read_settings() -> Result<Settings, Failure> {
    // What is not Unicode is no variable of ours.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
    Settings::load(variables).map_err(Failure::plain)
}

#[expect(clippy::disallowed_methods, reason = "this is where settings are read, once, at the start")]
fn log_directives() -> Option<String> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    // The first is what the platform's own setting of the log level comes as.
    set("AWS_LAMBDA_LOG_LEVEL").or_else(|| set("RUST_LOG"))
}

/// Runs a function on one thread: there is one request at a time, and passwords have a thread of their own.
fn run<F: Future<Output = Result<(), Failure>>>(name: &str, function: impl FnOnce() -> F) -> ExitCode {
    logging::start(log_directives().as_deref());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(function()),
        Err(error) => Err(Failure::new("there is no runtime", &error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(name);
            ExitCode::FAILURE
        }
    }
}
