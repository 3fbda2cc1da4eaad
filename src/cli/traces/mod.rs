//! Traces of turns for an OpenTelemetry collector, where the environment names one. The collector
//! itself is known by `otlp` alone, which is built with the feature `otel`.

#[cfg(feature = "otel")]
mod otlp;

use tokio::runtime::Handle;
use tracing_subscriber::{Layer, Registry};

/// The standard variables that name a collector.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

/// What takes spans in.
pub(super) type SpanLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The traces of this process.
#[derive(Default)]
pub(super) struct Traces {
    #[cfg(feature = "otel")]
    sent: Option<otlp::Sent>,
    /// Why there are none although they are asked for.
    missing: Option<String>,
}

impl Traces {
    /// Sets them up, if the environment asks for them; what is sent is sent on this runtime.
    #[cfg(feature = "otel")]
    pub(super) fn start(runtime: &Handle) -> Traces {
        match wanted().then(|| otlp::Sent::start(runtime.clone())) {
            Some(Ok(sent)) => Traces {
                sent: Some(sent),
                missing: None,
            },
            Some(Err(why)) => Traces {
                sent: None,
                missing: Some(format!("{why}; look at the OTEL_ variables")),
            },
            None => Traces::default(),
        }
    }

    /// As with the feature, but there are none.
    #[cfg(not(feature = "otel"))]
    pub(super) fn start(_: &Handle) -> Traces {
        Traces {
            missing: wanted().then(|| {
                "this binary was built without OpenTelemetry; build it with `--features otel`, or unset OTEL_EXPORTER_OTLP_ENDPOINT".to_owned()
            }),
        }
    }

    /// What takes spans in, if they are sent.
    pub(super) fn layer(&self) -> Option<SpanLayer> {
        #[cfg(feature = "otel")]
        return self.sent.as_ref().map(otlp::Sent::layer);
        #[cfg(not(feature = "otel"))]
        None
    }

    /// Says what becomes of them, once there is a log.
    pub(super) fn tell(&self) {
        if let Some(why) = &self.missing {
            tracing::warn!("no traces are sent: {why}");
        }
        #[cfg(feature = "otel")]
        if self.sent.is_some() {
            tracing::info!("traces of turns are sent to the OpenTelemetry collector");
        }
    }

    /// Sends what is left, within a few seconds. Not to be called on the runtime.
    pub(super) fn end(self) {
        #[cfg(feature = "otel")]
        if let Some(sent) = self.sent {
            sent.end();
        }
    }
}

fn wanted() -> bool {
    let value = |name: &str| std::env::var(name).unwrap_or_default();
    let off = value("OTEL_SDK_DISABLED").eq_ignore_ascii_case("true")
        || value("OTEL_TRACES_EXPORTER") == "none";
    !off && ENDPOINTS.iter().any(|name| !value(name).is_empty())
}
