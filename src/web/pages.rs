//! What is answered. HEAD is answered as GET, without the body.

use axum::extract::State as Given;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::state::State;

/// The type of Prometheus' text format.
const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn router(state: State) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .with_state(state)
}

/// The process answers and its main loop moves: else a restart is what helps.
async fn healthz(Given(state): Given<State>) -> Response {
    match state.main_loop().await {
        Ok(_) => text(StatusCode::OK, "ok\n".to_owned()),
        Err(why) => text(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("the main loop: {why}\n"),
        ),
    }
}

/// It does what it is there for.
async fn readyz(Given(state): Given<State>) -> Response {
    let checks = state.checks().await;
    let (status, word) = match checks.well() {
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    let said = |check: Result<(), String>| -> Value {
        check.err().map_or_else(|| "ok".into(), Value::from)
    };
    let body = json!({
        "status": word,
        "main_loop": said(checks.main_loop),
        "store": said(checks.store),
        "sources": said(checks.sources),
    });
    ([(header::CACHE_CONTROL, "no-store")], (status, Json(body))).into_response()
}

async fn metrics(Given(state): Given<State>) -> Response {
    state.measure().await;
    let headers = [
        (header::CONTENT_TYPE, EXPOSITION),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, state.shown.render()).into_response()
}

async fn not_found() -> Response {
    let body = "not found; there are /healthz, /readyz and /metrics\n";
    text(StatusCode::NOT_FOUND, body.to_owned())
}

async fn not_allowed() -> Response {
    text(
        StatusCode::METHOD_NOT_ALLOWED,
        "only GET and HEAD\n".to_owned(),
    )
}

fn text(status: StatusCode, body: String) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], body).into_response()
}
