//! `wirewatch run`: the daemon.

use std::process::ExitCode;

use anyhow::Context;
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::common::ConfigArg;
use super::traces::Traces;
use super::{logging, memory};
use crate::daemon::{self, Control};

/// Watch the sources of the config and tell what happens.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The config is read again when its file changes and on SIGHUP, all or nothing. SIGTERM and SIGINT finish what is in flight and end."
)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// What is logged: error, warn, info, debug, trace, or a filter such as wirewatch=debug
    #[arg(
        long,
        value_name = "LEVEL",
        env = "WIREWATCH_LOG",
        default_value = "info"
    )]
    log: String,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    memory::one_arena();
    let config = args.config.load()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start the async runtime")?;
    let traces = Traces::start(runtime.handle());
    logging::init(&args.log, traces.layer())?;
    traces.tell();
    for warning in &config.warnings {
        tracing::warn!("{}", warning.message);
    }
    let ended = runtime.block_on(async {
        let control = signals()?;
        daemon::run(config, control).await?;
        Ok(ExitCode::SUCCESS)
    });
    traces.end();
    // Everything is committed; a name lookup that hangs must not hold up the end.
    runtime.shutdown_background();
    ended
}

/// Signals as orders to the daemon.
fn signals() -> anyhow::Result<mpsc::Receiver<Control>> {
    let listen = |kind| signal(kind).context("failed to listen for signals");
    let mut hangup = listen(SignalKind::hangup())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    // A limit on the size of files is an error of the write that meets it, and not the end.
    let mut oversize = listen(SignalKind::from_raw(Signal::XFSZ.as_raw()))?;
    let (tell, orders) = mpsc::channel(8);
    tokio::spawn(async move {
        loop {
            let order = tokio::select! {
                Some(()) = hangup.recv() => Control::Reload,
                Some(()) = terminate.recv() => Control::Stop,
                Some(()) = interrupt.recv() => Control::Stop,
                Some(()) = oversize.recv() => continue,
                else => return,
            };
            if tell.send(order).await.is_err() {
                return;
            }
        }
    });
    Ok(orders)
}
