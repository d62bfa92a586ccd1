//! What the example prints: lines to paste, each command under the status that it shows.

use std::net::SocketAddr;

const JSON: &str = "-H 'Content-Type: application/json'";
const READER: &str = "-H \"Authorization: Bearer $READER\"";
const WRITER: &str = "-H \"Authorization: Bearer $WRITER\"";
const ARTICLE: &str = r#"{"title": "Gates", "content": "On portcullises.", "tags": ["castle"]}"#;

pub(crate) struct Demo<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) password: &'a str,
    pub(crate) reader: &'a str,
    pub(crate) writer: &'a str,
    pub(crate) key: &'a str,
}

impl Demo<'_> {
    pub(crate) fn print(&self) {
        println!("An articles API listens on http://{}\n", self.address);
        println!("HOST='http://{}'", self.address);
        println!("API='http://{}/api/v1'", self.address);
        println!("KEY='{}'", self.key);
        println!("PASSWORD='{}'", self.password);
        println!("READER='{}'", self.reader);
        println!("WRITER='{}'", self.writer);

        title("Tokens");
        show("200 with a token", &format!("{READER} $API/articles"));
        show("401 without one", "$API/articles");
        show(
            "401 with a forged one",
            "-H \"Authorization: Bearer ${READER}x\" $API/articles",
        );
        show(
            "400 with two at once",
            &format!("{READER} {WRITER} $API/articles"),
        );
        show(
            "200 and a token of 15 minutes for a login",
            &log_in("$PASSWORD"),
        );
        show("401 for a wrong password", &log_in("guess"));

        title("Scopes");
        show("201 with articles:write", &publish(WRITER, ARTICLE));
        show("403 with articles:read alone", &publish(READER, ARTICLE));

        title("The audit, as a page");
        show("200 with audit:read", &format!("{WRITER} $HOST/audit"));
        show("403 without it", &format!("{READER} $HOST/audit"));

        title("What there is not");
        show("401 for a stranger", "$API/nothing");
        show("404 with a token", &format!("{READER} $API/nothing"));
        show(
            "405 for another method",
            &format!("-X DELETE {READER} $API/articles"),
        );

        title("API keys");
        show("200 with a key", "-H \"X-API-Key: $KEY\" $API/statistics");
        show("401 without one", "$API/statistics");
        show(
            "401 with a mistyped one",
            "-H \"X-API-Key: ${KEY}x\" $API/statistics",
        );

        title("Bodies");
        let faults = r#"{"title": "", "tags": [1], "views": 9}"#;
        show("422 and every fault at once", &publish(WRITER, faults));
        show(
            "400 for broken JSON",
            &publish(WRITER, r#"{"title": "Gates","#),
        );
        let twice = r#"{"title": "a", "title": "b", "content": "c"}"#;
        show("400 for a member given twice", &publish(WRITER, twice));
        show(
            "415 for another media type",
            &publish(WRITER, ARTICLE).replace("application/json", "text/plain"),
        );
        println!("# 413 for more than is read");
        println!(
            "head -c 2000000 /dev/zero | \
             curl -si {WRITER} {JSON} --data-binary @- $API/articles"
        );

        title("Queries");
        show("200 with filters", &list("published=false&tag=castle"));
        show(
            "400 for a parameter given twice",
            &list("published=false&published=true"),
        );
        show("422 for one that is not known", &list("role=admin"));
        show("422 for what is no boolean", &list("published=1"));

        title("Fields that are the caller's to set");
        show(
            "200 for email, name and bio",
            &patch(r#"{"bio": "Keeps gates."}"#),
        );
        show(
            "422 for a field that is not",
            &patch(r#"{"is_admin": true}"#),
        );

        title("Limits");
        println!("# 429 in the end: five logins a minute");
        println!(
            "for i in 1 2 3 4 5 6; do curl -si {} | head -n 1; done",
            log_in("guess")
        );
        println!("\nPress Ctrl-C to stop.");
    }
}

fn log_in(password: &str) -> String {
    format!(r#"{JSON} -d "{{\"user\": \"alice\", \"password\": \"{password}\"}}" $API/token"#)
}

fn publish(credential: &str, body: &str) -> String {
    format!("{credential} {JSON} -d '{body}' $API/articles")
}

fn list(query: &str) -> String {
    format!("{READER} \"$API/articles?{query}\"")
}

fn patch(body: &str) -> String {
    format!("-X PATCH {WRITER} {JSON} -d '{body}' $API/users/me")
}

fn title(text: &str) {
    println!("\n-- {text}");
}

fn show(status_and_words: &str, arguments: &str) {
    println!("# {status_and_words}\ncurl -si {arguments}");
}
