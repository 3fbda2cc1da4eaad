//! Traces of turns reach an OpenTelemetry collector, and one that is down or hangs costs nothing but
//! them. Built without the feature, the program says so.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use e2e::page::{article, cancelled, planned};
use e2e::program::{Daemon, EVERYTHING, Folder, HEAD, source};
use e2e::site::{Site, html};

fn show(site: &Site, (title, paragraphs): (String, Vec<String>)) {
    site.put("/a", move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
}

/// A daemon that watches one page and has these variables.
fn watch(site: &Site, variables: &[(&str, &str)]) -> (Folder, Daemon) {
    show(site, planned("book fair", "Lund"));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("lund", "article", &site.url("/a"))
    ));
    let daemon = folder.start_with(|command| {
        command.envs(variables.iter().copied());
    });
    folder.wait_revisions(&site.url("/a"), 1);
    (folder, daemon)
}

#[cfg(not(feature = "otel"))]
#[test]
fn without_the_feature_the_variable_is_answered_in_the_log() {
    let site = Site::open_on("127.0.5.6");
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
    let (folder, daemon) = watch(&site, &[endpoint]);
    folder.wait_log("built without OpenTelemetry", 1);
    assert_eq!(daemon.stop().code(), Some(0));
}

#[cfg(feature = "otel")]
mod sent {
    use super::*;
    use std::net::{SocketAddr, TcpListener};
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Bytes;
    use axum::extract::State;
    use axum::http::HeaderMap;
    use axum::routing::post;

    /// A collector that keeps what it is sent, one entry a request.
    struct Collector {
        address: SocketAddr,
        bodies: Arc<Mutex<Vec<Vec<u8>>>>,
        _runtime: tokio::runtime::Runtime,
    }

    impl Collector {
        fn start(address: SocketAddr) -> Collector {
            let bodies: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
            let take = |State(bodies): State<Arc<Mutex<Vec<Vec<u8>>>>>,
                        headers: HeaderMap,
                        body: Bytes| async move {
                assert_eq!(headers["content-type"], "application/x-protobuf");
                bodies.lock().unwrap().push(body.to_vec());
            };
            let router = Router::new()
                .route("/v1/traces", post(take))
                .with_state(bodies.clone());
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let listener = runtime
                .block_on(tokio::net::TcpListener::bind(address))
                .unwrap();
            let address = listener.local_addr().unwrap();
            runtime.spawn(async move { axum::serve(listener, router).await });
            Collector {
                address,
                bodies,
                _runtime: runtime,
            }
        }

        fn url(&self) -> String {
            format!("http://{}", self.address)
        }

        fn requests(&self) -> usize {
            self.bodies.lock().unwrap().len()
        }

        /// Whether a text was sent; protobuf holds texts as they are.
        fn has(&self, text: &str) -> bool {
            let bodies = self.bodies.lock().unwrap();
            bodies
                .iter()
                .any(|body| body.windows(text.len()).any(|w| w == text.as_bytes()))
        }
    }

    fn any() -> SocketAddr {
        ([127, 0, 0, 1], 0).into()
    }

    #[test]
    fn turns_are_sent_with_their_steps() {
        let collector = Collector::start(any());
        let site = Site::open_on("127.0.5.7");
        let (folder, daemon) = watch(
            &site,
            &[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url()),
                ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ],
        );
        show(&site, cancelled("book fair", "Lund"));
        folder.wait_told(1);
        let url = site.url("/a");
        for text in [
            "turn",
            "fetch",
            "extract",
            "detect",
            "commit",
            "article 1",
            "content",
            &url,
            "service.name",
            "wirewatch",
        ] {
            e2e::until(&format!("{text} at the collector"), || {
                collector.has(text).then_some(())
            });
        }
        // Spans are no lines of the log.
        assert!(!folder.log().contains("\"commit\""));
        assert_eq!(daemon.stop().code(), Some(0));
    }

    #[test]
    fn what_is_left_is_sent_at_the_end() {
        let collector = Collector::start(any());
        let site = Site::open_on("127.0.5.8");
        let (_folder, daemon) = watch(
            &site,
            &[
                (
                    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                    &format!("{}/v1/traces", collector.url()),
                ),
                ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
                ("OTEL_SERVICE_NAME", "the-desk"),
            ],
        );
        assert_eq!(collector.requests(), 0);
        assert_eq!(daemon.stop().code(), Some(0));
        assert!(collector.requests() >= 1 && collector.has("the-desk"));
    }

    #[test]
    fn a_collector_that_is_down_costs_the_traces_and_nothing_else() {
        let free = TcpListener::bind(any()).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let site = Site::open_on("127.0.5.9");
        let (folder, daemon) = watch(
            &site,
            &[
                (
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    &format!("http://{address}/?key=hunter2"),
                ),
                ("OTEL_BSP_SCHEDULE_DELAY", "100"),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "300"),
            ],
        );
        let said = "the OpenTelemetry collector takes no traces";
        folder.wait_log(said, 1);
        show(&site, cancelled("book fair", "Lund"));
        folder.wait_told(1);
        site.wait_polls("/a", 3);
        assert_eq!(folder.log().matches(said).count(), 1, "told once");
        assert!(!folder.log().contains("hunter2"), "{}", folder.log());
        assert_eq!(daemon.stop().code(), Some(0));
    }

    #[test]
    fn a_collector_that_comes_up_later_is_sent_to() {
        let free = TcpListener::bind(any()).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let site = Site::open_on("127.0.5.10");
        let (folder, daemon) = watch(
            &site,
            &[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{address}")),
                ("OTEL_BSP_SCHEDULE_DELAY", "100"),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "300"),
            ],
        );
        folder.wait_log("takes no traces", 1);
        let collector = Collector::start(address);
        folder.wait_log("takes traces again", 1);
        e2e::until("a commit at the collector", || {
            collector.has("commit").then_some(())
        });
        assert_eq!(daemon.stop().code(), Some(0));
    }

    #[test]
    fn a_collector_that_hangs_holds_up_nothing() {
        // It takes connections, and never answers.
        let silent = TcpListener::bind(any()).unwrap();
        let site = Site::open_on("127.0.5.11");
        let (folder, daemon) = watch(
            &site,
            &[
                (
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    &format!("http://{}", silent.local_addr().unwrap()),
                ),
                ("OTEL_BSP_SCHEDULE_DELAY", "10"),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "3600000"),
            ],
        );
        show(&site, cancelled("book fair", "Lund"));
        folder.wait_told(1);
        assert_eq!(daemon.stop().code(), Some(0));
        folder.wait_log("the last traces could not be sent", 1);
    }

    #[test]
    fn variables_that_make_no_sense_do_not_stop_the_daemon() {
        let site = Site::open_on("127.0.5.12");
        let (folder, daemon) = watch(&site, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "not an address")]);
        folder.wait_log("no traces are sent: ", 1);
        assert_eq!(daemon.stop().code(), Some(0));
    }
}
