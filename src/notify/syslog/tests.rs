use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::super::testing::{deliver, digest, hostile, long, plain, trouble};
use super::*;
use crate::config::Facility;

fn notifier(address: SyslogAddress) -> Syslog {
    let config = config::Syslog {
        address,
        facility: Facility(3),
        app_name: "wirewatch".into(),
        max_length: 2048,
    };
    build(&config, None).unwrap()
}

async fn sent(to: &mut Syslog, message: &Message) {
    let receipt = deliver(to, message).await;
    assert_eq!((receipt.acknowledged, receipt.failure), (1, None));
}

/// Header fields, structured data and text of a line, read by the grammar.
fn parts(line: &str) -> (Vec<&str>, &str, &str) {
    let mut rest = line;
    let mut head = Vec::new();
    for _ in 0..6 {
        let (field, more) = rest.split_once(' ').unwrap();
        head.push(field);
        rest = more;
    }
    if let Some(text) = rest.strip_prefix("- ") {
        return (head, "-", text);
    }
    assert!(rest.starts_with('['), "{rest}");
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => {
                let (data, text) = rest.split_at(at + 1);
                return (head, data, text.strip_prefix(' ').unwrap());
            }
            _ => {}
        }
    }
    panic!("{line}");
}

#[tokio::test]
async fn a_line_by_udp_and_by_a_unix_socket() {
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = udp.local_addr().unwrap().port();
    let mut buffer = vec![0; 70_000];
    let mut to = notifier(SyslogAddress::Udp("127.0.0.1".into(), port));
    sent(&mut to, &plain()).await;
    let n = udp.recv(&mut buffer).await.unwrap();
    let line = String::from_utf8(buffer[..n].to_vec()).unwrap();
    let (head, data, text) = parts(&line);
    // daemon.notice
    assert_eq!(
        (head[0], head[1], head[3], head[5]),
        (
            "<29>1",
            "1970-01-01T00:00:00.000000Z",
            "wirewatch",
            "cancelled"
        )
    );
    assert!(data.starts_with("[wirewatch@32473 id=\"al_test0000000000000\" story=\"st_test\" kind=\"cancelled\" watch=\"test\" source=\"test\""), "{data}");
    assert!(
        text.starts_with("CANCELLED: Test of wirewatch. Harbour summit"),
        "{text}"
    );
    assert!(text.ends_with("https://example.org/harbour-summit"));
    assert!(to.probe().await.is_ok());

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut to = notifier(SyslogAddress::Unix(path.clone()));
    assert!(to.probe().await.is_err());
    let failure = deliver(&mut to, &plain()).await.failure.unwrap();
    assert!(matches!(failure, Failure::Later { .. }));
    let socket = UnixDatagram::bind(&path).unwrap();
    sent(&mut to, &trouble(false)).await;
    let n = socket.recv(&mut buffer).await.unwrap();
    let line = String::from_utf8(buffer[..n].to_vec()).unwrap();
    assert!(
        line.starts_with("<28>1 ") && line.contains("HEALTH: source bbc"),
        "{line}"
    );
    // Nobody reads any more: it waits, and whoever waits for it gives up.
    let full = async {
        loop {
            sent(&mut to, &plain()).await;
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_millis(200), full)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn lines_by_tcp_have_their_length_in_front() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut to = notifier(SyslogAddress::Tcp("127.0.0.1".into(), address.port()));
    sent(&mut to, &digest(3)).await;
    let (mut stream, _) = listener.accept().await.unwrap();
    for n in 0..4 {
        let mut length = String::new();
        loop {
            match stream.read_u8().await.unwrap() {
                b' ' => break,
                digit => length.push(digit as char),
            }
        }
        let mut line = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut line).await.unwrap();
        let line = String::from_utf8(line).unwrap();
        // A digest is a line each; the fourth comes by the same connection.
        let expected = if n < 3 {
            format!("id=\"al_{n}\"")
        } else {
            "id=\"al_test".to_owned()
        };
        assert!(parts(&line).1.contains(&expected), "{line}");
        if n == 2 {
            sent(&mut to, &plain()).await;
        }
    }
    // It hangs up: the next line takes a new connection.
    drop(stream);
    let mut stream = loop {
        sent(&mut to, &plain()).await;
        let accepted = tokio::time::timeout(Duration::from_millis(50), listener.accept());
        if let Ok(Ok((stream, _))) = accepted.await {
            break stream;
        }
    };
    assert!(stream.read_u8().await.unwrap().is_ascii_digit());
    drop((stream, listener));
    let failure = loop {
        if let Some(failure) = deliver(&mut to, &plain()).await.failure {
            break failure;
        }
    };
    assert!(matches!(failure, Failure::Later { .. }), "{failure:?}");
}

#[test]
fn whatever_is_in_it_a_line_is_a_line_and_fits() {
    for most in [480, 2048, 65_000] {
        let config = config::Syslog {
            address: SyslogAddress::Udp("localhost".into(), 514),
            facility: Facility(23),
            app_name: "w".into(),
            max_length: most,
        };
        let writer = Writer::new(&config, None).unwrap();
        let mut broken = hostile();
        broken.alerts[0].alert.watch = "a\"]\\\nb\u{1b}[2J\r<13>1 ".into();
        broken.alerts[0].alert.evidence.new = Some("one\ntwo\u{0}\u{1b}[2J".into());
        for message in [
            plain(),
            hostile(),
            broken,
            long("ü\n"),
            long("🇺🇦"),
            trouble(true),
        ] {
            let line = writer.line(&message);
            assert!(line.len() <= most, "{}", line.len());
            assert!(!line.contains(char::is_control), "{line:?}");
            let (head, data, text) = parts(&line);
            assert_eq!(head.len(), 6);
            assert!(text.contains("example.org"), "{data} {text}");
        }
    }
}
