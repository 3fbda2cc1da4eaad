use std::collections::HashMap;
use std::path::Path;

use super::super::testing::{deliver, digest, hostile, long, plain, trouble};
use super::*;

fn notifier(socket: &Path) -> Journald {
    let config = config::Journald {
        socket: socket.to_owned(),
        identifier: "wirewatch-alert".into(),
    };
    build(&config, None).unwrap()
}

/// The fields of an entry, as the journal reads them.
fn fields(mut entry: &[u8]) -> HashMap<String, String> {
    let mut fields = HashMap::new();
    while !entry.is_empty() {
        let end = entry.iter().position(|b| *b == b'\n').unwrap();
        let line = std::str::from_utf8(&entry[..end]).unwrap();
        let (name, value, used) = match line.split_once('=') {
            Some((name, value)) => (name, value.to_owned(), end + 1),
            None => {
                let length = u64::from_le_bytes(entry[end + 1..end + 9].try_into().unwrap());
                let from = end + 9;
                let to = from + length as usize;
                assert_eq!(entry[to], b'\n');
                (
                    line,
                    String::from_utf8(entry[from..to].to_vec()).unwrap(),
                    to + 1,
                )
            }
        };
        assert!(
            name.chars().all(|c| c.is_ascii_uppercase() || c == '_'),
            "{name}"
        );
        assert_eq!(fields.insert(name.to_owned(), value), None, "{name}");
        entry = &entry[used..];
    }
    fields
}

#[tokio::test]
async fn entries_have_their_fields() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let mut to = notifier(&path);
    assert!(to.probe().await.is_err());
    let failure = deliver(&mut to, &plain()).await.failure.unwrap();
    assert!(matches!(failure, Failure::Later { .. }), "{failure:?}");

    let journal = UnixDatagram::bind(&path).unwrap();
    assert!(to.probe().await.is_ok());
    let mut buffer = vec![0; 300_000];
    let mut forged = hostile();
    forged.alerts[0].alert.watch = "w\nPRIORITY=0\nMESSAGE=forged".into();
    for message in [
        plain(),
        forged,
        trouble(false),
        digest(3),
        long("ü\n"),
        long("🇺🇦"),
    ] {
        let receipt = deliver(&mut to, &message).await;
        assert_eq!((receipt.acknowledged, receipt.failure), (1, None));
        for told in &message.alerts {
            let n = journal.recv(&mut buffer).await.unwrap();
            let fields = fields(&buffer[..n]);
            let alert = &told.alert;
            assert_eq!(fields["WIREWATCH_ID"], alert.id);
            assert_eq!(fields["WIREWATCH_KIND"], alert.kind.as_str());
            assert_eq!(fields["WIREWATCH_STORY"], alert.story.id);
            assert_eq!(fields["WIREWATCH_URL"], alert.url);
            assert_eq!(fields["WIREWATCH_WATCH"], alert.watch);
            assert_eq!(fields["MESSAGE_ID"].len(), 32);
            assert_eq!(fields["SYSLOG_IDENTIFIER"], "wirewatch-alert");
            let level = if alert.health.is_some() { "4" } else { "5" };
            assert_eq!(fields["PRIORITY"], level);
            assert!(
                fields["MESSAGE"].contains("example.org"),
                "{}",
                fields["MESSAGE"]
            );
            assert!(fields.values().map(String::len).sum::<usize>() < 100_000);
        }
    }
}
