use super::*;
use proptest::prelude::*;

#[test]
fn special_addresses_are_refused_and_public_ones_pass() {
    let refused = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:0:4136:e378::1",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ];
    for text in refused {
        assert!(
            !is_allowed(text.parse().unwrap(), &[]),
            "{text} must be refused"
        );
    }
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860:4860::8888",
        "2a00:1450::1",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
    ];
    for text in public {
        assert!(is_allowed(text.parse().unwrap(), &[]), "{text} is public");
    }
}

#[test]
fn every_spelling_of_a_private_address_is_seen_through() {
    for url in [
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://127.1/",
        "http://127.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://0177.1/",
        "http://017700000001/",
        "http://0x7f.0x0.0x0.0x1/",
        "http://0/",
        "http://127.0.0.1:8080/",
        "http://user@127.0.0.1/",
        "https://127.0.0.1/",
        "http://①②⑦.0.0.1/",
        "http://127。0。0。1/",
        "http://%31%32%37.0.0.1/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[0:0:0:0:0:ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://3232235777/",
        "http://169.254.169.254/latest/meta-data/",
    ] {
        let parsed = Url::parse(url).unwrap();
        assert!(
            matches!(check_url(&parsed, &[]), Err(Reason::PrivateAddress { .. })),
            "{url} became {parsed} and passed"
        );
    }
}

#[test]
fn other_schemes_are_refused() {
    for url in [
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://example.org/",
        "data:text/html,x",
        "javascript:alert(1)",
        "ws://example.org/",
        "unix:/run/x.sock",
    ] {
        assert!(
            matches!(
                check_url(&Url::parse(url).unwrap(), &[]),
                Err(Reason::Scheme(_))
            ),
            "{url}"
        );
    }
    assert_eq!(
        check_url(&Url::parse("https://example.org./").unwrap(), &[]),
        Ok(())
    );
}

#[test]
fn allowed_networks_open_exactly_themselves() {
    let allow = [
        Network::parse("127.0.0.0/8").unwrap(),
        Network::parse("fd00::1").unwrap(),
    ];
    for (text, want) in [
        ("127.0.0.1", true),
        ("127.9.9.9", true),
        ("::ffff:127.0.0.1", true),
        ("::1", false),
        ("10.0.0.1", false),
        ("fd00::1", true),
        ("fd00::2", false),
        ("8.8.8.8", true),
    ] {
        assert_eq!(is_allowed(text.parse().unwrap(), &allow), want, "{text}");
    }
}

#[test]
fn networks_are_read_and_refused() {
    for (text, shown) in [
        ("127.0.0.0/8", "127.0.0.0/8"),
        ("127.0.0.9/8", "127.0.0.0/8"),
        (" 10.1.2.3 ", "10.1.2.3/32"),
        ("::1", "::1/128"),
        ("fd00::/8", "fd00::/8"),
    ] {
        assert_eq!(Network::parse(text).unwrap().to_string(), shown);
    }
    for text in [
        "",
        "localhost",
        "127.0.0.0/33",
        "10.0.0",
        "10.0.0.0/",
        "::/129",
    ] {
        let error = Network::parse(text).unwrap_err().to_string();
        assert!(error.contains("10.0.0.0/8"), "{error}");
    }
}

#[test]
fn a_name_with_private_and_public_addresses_keeps_the_public_ones() {
    let sockets = |texts: &[&str]| -> Vec<SocketAddr> {
        texts
            .iter()
            .map(|t| SocketAddr::new(t.parse().unwrap(), 0))
            .collect()
    };
    let mixed = sockets(&["127.0.0.1", "8.8.8.8", "::1"]);
    assert_eq!(permitted("h", &mixed, &[]), Ok(sockets(&["8.8.8.8"])));
    assert!(matches!(
        permitted("h", &sockets(&["10.0.0.1"]), &[]),
        Err(Reason::PrivateAddress { .. })
    ));
    assert!(matches!(
        permitted("h", &[], &[]),
        Err(Reason::UnknownHost(_))
    ));
}

proptest! {
    /// However an IPv4 address is dressed up as IPv6, it is judged like itself or refused.
    #[test]
    fn no_disguise_opens_a_private_address(bits: u32) {
        let four = Ipv4Addr::from(bits);
        let public = is_allowed(IpAddr::V4(four), &[]);
        let [a, b, c, d] = four.octets();
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        for disguise in [
            four.to_ipv6_mapped(),
            four.to_ipv6_compatible(),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 0),
        ] {
            prop_assert!(public || !is_allowed(IpAddr::V6(disguise), &[]), "{disguise}");
        }
    }
}
