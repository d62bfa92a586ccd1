//! What the example prints: commands to paste, each under the status that it shows.

use std::net::SocketAddr;

pub(crate) struct Demo<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) password: &'a str,
    pub(crate) reader: &'a str,
    pub(crate) writer: &'a str,
    pub(crate) key: &'a str,
}

impl Demo<'_> {
    pub(crate) fn print(&self) {
        let Self {
            address,
            password,
            reader,
            writer,
            key,
        } = self;
        let api = format!("http://{address}/api/v1");
        let json = "-H 'Content-Type: application/json'";
        let (read, write) = (bearer(reader), bearer(writer));
        let login = |password: &str| format!(r#"{{"user": "alice", "password": "{password}"}}"#);

        println!("An articles API listens on http://{address}");
        println!("API key (statistics):        {key}");
        println!("token (articles:read):       {reader}");
        println!("token (and articles:write):  {writer}");

        title("Tokens");
        show("200 with a token", &format!("{write} {api}/articles"));
        show("401 without one", &format!("{api}/articles"));
        show("401 with a forged one", &format!("{} {api}/articles", bearer(&format!("{reader}x"))));
        show("400 with two at once", &format!("{read} {write} {api}/articles"));
        show(
            "200 and a token of 15 minutes for a login",
            &format!("{json} -d '{}' {api}/token", login(password)),
        );
        show(
            "401 for a wrong password",
            &format!("{json} -d '{}' {api}/token", login("guess")),
        );

        title("Scopes");
        let article = r#"{"title": "Gates", "content": "On portcullises.", "tags": ["castle"]}"#;
        let publish = |credential: &str, body: &str| {
            format!("{credential} {json} -d '{body}' {api}/articles")
        };
        show("201 with articles:write", &publish(&write, article));
        show("403 with articles:read alone", &publish(&read, article));

        title("API keys");
        show("200 with a key", &format!("-H 'X-API-Key: {key}' {api}/statistics"));
        show("401 without one", &format!("{api}/statistics"));
        show("401 with a mistyped one", &format!("-H 'X-API-Key: {key}x' {api}/statistics"));

        title("Bodies");
        show(
            "422 and every fault at once",
            &publish(&write, r#"{"title": "", "tags": [1], "views": 9}"#),
        );
        show("400 for broken JSON", &publish(&write, r#"{"title": "Gates","#));
        show("400 for a member given twice", &publish(&write, r#"{"title": "a", "title": "b"}"#));
        show(
            "415 for another media type",
            &format!("{write} -H 'Content-Type: text/plain' -d '{article}' {api}/articles"),
        );
        show(
            "413 for more than is read",
            &format!("{write} {json} --data-binary @<(head -c 2000000 /dev/zero) {api}/articles"),
        );

        title("Fields that are the caller's to set");
        let patch = |body: &str| format!("-X PATCH {write} {json} -d '{body}' {api}/users/me");
        show("200 for email, name and bio", &patch(r#"{"bio": "Keeps gates."}"#));
        show("422 for a field that is not", &patch(r#"{"is_admin": true}"#));

        title("Limits");
        println!("# 429 in the end: five logins a minute");
        println!(
            "for i in 1 2 3 4 5 6; do curl -si {json} -d '{}' {api}/token | head -n 1; done",
            login("guess")
        );
        println!("\nPress Ctrl-C to stop.");
    }
}

fn bearer(token: &str) -> String {
    format!("-H 'Authorization: Bearer {token}'")
}

fn title(text: &str) {
    println!("\n-- {text}");
}

fn show(status_and_words: &str, arguments: &str) {
    println!("# {status_and_words}\ncurl -si {arguments}");
}
