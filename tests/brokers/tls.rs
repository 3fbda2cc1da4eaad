//! TLS with an authority that only `SSL_CERT_FILE` names, through the program itself: what a process
//! trusts is read from its environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::server::{Server, free_port, program};

/// An authority's certificate, and a server's with its key.
struct Papers {
    ca: PathBuf,
    cert: String,
    key: String,
}

fn papers(folder: &Path) -> Option<Papers> {
    let openssl = program("openssl")?;
    let run = |args: &str| {
        let mut command = Command::new(&openssl);
        let done = command.args(args.split(' ')).current_dir(folder).output();
        let done = done.unwrap();
        assert!(done.status.success(), "{args}: {done:?}");
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    run(&format!(
        "req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority"
    ));
    run(&format!(
        "req {key} -keyout server.key -out server.csr -subj /CN=localhost"
    ));
    std::fs::write(folder.join("san"), "subjectAltName=DNS:localhost\n").unwrap();
    run(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile san",
    );
    let path = |name: &str| folder.join(name).display().to_string();
    Some(Papers {
        ca: folder.join("ca.pem"),
        cert: path("server.pem"),
        key: path("server.key"),
    })
}

/// What `wirewatch notify-test` says, with or without trust in the authority.
fn notify_test(folder: &Path, table: &str, trusted: Option<&Path>) -> String {
    let config = folder.join("wirewatch.toml");
    let text = format!(
        "[fetch]\nuser_agent = \"x@example.com\"\n[[source]]\nid = \"s\"\nkind = \"feed\"\n\
         url = \"https://example.org/feed\"\n[[watch]]\nname = \"w\"\nnotify = [\"bus\"]\n\
         [[notify]]\nname = \"bus\"\ntimeout = \"5s\"\n{table}"
    );
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirewatch"));
    command
        .args(["notify-test", "bus", "--config"])
        .arg(&config);
    match trusted {
        Some(ca) => command.env("SSL_CERT_FILE", ca),
        None => command.env_remove("SSL_CERT_FILE"),
    };
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    format!("{said}{}", String::from_utf8_lossy(&done.stderr))
}

#[test]
fn mqtt_goes_through_tls_to_whom_the_system_trusts() {
    let folder = tempfile::tempdir().unwrap();
    let (Some(program), Some(papers)) = (program("mosquitto"), papers(folder.path())) else {
        return;
    };
    let port = free_port();
    let file = folder.path().join("mosquitto.conf");
    let text = format!(
        "listener {port} 127.0.0.1\nuser root\npersistence false\nallow_anonymous true\n\
         certfile {}\nkeyfile {}\n",
        papers.cert, papers.key
    );
    std::fs::write(&file, text).unwrap();
    let args = vec!["-c".to_owned(), file.display().to_string()];
    let _broker = Server::start(program, args, port);
    let table = format!(
        "type = \"mqtt\"\nurl = \"mqtts://localhost:{port}\"\ntopic = \"news/{{watch}}\"\n"
    );
    let said = notify_test(folder.path(), &table, Some(&papers.ca));
    assert!(said.contains("bus: ok"), "{said}");
    let said = notify_test(folder.path(), &table, None);
    assert!(
        said.contains("bus: failed") && said.contains("ertificate"),
        "{said}"
    );
}

#[test]
fn nats_goes_through_tls_to_whom_the_system_trusts() {
    let folder = tempfile::tempdir().unwrap();
    let (Some(program), Some(papers)) = (program("nats-server"), papers(folder.path())) else {
        return;
    };
    let port = free_port();
    let args = ["-a", "127.0.0.1", "-p", &port.to_string(), "--tls"]
        .into_iter()
        .chain(["--tlscert", &papers.cert, "--tlskey", &papers.key])
        .map(str::to_owned)
        .collect();
    let _server = Server::start(program, args, port);
    let table = format!(
        "type = \"nats\"\nservers = [\"tls://localhost:{port}\"]\nsubject = \"news\"\njetstream = false\n"
    );
    let said = notify_test(folder.path(), &table, Some(&papers.ca));
    assert!(said.contains("bus: ok"), "{said}");
    let said = notify_test(folder.path(), &table, None);
    assert!(
        said.contains("bus: failed") && said.contains("ertificate"),
        "{said}"
    );
}
