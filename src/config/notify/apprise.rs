//! The short form of a `[[notify]]`: a URL as Apprise writes them, such as `tgram://TOKEN/CHAT`.
//!
//! Pure: a URL in, the keys of a typed table out. What the keys are worth is checked by the type.

use toml::{Table, Value};
use url::form_urlencoded;

/// What a URL stands for.
#[derive(Debug, PartialEq)]
pub(super) struct Expanded {
    /// The type of notifier.
    pub(super) kind: &'static str,
    /// Its keys.
    pub(super) keys: Table,
    /// Parameters of the URL that mean nothing here.
    pub(super) ignored: Vec<String>,
}

/// What is wrong with a URL, and its fix.
type Wrong = (String, String);

/// The schemes, each with its form.
const SCHEMES: [(&str, &str); 19] = [
    ("slack", "slack://A/B/C or slack://xoxb-TOKEN/CHANNEL"),
    ("discord", "discord://ID/TOKEN"),
    ("msteams", "msteams://TEAM/A/B/C"),
    ("workflow", "workflow://HOST/WORKFLOW/SIGNATURE"),
    ("workflows", "workflows://HOST/WORKFLOW/SIGNATURE"),
    ("mmost", "mmost://HOST/TOKEN"),
    ("mmosts", "mmosts://HOST/TOKEN"),
    ("tgram", "tgram://TOKEN/CHAT_ID"),
    ("matrix", "matrix://TOKEN@HOST/#ROOM"),
    ("matrixs", "matrixs://TOKEN@HOST/#ROOM"),
    ("mailto", "mailto://USER:PASSWORD@DOMAIN?to=ADDRESS"),
    ("mailtos", "mailtos://USER:PASSWORD@DOMAIN?to=ADDRESS"),
    ("ntfy", "ntfy://HOST/TOPIC"),
    ("ntfys", "ntfys://HOST/TOPIC"),
    ("gotify", "gotify://HOST/TOKEN"),
    ("gotifys", "gotifys://HOST/TOKEN"),
    ("pover", "pover://USER@TOKEN"),
    ("json", "json://HOST/PATH"),
    ("jsons", "jsons://HOST/PATH"),
];

/// Mail domains whose server has another name.
const MAIL: [(&[&str], &str); 5] = [
    (&["gmail.com", "googlemail.com"], "smtp.gmail.com"),
    (
        &["outlook.com", "hotmail.com", "live.com"],
        "smtp-mail.outlook.com",
    ),
    (&["yahoo.com"], "smtp.mail.yahoo.com"),
    (&["fastmail.com"], "smtp.fastmail.com"),
    (&["icloud.com", "me.com"], "smtp.mail.me.com"),
];

/// A URL taken apart; `#` is a sign like others, as names of channels begin with it.
struct Parts {
    scheme: String,
    user: Option<String>,
    password: Option<String>,
    /// Without user and password; port and all.
    authority: String,
    /// Not empty ones, decoded.
    path: Vec<String>,
    query: Vec<(String, String)>,
    keys: Table,
}

/// The table a URL stands for.
pub(super) fn expand(url: &str) -> Result<Expanded, Wrong> {
    let mut parts = Parts::of(url.trim()).ok_or_else(|| unknown(""))?;
    let form = SCHEMES.iter().find(|(name, _)| *name == parts.scheme);
    let (_, form) = form.ok_or_else(|| unknown(&parts.scheme))?;
    let wrong = || {
        (
            format!("not a whole {}:// address", parts_name(form)),
            format!("write {form}"),
        )
    };
    let kind = match parts.scheme.as_str() {
        "slack" => parts.slack(),
        "discord" => parts.discord(),
        "msteams" => parts.msteams(),
        "workflow" | "workflows" => parts.workflows(),
        "mmost" | "mmosts" => parts.mattermost(),
        "tgram" => parts.telegram(),
        "matrix" | "matrixs" => parts.matrix(),
        "mailto" | "mailtos" => parts.mail(),
        "ntfy" | "ntfys" => parts.ntfy(),
        "gotify" | "gotifys" => parts.gotify(),
        "pover" => parts.pushover(),
        _ => parts.json(),
    };
    Ok(Expanded {
        kind: kind.ok_or_else(wrong)?,
        keys: parts.keys,
        ignored: parts.query.into_iter().map(|(key, _)| key).collect(),
    })
}

fn parts_name(form: &str) -> &str {
    form.split("://").next().unwrap_or(form)
}

fn unknown(scheme: &str) -> Wrong {
    let message = match scheme {
        "http" | "https" | "mqtt" | "mqtts" | "nats" | "tls" => "`type` is missing".to_owned(),
        "" => "neither a `type` nor an address of the short form".to_owned(),
        _ => format!("unknown scheme `{scheme}`"),
    };
    let kind = match scheme {
        "mqtt" | "mqtts" => "mqtt",
        "nats" | "tls" => "nats",
        _ => "webhook",
    };
    let schemes: Vec<String> = SCHEMES
        .iter()
        .map(|(name, _)| format!("{name}://"))
        .collect();
    (
        message,
        format!(
            "say what it is, as type = \"{kind}\", or write one of {}",
            schemes.join(", ")
        ),
    )
}

impl Parts {
    fn of(url: &str) -> Option<Parts> {
        let (scheme, rest) = url.split_once("://")?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, authority) = match authority.rsplit_once('@') {
            Some((login, authority)) => (Some(login), authority),
            None => (None, authority),
        };
        let (user, password) = match login.map(|l| l.split_once(':').unwrap_or((l, ""))) {
            Some((user, password)) => (Some(decoded(user)), Some(decoded(password))),
            None => (None, None),
        };
        let some = |text: &String| !text.is_empty();
        Some(Parts {
            scheme: scheme.to_lowercase(),
            user: user.filter(some),
            password: password.filter(some),
            authority: decoded(authority),
            path: path.split('/').map(decoded).filter(some).collect(),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            keys: Table::new(),
        })
    }

    /// Takes a parameter out of the query.
    fn take(&mut self, names: &[&str]) -> Option<String> {
        let at = self
            .query
            .iter()
            .position(|(key, _)| names.contains(&key.as_str()))?;
        Some(self.query.remove(at).1).filter(|value| !value.is_empty())
    }

    fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.keys.insert(key.to_owned(), value.into());
    }

    fn maybe(&mut self, key: &str, value: Option<String>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    /// Of the server: "http" unless the scheme ends in an `s`.
    fn web(&self, plain: &str) -> &'static str {
        match self.scheme == plain {
            true => "http",
            false => "https",
        }
    }

    fn slack(&mut self) -> Option<&'static str> {
        let user = self.user.take();
        self.maybe("username", user);
        if self.authority.starts_with("xox") {
            let token = self.authority.clone();
            let channel = self.path.first()?.clone();
            self.put("token", token);
            self.put("channel", channel);
        } else {
            let [b, c] = [self.path.first()?, self.path.get(1)?];
            let url = format!(
                "https://hooks.slack.com/services/{}/{b}/{c}",
                self.authority
            );
            self.put("url", url);
        }
        Some("slack")
    }

    fn discord(&mut self) -> Option<&'static str> {
        let user = self.user.take();
        self.maybe("username", user);
        let url = format!(
            "https://discord.com/api/webhooks/{}/{}",
            self.authority,
            self.path.first()?
        );
        self.put("url", url);
        let thread = self.take(&["thread", "thread_id"]);
        self.maybe("thread_id", thread);
        let avatar = self.take(&["avatar_url"]);
        self.maybe("avatar", avatar);
        Some("discord")
    }

    fn msteams(&mut self) -> Option<&'static str> {
        // The first token may have an `@` in it and no team before it.
        let user = self.user.take();
        let first = match user {
            Some(user) => format!("{user}@{}", self.authority),
            None => self.authority.clone(),
        };
        let url = match self.path.as_slice() {
            [b, c] => format!("https://outlook.office.com/webhook/{first}/IncomingWebhook/{b}/{c}"),
            [a, rest @ ..] if rest.len() >= 2 => format!(
                "https://{first}.webhook.office.com/webhookb2/{a}/IncomingWebhook/{}",
                rest.join("/")
            ),
            _ => return None,
        };
        self.put("url", url);
        Some("teams")
    }

    fn workflows(&mut self) -> Option<&'static str> {
        let version = self.take(&["ver", "api-version"]);
        let version = version.unwrap_or_else(|| "2016-06-01".to_owned());
        let direct = match self.take(&["pa", "powerautomate"]).as_deref() {
            Some("yes" | "true" | "1") => "powerautomate/automations/direct/",
            _ => "",
        };
        let signature: String =
            form_urlencoded::byte_serialize(self.path.get(1)?.as_bytes()).collect();
        let url = format!(
            "https://{}/{direct}workflows/{}/triggers/manual/paths/invoke?api-version={version}&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={signature}",
            self.authority,
            self.path.first()?,
        );
        self.put("url", url);
        Some("teams")
    }

    fn mattermost(&mut self) -> Option<&'static str> {
        let user = self.user.take();
        self.maybe("username", user);
        let (token, folders) = self.path.split_last()?;
        let folders: String = folders.iter().map(|f| format!("{f}/")).collect();
        let url = format!(
            "{}://{}/{folders}hooks/{token}",
            self.web("mmost"),
            self.authority
        );
        self.put("url", url);
        let channel = self.take(&["channel", "channels", "to"]);
        self.maybe("channel", channel);
        let icon = self.take(&["icon_url"]);
        self.maybe("icon", icon);
        Some("mattermost")
    }

    fn telegram(&mut self) -> Option<&'static str> {
        let [chat] = self.path.as_slice() else {
            return None;
        };
        let (chat, mut topic) = match chat.split_once(':') {
            Some((chat, topic)) => (chat.to_owned(), Some(topic.to_owned())),
            None => (chat.clone(), None),
        };
        let token = self.authority.trim_start_matches("bot").to_owned();
        // Names of channels may be written without the `@`.
        let named = !chat.starts_with(['@', '-']) && chat.parse::<i64>().is_err();
        self.put("token", token);
        self.put("chat_id", if named { format!("@{chat}") } else { chat });
        topic = self.take(&["topic", "thread"]).or(topic);
        if let Some(topic) = topic {
            self.put("topic", topic.parse::<i64>().ok()?);
        }
        if let Some(silent) = self.take(&["silent"]) {
            self.put("silent", yes(&silent));
        }
        Some("telegram")
    }

    fn matrix(&mut self) -> Option<&'static str> {
        let token = self.take(&["token"]);
        let token = match (self.user.take(), self.password.take()) {
            (Some(user), None) => user,
            (_, Some(_)) if token.is_none() => return None,
            _ => token?,
        };
        let [room] = self.path.as_slice() else {
            return None;
        };
        let host = self.authority.split(':').next().unwrap_or_default();
        let room = match (room.starts_with('!'), room.contains(':')) {
            (true, _) => room.clone(),
            (_, true) => format!("#{}", room.trim_start_matches('#')),
            (_, false) => format!("#{}:{host}", room.trim_start_matches('#')),
        };
        let homeserver = format!("{}://{}", self.web("matrix"), self.authority);
        self.put("homeserver", homeserver);
        self.put("token", token);
        self.put("room", room);
        if let Some(kind) = self.take(&["msgtype"]) {
            self.put("notice", kind == "notice");
        }
        Some("matrix")
    }

    fn mail(&mut self) -> Option<&'static str> {
        let (domain, port) = match self.authority.rsplit_once(':') {
            Some((domain, port)) if port.parse::<u16>().is_ok() => {
                (domain.to_owned(), port.parse::<i64>().ok())
            }
            _ => (self.authority.clone(), None),
        };
        let server = MAIL
            .iter()
            .find(|(domains, _)| domains.contains(&domain.as_str()));
        let (host, known) = match (self.take(&["smtp"]), server) {
            (Some(host), _) => (host, false),
            (None, Some((_, host))) => ((*host).to_owned(), true),
            (None, None) => (domain.clone(), false),
        };
        let user = self.take(&["user"]).or_else(|| self.user.take());
        let password = self.take(&["pass"]).or_else(|| self.password.take());
        let address = user.as_ref().map(|user| match user.contains('@') {
            true => user.clone(),
            false => format!("{user}@{domain}"),
        });
        let from = match self.take(&["from"]) {
            Some(from) if from.contains('@') => from,
            // A name alone.
            Some(name) => format!("{name} <{}>", address.as_ref()?),
            None => address.clone()?,
        };
        let to = self.take(&["to"]);
        let to: Vec<Value> = match to {
            Some(to) => to.split(',').map(|t| t.trim().into()).collect(),
            None if self.path.is_empty() => vec![address.clone()?.into()],
            None => self.path.iter().map(|t| t.as_str().into()).collect(),
        };
        let security = match self.take(&["mode"]).as_deref() {
            Some("ssl") => "tls",
            Some("starttls") => "starttls",
            Some("insecure") => "none",
            _ if known || self.scheme == "mailtos" => "starttls",
            _ => "none",
        };
        // The well-known ones take the whole address as the name to log in with.
        let login = if known { address } else { user };
        self.put("host", host);
        if let Some(port) = port {
            self.put("port", port);
        }
        self.put("security", security);
        if password.is_some() {
            self.maybe("username", login);
        }
        self.maybe("password", password);
        self.put("from", from);
        self.put("to", to);
        Some("email")
    }

    fn ntfy(&mut self) -> Option<&'static str> {
        let (server, topic) = match self.path.as_slice() {
            [] => ("https://ntfy.sh".to_owned(), self.authority.clone()),
            [topic] if self.authority == "ntfy.sh" => ("https://ntfy.sh".to_owned(), topic.clone()),
            [topic] => (
                format!("{}://{}", self.web("ntfy"), self.authority),
                topic.clone(),
            ),
            _ => return None,
        };
        self.put("server", server);
        self.put("topic", topic);
        let token = self.take(&["token"]);
        let is_token = self.take(&["auth"]).as_deref() == Some("token");
        match (self.user.take(), self.password.take(), token) {
            (_, _, Some(token)) => self.put("token", token),
            (Some(user), None, _) if is_token || user.starts_with("tk_") => self.put("token", user),
            (None, Some(token), _) => self.put("token", token),
            (user, password, _) => {
                self.maybe("username", user);
                self.maybe("password", password);
            }
        }
        let names = [
            ("min", 1),
            ("low", 2),
            ("default", 3),
            ("high", 4),
            ("max", 5),
        ];
        self.priority(&names)?;
        Some("ntfy")
    }

    fn gotify(&mut self) -> Option<&'static str> {
        let (token, folders) = self.path.split_last()?;
        let token = token.clone();
        let folders: String = folders.iter().map(|f| format!("/{f}")).collect();
        let server = format!("{}://{}{folders}", self.web("gotify"), self.authority);
        self.put("server", server);
        self.put("token", token);
        let names = [
            ("low", 1),
            ("moderate", 3),
            ("normal", 5),
            ("high", 8),
            ("emergency", 10),
        ];
        self.priority(&names)?;
        Some("gotify")
    }

    fn pushover(&mut self) -> Option<&'static str> {
        let user = self.user.take()?;
        self.put("user", user);
        let token = Some(self.authority.clone()).filter(|t| !t.is_empty())?;
        self.put("token", token);
        if !self.path.is_empty() {
            let devices = self.path.join(",");
            self.put("device", devices);
        }
        let names = [
            ("low", -2),
            ("moderate", -1),
            ("normal", 0),
            ("high", 1),
            ("emergency", 2),
        ];
        self.priority(&names)?;
        for key in ["retry", "expire"] {
            if let Some(seconds) = self.take(&[key]) {
                self.put(key, format!("{}s", seconds.parse::<u32>().ok()?));
            }
        }
        Some("pushover")
    }

    fn json(&mut self) -> Option<&'static str> {
        if self.authority.is_empty() {
            return None;
        }
        let path = self.path.join("/");
        let mut url =
            url::Url::parse(&format!("{}://{}/", self.web("json"), self.authority)).ok()?;
        url.set_path(&path);
        let mut headers = Table::new();
        let query = std::mem::take(&mut self.query);
        for (key, value) in query {
            // `+Name` is a header (a plus is a space in a query), `-name` goes into the address.
            if let Some(name) = key.strip_prefix([' ', '+']) {
                headers.insert(name.to_owned(), value.into());
            } else if let Some(name) = key.strip_prefix('-') {
                url.query_pairs_mut().append_pair(name, &value);
            } else {
                self.query.push((key, value));
            }
        }
        if let Some(user) = self.user.take() {
            use base64::Engine as _;
            let login = format!("{user}:{}", self.password.take().unwrap_or_default());
            let login = base64::engine::general_purpose::STANDARD.encode(login);
            headers.insert("Authorization".to_owned(), format!("Basic {login}").into());
        }
        self.put("url", url.to_string());
        if !headers.is_empty() {
            self.put("headers", headers);
        }
        Some("webhook")
    }

    /// A number, or a name or its beginning.
    fn priority(&mut self, names: &[(&str, i64)]) -> Option<()> {
        let Some(text) = self.take(&["priority"]) else {
            return Some(());
        };
        let text = text.to_lowercase();
        let named = names.iter().find(|(name, _)| name.starts_with(&text));
        let number = text.parse::<i64>().ok();
        let number = number.or(named.map(|(_, number)| *number))?;
        self.put("priority", number);
        Some(())
    }
}

fn yes(text: &str) -> bool {
    matches!(
        text.to_lowercase().as_str(),
        "yes" | "true" | "1" | "on" | "y"
    )
}

/// With `%XX` read.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let code = after.get(..2).and_then(|t| u8::from_str_radix(t, 16).ok());
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
