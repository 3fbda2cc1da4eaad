use super::*;

/// Records one of everything with a recorder of its own, and shows it.
fn shown() -> String {
    let recorder = builder().unwrap().build_recorder();
    let handle = recorder.handle();
    ::metrics::with_local_recorder(&recorder, || {
        begin();
        notifier("log");
        load(Load::default());
        paused_hosts(0);
        store_commit(None);
        store_sizes(1, 2, None);
        TROUBLED.iter().for_each(|of| troubles(of, 0));
        ready(true);
        memory(Some(1));
        started(1);
        fetched(
            Page::List,
            Outcome::Content,
            1000,
            Duration::from_millis(20),
        );
        turn_ended(Page::List, Duration::from_millis(30));
        started_late(Duration::ZERO);
        alerts(Kind::Cancelled, 2);
        alert_committed_after(Duration::from_millis(2));
        deliveries("log", Delivery::Delivered, 3);
        delivered_after("log", Duration::from_millis(4));
    });
    handle.render()
}

#[test]
fn what_is_exposed_is_what_is_listed() {
    let shown = shown();
    let mut typed: Vec<&str> = shown
        .lines()
        .filter_map(|l| l.strip_prefix("# TYPE "))
        .collect();
    typed.sort_unstable();
    let mut listed: Vec<String> = list::ALL
        .iter()
        .map(|m| format!("{} {}", m.name, m.shape_name()))
        .collect();
    listed.sort_unstable();
    assert_eq!(typed, listed);
    for metric in list::ALL {
        let help = format!("# HELP {} {}\n", metric.name, metric.help);
        assert!(shown.contains(&help), "{help}");
        let line = shown
            .lines()
            .find(|l| l.starts_with(metric.name))
            .unwrap_or_else(|| panic!("{} is not exposed", metric.name));
        let labels = line.split_once('{').map_or("", |(_, rest)| rest);
        let labels: Vec<&str> = labels
            .split('"')
            .filter_map(|part| part.strip_suffix('='))
            .map(|name| name.trim_start_matches(','))
            .filter(|name| *name != "le")
            .collect();
        assert_eq!(labels, metric.labels, "{line}");
    }
}

#[test]
fn counters_begin_at_nothing_and_move() {
    let shown = shown();
    for line in [
        r#"wirewatch_fetches_total{kind="list",outcome="content"} 1"#,
        r#"wirewatch_fetches_total{kind="article",outcome="soft_404"} 0"#,
        r#"wirewatch_fetched_bytes_total{kind="list"} 1000"#,
        r#"wirewatch_fetch_duration_seconds_bucket{kind="list",le="0.01"} 0"#,
        r#"wirewatch_fetch_duration_seconds_bucket{kind="list",le="0.03"} 1"#,
        r#"wirewatch_fetch_duration_seconds_bucket{kind="list",le="+Inf"} 1"#,
        r#"wirewatch_fetch_duration_seconds_sum{kind="list"} 0.02"#,
        r#"wirewatch_alerts_total{kind="cancelled"} 2"#,
        r#"wirewatch_alerts_total{kind="health"} 0"#,
        r#"wirewatch_deliveries_total{notifier="log",result="delivered"} 3"#,
        r#"wirewatch_deliveries_total{notifier="log",result="dead"} 0"#,
        r#"wirewatch_turns_failed_total{why="panicked"} 0"#,
        "wirewatch_store_commit_seconds NaN",
    ] {
        assert!(
            shown.lines().any(|l| l == line),
            "{line} is not in\n{shown}"
        );
    }
}

#[test]
fn names_are_as_prometheus_wants_them() {
    for metric in list::ALL {
        let name = metric.name;
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        assert_eq!(
            name.ends_with("_total"),
            metric.shape == Shape::Counter,
            "{name}"
        );
        assert!(
            !matches!(metric.shape, Shape::Histogram(_)) || name.ends_with("_seconds"),
            "{name}"
        );
        assert!(metric.help.ends_with('.'), "{name}");
    }
}
