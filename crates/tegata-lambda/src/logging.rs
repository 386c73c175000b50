//! Log lines: JSON, to standard output, where the platform collects them.

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt as _, Targets, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Begins to log, with these directives: a level, or such as `info,tegata_http=debug`. To be called once.
pub(crate) fn start(directives: Option<&str>) {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(std::io::stdout);
    let filter = filter(directives).and(filter_fn(is_safe));
    // There is no other subscriber, so setting this one cannot fail.
    let _ = registry().with(lines.with_filter(filter)).try_init();
}

fn filter(directives: Option<&str>) -> Targets {
    // A lone word that is no level would be read as the name of a module, and then nothing is ever logged. Lambda has
    // one: its `FATAL` is no level of ours.
    let is_readable = |text: &&str| {
        !text.bytes().all(|byte| byte.is_ascii_alphabetic()) || text.parse::<LevelFilter>().is_ok()
    };
    let targets = directives.filter(is_readable).and_then(|text| text.parse().ok());
    targets.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}

/// Below `info` only what is ours: at `debug` the SDK and the HTTP client show whole requests and answers, with what a
/// reader of the log could log in with.
fn is_safe(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || metadata.target().starts_with("tegata")
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::Filter;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_level_that_is_none_does_not_silence_the_log() {
        for (directives, level) in [
            (None, LevelFilter::INFO),
            (Some("DEBUG"), LevelFilter::DEBUG),
            (Some("warn"), LevelFilter::WARN),
            (Some("FATAL"), LevelFilter::INFO),
            (Some("info,tegata_http=loud"), LevelFilter::INFO),
            (Some("info,tegata_http=debug"), LevelFilter::DEBUG),
        ] {
            let filter = filter(directives);
            assert_eq!(Filter::<Registry>::max_level_hint(&filter), Some(level), "{directives:?}");
        }
    }

    #[test]
    fn r68_nothing_makes_the_sdk_show_what_it_sends() {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().json().with_writer(move || writer.clone());
        let subscriber = registry().with(layer.with_filter(filter(Some("trace")).and(filter_fn(is_safe))));
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!(target: "aws_smithy_runtime::client", "the body of a request");
            tracing::debug!(target: "hyper::proto", "its bytes");
            tracing::info!(target: "aws_config", "a region");
            tracing::debug!(target: "tegata_http::edge", "ours");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("a region") && text.contains("ours"), "{text}");
        assert!(!text.contains("body") && !text.contains("bytes"), "{text}");
    }
}
