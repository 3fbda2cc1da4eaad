//! What can be told without the network: config, permissions, disk, database, the daemon.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jiff::Timestamp;
use rustix::fs::{Access, access, statvfs};

use super::Finding;
use crate::cli::changes::Changes;
use crate::cli::common::{megabytes, show};
use crate::cli::status::SILENT;
use crate::config::{Config, NotifierKind, Problem, Severity};
use crate::daemon::Vitals;
use crate::store::{Reader, StoreError, in_use};

/// Free space below which there is soon trouble; the daemon says so at a quarter of it.
const LITTLE_ROOM: u64 = 1 << 30;

/// Others may read it.
const WORLD: u32 = 0o004;
/// Others may pass through the folder.
const PASS: u32 = 0o001;

/// A problem of the config file.
pub(super) fn problem(problem: &Problem) -> Finding {
    let file = problem.file.display();
    let place = match problem.line.zip(problem.column) {
        Some((line, column)) => format!("{file}:{line}:{column}: "),
        None => format!("{file}: "),
    };
    let fix = problem.help.clone().unwrap_or_default();
    let detail = format!("{place}{}", problem.message);
    match problem.severity {
        Severity::Error => Finding::fail("config", detail, fix),
        Severity::Warning => Finding::warn("config", detail, fix),
    }
}

/// The config, who may read it, and where its logs go.
pub(super) fn of_config(config: &Config) -> Vec<Finding> {
    let mut found: Vec<Finding> = config.warnings.iter().map(problem).collect();
    if found.is_empty() {
        let file = config.path.display();
        found.push(Finding::ok("config", format!("{file} is right")));
    }
    let text = std::fs::read_to_string(&config.path).unwrap_or_default();
    let secrets = config.files.paths.iter().skip(1);
    let own = Some(&config.path).filter(|_| config.spells_out_a_secret(&text));
    let exposed: Vec<Finding> = own
        .into_iter()
        .chain(secrets)
        .filter(|path| is_open_to_all(path))
        .map(|path| {
            let path = path.display();
            Finding::fail(
                "permissions",
                format!("{path} holds a secret, and everybody may read it"),
                format!("chmod o-r {path}"),
            )
        })
        .collect();
    match exposed.is_empty() {
        true => found.push(Finding::ok("permissions", "no secret is open to everybody")),
        false => found.extend(exposed),
    }
    found.push(writable("store folder", &config.store.path));
    for notifier in &config.notifiers {
        if let NotifierKind::Log(log) = &notifier.kind {
            let what = format!("log folder of {}", notifier.name);
            found.push(writable(&what, &log.path));
        }
    }
    found
}

/// Whether any user of the machine can read the file, the folders on the way in view.
fn is_open_to_all(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else {
        return false;
    };
    let has = |path: &Path, bit: u32| {
        std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & bit != 0)
    };
    has(&path, WORLD) && path.ancestors().skip(1).all(|folder| has(folder, PASS))
}

/// Whether this user can write the file and beside it; the folder may still have to be made.
fn writable(what: &str, file: &Path) -> Finding {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let there = folder.ancestors().find(|folder| folder.exists());
    let there = match there {
        Some(there) if !there.as_os_str().is_empty() => there,
        _ => Path::new("."),
    };
    let shown = there.display();
    if !there.is_dir() {
        return Finding::fail(
            what,
            format!("{shown} is no folder"),
            "name another in the config",
        );
    }
    let may = access(there, Access::WRITE_OK | Access::EXEC_OK);
    let may = may.and_then(|()| match file.exists() {
        true => access(file, Access::WRITE_OK),
        false => Ok(()),
    });
    match may {
        Ok(()) if there == folder => Finding::ok(what, format!("{shown} can be written to")),
        Ok(()) => Finding::ok(
            what,
            format!("{} will be made in {shown}", folder.display()),
        ),
        Err(error) => Finding::fail(
            what,
            format!(
                "{} cannot be written to by this user: {error}",
                file.display()
            ),
            "give it to the user that the daemon runs as, or run `doctor` as that one",
        ),
    }
}

/// The database, its disk, and what the daemon has put into it.
pub(super) fn of_store(config: &Config) -> Vec<Finding> {
    let path = &config.store.path;
    let mut found = vec![disk(path)];
    let running = match in_use(path) {
        Ok(running) => running,
        Err(error) => {
            let fix = "run `doctor` as the user that the daemon runs as";
            found.push(Finding::fail("database", error.to_string(), fix));
            return found;
        }
    };
    let reader = match Reader::open(path) {
        Ok(reader) => reader,
        Err(StoreError::Missing { .. }) => {
            found.push(Finding::ok("database", "none yet; the first run makes it"));
            return found;
        }
        Err(error) => {
            let fix = "`wirewatch run` upgrades an older one; one that is damaged is restored from a backup";
            found.push(Finding::fail("database", error.to_string(), fix));
            return found;
        }
    };
    match of_reader(config, &reader, running) {
        Ok(more) => found.extend(more),
        Err(error) => {
            let fix = "restore it from a backup, or move it away and begin anew";
            found.push(Finding::fail("database", format!("{error:#}"), fix));
        }
    }
    found
}

fn disk(database: &Path) -> Finding {
    let there = database.ancestors().find(|path| path.exists());
    let there = there.filter(|path| !path.as_os_str().is_empty());
    match statvfs(there.unwrap_or(Path::new("."))) {
        Err(error) => Finding::warn("disk", format!("cannot be looked at: {error}"), ""),
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let detail = format!("{} free where the database is", megabytes(free));
            match free < LITTLE_ROOM {
                true => Finding::warn("disk", detail, "make room, or see `wirewatch compact`"),
                false => Finding::ok("disk", detail),
            }
        }
    }
}

fn of_reader(config: &Config, reader: &Reader, running: bool) -> anyhow::Result<Vec<Finding>> {
    let damage = reader.quick_check()?;
    let mut found = vec![match damage.first() {
        None => Finding::ok(
            "database",
            format!("{} is sound", config.store.path.display()),
        ),
        Some(first) => Finding::fail(
            "database",
            format!("damaged: {first} ({} findings)", damage.len()),
            "stop the daemon and restore a backup",
        ),
    }];
    found.extend(daemon(reader, running)?);
    let changes = Changes::of(config)?;
    if running && !changes.diff.is_empty() {
        found.push(Finding::warn(
            "config",
            format!(
                "the daemon runs with another: {} entries differ",
                changes.diff.entries.len()
            ),
            "see `wirewatch check --diff`; SIGHUP takes the file up",
        ));
    }
    for trouble in reader.troubles()? {
        found.push(Finding::warn(
            trouble.subject,
            format!(
                "in trouble since {}: {} {} ({})",
                show(trouble.since),
                trouble.what,
                trouble.state,
                trouble.reason
            ),
            "docs/OPERATING.md says what ends it",
        ));
    }
    let dead = reader.given_up()?;
    for (notifier, count, error) in &dead {
        found.push(Finding::warn(
            format!("notifier {notifier}"),
            format!("{count} deliveries were given up: {error}"),
            "`wirewatch deliveries retry` takes them up again",
        ));
    }
    if dead.is_empty() {
        found.push(Finding::ok("deliveries", "none was given up"));
    }
    Ok(found)
}

fn daemon(reader: &Reader, running: bool) -> anyhow::Result<Vec<Finding>> {
    if !running {
        let fix = "`wirewatch run`, or systemctl start wirewatch";
        return Ok(vec![Finding::warn("daemon", "not running", fix)]);
    }
    let Some((time, body)) = reader.status()? else {
        return Ok(vec![Finding::ok(
            "daemon",
            "running, for less than a minute",
        )]);
    };
    let vitals: Vitals = serde_json::from_str(&body)?;
    if Timestamp::now().duration_since(time) > SILENT {
        return Ok(vec![Finding::fail(
            "daemon",
            format!("running, but silent since {}", show(time)),
            "its log says why; restart it",
        )]);
    }
    let mut found: Vec<Finding> = vitals
        .troubles
        .iter()
        .map(|trouble| {
            Finding::warn(
                "daemon",
                format!("{}: {}", trouble.what, trouble.detail),
                "",
            )
        })
        .collect();
    if found.is_empty() {
        let since = show(vitals.started);
        found.push(Finding::ok(
            "daemon",
            format!("running since {since}, and well"),
        ));
    }
    Ok(found)
}
