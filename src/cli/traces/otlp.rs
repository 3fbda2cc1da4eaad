//! Spans sent by OTLP over HTTP. A collector that is down or slow costs the spans, and nothing else:
//! they wait in a queue of bounded length, of which a thread of its own takes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData};
use tokio::runtime::Handle;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;

use super::SpanLayer;
use crate::daemon::SPANS;

/// How long sending what is left may take at the end.
const FLUSH: Duration = Duration::from_secs(3);

/// The way to the collector.
pub(super) struct Sent {
    provider: SdkTracerProvider,
}

impl Sent {
    /// As the standard variables say; fails only if they make no sense.
    pub(super) fn start(runtime: Handle) -> Result<Sent, String> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .build()
            .map_err(|error| without_url(&error.to_string()))?;
        let mut resource = Resource::builder()
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name("wirewatch");
        }
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_batch_exporter(OnRuntime {
                exporter: Arc::new(exporter),
                runtime,
                failing: AtomicBool::new(false),
            })
            .build();
        Ok(Sent { provider })
    }

    pub(super) fn layer(&self) -> SpanLayer {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("wirewatch"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_target(SPANS, LevelFilter::TRACE))
            .boxed()
    }

    pub(super) fn end(self) {
        if self.provider.shutdown_with_timeout(FLUSH).is_err() {
            tracing::warn!("the last traces could not be sent");
        }
    }
}

/// Sends on the runtime what the library's own thread hands out: the HTTP client needs one.
#[derive(Debug)]
struct OnRuntime {
    exporter: Arc<SpanExporter>,
    runtime: Handle,
    /// The last batch could not be sent.
    failing: AtomicBool,
}

impl OnRuntime {
    /// Says once when it begins to fail, and once when it works again.
    fn note(&self, result: &OTelSdkResult) {
        let failed = result.is_err();
        if self.failing.swap(failed, Ordering::Relaxed) == failed {
            return;
        }
        match result {
            Ok(()) => tracing::info!("the OpenTelemetry collector takes traces again"),
            Err(error) => {
                let error = without_url(&error.to_string());
                tracing::warn!(%error, "the OpenTelemetry collector takes no traces; they are dropped until it does");
            }
        }
    }
}

impl opentelemetry_sdk::trace::SpanExporter for OnRuntime {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let exporter = self.exporter.clone();
        let sent = self.runtime.spawn(async move {
            opentelemetry_sdk::trace::SpanExporter::export(&*exporter, batch).await
        });
        let lost = |error: tokio::task::JoinError| OTelSdkError::InternalFailure(error.to_string());
        let result = sent.await.unwrap_or_else(|error| Err(lost(error)));
        self.note(&result);
        result
    }

    fn set_resource(&mut self, resource: &Resource) {
        // Nothing is being sent while the library's thread does this.
        if let Some(exporter) = Arc::get_mut(&mut self.exporter) {
            exporter.set_resource(resource);
        }
    }
}

/// Without addresses: those of some collectors hold a key.
fn without_url(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.contains("://") {
        true => "(its address)",
        false => word,
    });
    words.collect::<Vec<_>>().join(" ")
}
