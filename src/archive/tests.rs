use std::os::unix::fs::symlink;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn settings(folder: &Path) -> Settings {
    Settings {
        folder: folder.to_owned(),
        age: Duration::from_secs(10 * 86_400),
        size: 1_000_000,
        roll: ROLL,
    }
}

fn page(time: &str, body: &str) -> Page {
    Page {
        url: "http://127.0.0.1/news".into(),
        time: at(time),
        status: 200,
        http2: false,
        peer: Some([127, 0, 0, 1].into()),
        headers: vec![
            ("content-type".into(), b"text/html".to_vec()),
            ("transfer-encoding".into(), b"chunked".to_vec()),
            ("x-name".into(), vec![0xe9]),
        ],
        body: body.to_owned().into(),
        rendered: None,
        about: vec![("alert", "al_1\r\nforged: yes".into())],
    }
}

fn on(folder: &Path) -> Archive {
    let archive = Archive::default();
    archive.follow(Some(settings(folder))).unwrap();
    archive
}

fn files(folder: &Path) -> Vec<String> {
    let names = folder::names(folder).unwrap();
    names.iter().map(Name::to_string).collect()
}

/// The records of a file, unpacked.
fn records(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap();
    let mut left = bytes.as_slice();
    let mut records = Vec::new();
    while !left.is_empty() {
        let mut plain = Vec::new();
        let mut gzip = flate2::bufread::GzDecoder::new(&mut left);
        io::Read::read_to_end(&mut gzip, &mut plain).unwrap();
        records.push(String::from_utf8_lossy(&plain).into_owned());
    }
    records
}

const NOON: &str = "2026-11-25T12:00:00.123Z";

#[test]
fn a_page_is_found_again_by_its_address() {
    let dir = tempfile::tempdir().unwrap();
    let archive = on(dir.path());
    let first = archive.keep(&page(NOON, "<p>one")).unwrap().unwrap();
    let second = archive.keep(&page(NOON, "<p>two")).unwrap().unwrap();
    assert_eq!(first.file, "wirewatch-20261125-00001.warc.gz");
    assert_eq!(second.file, first.file);
    assert!(second.offset > first.offset && first.offset > 0);
    assert_eq!(first.sha256, hex(&Sha256::digest("<p>one")));
    for (place, body) in [(&first, "<p>one"), (&second, "<p>two")] {
        let kept = read(dir.path(), place).unwrap();
        assert_eq!(kept.page, body.as_bytes());
    }
    let wrong = Archived {
        sha256: second.sha256.clone(),
        ..first.clone()
    };
    let error = read(dir.path(), &wrong).unwrap_err().to_string();
    assert!(error.contains("not the one the alert names"), "{error}");
    let wrong = Archived { offset: 1, ..first };
    let error = read(dir.path(), &wrong).unwrap_err().to_string();
    assert!(error.contains("no record begins there"), "{error}");
}

#[test]
fn records_are_as_the_standard_has_them() {
    let dir = tempfile::tempdir().unwrap();
    let place = on(dir.path()).keep(&page(NOON, "<p>x")).unwrap().unwrap();
    let records = records(&dir.path().join(place.file));
    let [info, response, metadata] = records.as_slice() else {
        panic!("{records:#?}");
    };
    for record in &records {
        assert!(record.starts_with("WARC/1.1\r\nWARC-Type: "), "{record}");
        assert!(record.ends_with("\r\n\r\n"), "{record}");
        let id = record.split("WARC-Record-ID: <urn:uuid:").nth(1).unwrap();
        assert_eq!(id.find('>'), Some(36), "{record}");
        let (head, block) = record.split_once("\r\n\r\n").unwrap();
        let length = head.split("Content-Length: ").nth(1).unwrap();
        // The name's byte that is no UTF-8 has become three.
        let widened = block.matches('\u{fffd}').count() * 2;
        assert_eq!(length.parse(), Ok(block.len() - 4 - widened), "{record}");
    }
    assert!(info.contains("warcinfo") && info.contains("format: WARC File Format 1.1"));
    assert!(
        response.contains("WARC-Date: 2026-11-25T12:00:00.123Z\r\n"),
        "{response}"
    );
    assert!(response.contains("WARC-IP-Address: 127.0.0.1\r\n"));
    assert!(response.contains(
        "\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: text/html\r\nX-Crawler-transfer-encoding: chunked\r\n"
    ), "{response}");
    assert!(response.contains("Content-Length: 4\r\n\r\n<p>x\r\n\r\n"));
    let id = response.split("WARC-Record-ID: ").nth(1).unwrap();
    let id = id.split("\r\n").next().unwrap();
    assert!(metadata.contains(&format!("WARC-Refers-To: {id}\r\n")));
    assert!(
        metadata.contains("alert: al_1  forged: yes\r\n"),
        "{metadata}"
    );
}

#[test]
fn what_a_browser_made_of_a_page_is_a_record_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut page = page(NOON, "<script>");
    page.rendered = Some("<p>text".into());
    let place = on(dir.path()).keep(&page).unwrap().unwrap();
    assert_eq!(read(dir.path(), &place).unwrap().page, b"<p>text");
    let records = records(&dir.path().join(&place.file));
    let kinds: Vec<&str> = records
        .iter()
        .map(|r| {
            r.split("WARC-Type: ")
                .nth(1)
                .unwrap()
                .split("\r\n")
                .next()
                .unwrap()
        })
        .collect();
    assert_eq!(kinds, ["warcinfo", "response", "conversion", "metadata"]);
    assert!(records[1].contains("<script>"));
}

#[test]
fn a_file_is_begun_each_day_and_at_a_size() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::default();
    let small = Settings {
        roll: 900,
        ..settings(dir.path())
    };
    archive.follow(Some(small)).unwrap();
    for time in [NOON, NOON, "2026-11-26T00:00:00Z", NOON] {
        let place = archive.keep(&page(time, "<p>x")).unwrap().unwrap();
        assert!(read(dir.path(), &place).is_ok());
    }
    let days = [
        "20261125-00001",
        "20261125-00002",
        "20261126-00003",
        "20261125-00004",
    ];
    assert_eq!(
        files(dir.path()),
        days.map(|day| format!("wirewatch-{day}.warc.gz"))
    );
}

/// Cuts the archive short at every length and opens it again.
#[test]
fn whatever_a_kill_leaves_is_cut_off_and_whole_records_stay() {
    let dir = tempfile::tempdir().unwrap();
    let archive = on(dir.path());
    let first = archive.keep(&page(NOON, "<p>one")).unwrap().unwrap();
    let path = dir.path().join(&first.file);
    let before = path.metadata().unwrap().len();
    archive.keep(&page(NOON, "<p>two")).unwrap();
    drop(archive);
    let whole = std::fs::read(&path).unwrap();
    for length in before as usize..=whole.len() {
        for filler in [0, 40] {
            // As a power cut leaves it: with its length, without its bytes.
            let mut bytes = whole[..length].to_vec();
            bytes.extend(vec![0; filler]);
            std::fs::write(&path, bytes).unwrap();
            let archive = on(dir.path());
            let third = archive.keep(&page(NOON, "<p>three")).unwrap().unwrap();
            assert_eq!(read(dir.path(), &first).unwrap().page, b"<p>one");
            assert_eq!(read(dir.path(), &third).unwrap().page, b"<p>three");
            assert_eq!(third.file, first.file);
            assert!(records(&path).len() >= 5, "{length}");
        }
    }
}

#[test]
fn what_is_damaged_otherwise_is_left_and_another_file_begun() {
    let dir = tempfile::tempdir().unwrap();
    let archive = on(dir.path());
    let first = archive.keep(&page(NOON, "<p>one")).unwrap().unwrap();
    let second = archive.keep(&page(NOON, "<p>two")).unwrap().unwrap();
    drop(archive);
    let path = dir.path().join(&first.file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[first.offset as usize] = b'x';
    std::fs::write(&path, &bytes).unwrap();
    let third = on(dir.path())
        .keep(&page(NOON, "<p>three"))
        .unwrap()
        .unwrap();
    assert_ne!(third.file, first.file);
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    assert!(read(dir.path(), &first).is_err());
    assert!(read(dir.path(), &second).is_ok() && read(dir.path(), &third).is_ok());
}

#[test]
fn a_full_disk_is_told_and_got_over() {
    let dir = tempfile::tempdir().unwrap();
    let full = dir.path().join("wirewatch-20261125-00001.warc.gz");
    symlink("/dev/full", &full).unwrap();
    let archive = on(dir.path());
    for _ in 0..2 {
        let error = archive.keep(&page(NOON, "<p>x")).unwrap_err().to_string();
        assert!(
            error.contains("No space left") && error.contains("make room"),
            "{error}"
        );
    }
    std::fs::remove_file(&full).unwrap();
    let place = archive.keep(&page(NOON, "<p>x")).unwrap().unwrap();
    assert!(read(dir.path(), &place).is_ok());
}

#[test]
fn a_folder_that_cannot_be_made_and_one_in_use_are_told() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let archive = Archive::default();
    let error = archive
        .follow(Some(settings(&dir.path().join("file"))))
        .unwrap_err();
    assert!(error.to_string().contains("give the service write access"));
    let first = on(dir.path());
    let second = Archive::default();
    let error = second.follow(Some(settings(dir.path()))).unwrap_err();
    assert!(error.to_string().contains("another wirewatch"), "{error}");
    first.follow(None).unwrap();
    assert_eq!(first.keep(&page(NOON, "x")).unwrap(), None);
    second.follow(Some(settings(dir.path()))).unwrap();
}

#[test]
fn the_oldest_files_go_by_age_and_size() {
    let dir = tempfile::tempdir().unwrap();
    let archive = on(dir.path());
    for day in 1..=6 {
        let time = format!("2026-11-{day:02}T12:00:00Z");
        archive.keep(&page(&time, "<p>x")).unwrap();
    }
    let size = |n: usize| {
        let path = dir.path().join(&files(dir.path())[n]);
        path.metadata().unwrap().len()
    };
    let two = size(0) + size(1);
    let dropped = archive.drop_old(at("2026-11-13T13:00:00Z")).unwrap();
    assert_eq!((dropped.files, dropped.bytes), (2, two));
    assert_eq!(files(dir.path()).len(), 4);
    let small = Settings {
        size: size(3),
        ..settings(dir.path())
    };
    archive.follow(Some(small)).unwrap();
    archive.drop_old(at("2026-11-06T13:00:00Z")).unwrap();
    assert_eq!(files(dir.path()), ["wirewatch-20261106-00006.warc.gz"]);
    archive.drop_old(at("2030-01-01T00:00:00Z")).unwrap();
    assert_eq!(files(dir.path()).len(), 1, "the newest stays");
}
