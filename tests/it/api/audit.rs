//! What an audit tells.

use axum::Router;
use axum::body::Bytes;
use http::Method;
use http::request::Parts;
use portcullis::api::{Api, Audit, Concern, Policy, public};
use portcullis::brute_force::LoginThrottle;
use portcullis::guard::{
    Carried, Demand, Guard, OriginDemand, Pass, Place, Shield, Stop, VersionDemand,
};
use portcullis::identity::Principal;
use portcullis::input::ValidatedJson;
use portcullis::rate_limit::{Quota, RateLimit};
use portcullis::step_up::StepUp;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::world::{Named, members, scoped};

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)] // read by the schema alone
pub(super) struct Article {
    #[schemars(length(min = 1, max = 200))]
    pub(super) title: String,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)] // read by the schema alone
struct Loose {
    text: String,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(extend("not" = { "x-unknown": true }, "unheardOf" = 1))]
#[allow(dead_code)] // read by the schema alone
struct Broken {
    text: String,
}

/// Says what it is told to say.
#[derive(Clone)]
struct Says(Demand);

impl Guard for Says {
    const PLACE: Place = Place::Envelope;

    async fn check(&self, _head: &mut Parts) -> Result<Pass, Stop> {
        Ok(Pass::default())
    }

    fn describe(&self) -> Demand {
        self.0.clone()
    }
}

pub(super) fn says(demand: Demand) -> Policy {
    Shield::new().with(Says(demand)).into()
}

fn limited() -> Policy {
    let limit = RateLimit::per_client(Quota::per_minute(60)).unwrap();
    Shield::new().with(limit).into()
}

fn api() -> Api {
    let fresh = Shield::new()
        .with(Named)
        .with(StepUp::within(std::time::Duration::from_mins(5)));
    let v1 = Api::new(members())
        .get(
            "/articles",
            async || (),
            scoped("read", 60).named("readers"),
        )
        .post(
            "/articles",
            async |_: ValidatedJson<Article>| (),
            scoped("write", 30).named("writers").reads::<Article>(),
        )
        .delete(
            "/articles/{id}",
            async || (),
            scoped("write", 30).and(fresh),
        );
    Api::new(members())
        .nest("/api/v1", v1)
        .get(
            "/health",
            async || (),
            public("liveness; tells nothing of data").and(limited()),
        )
        .mount("/legacy", Router::new(), scoped("admin", 5))
}

#[test]
fn the_table_tells_who_may_do_what() {
    let text = api().audit().to_string();
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    assert_eq!(
        lines[0],
        ["ROUTE", "WHO", "NEEDS", "LIMITS", "BODY", "POLICY"]
    );
    assert_eq!(
        lines[1],
        [
            "GET (HEAD) /api/v1/articles",
            "name",
            "scopes read",
            "60 per 60s by principal",
            "readers"
        ]
    );
    assert_eq!(
        lines[2][..4],
        [
            "POST /api/v1/articles",
            "name",
            "scopes write",
            "30 per 60s by principal"
        ]
    );
    assert!(
        lines[2][4].starts_with("Article ") && lines[2][4].ends_with(" bytes"),
        "{lines:?}"
    );
    assert_eq!(
        lines[3],
        [
            "DELETE /api/v1/articles/{id}",
            "name and name",
            "scopes write, a login at most 300 s old",
            "30 per 60s by principal",
        ]
    );
    assert_eq!(
        lines[4],
        [
            "GET (HEAD) /health",
            "anybody: liveness; tells nothing of data",
            "60 per 60s by client"
        ]
    );
    assert_eq!(
        lines[5],
        [
            "every method /legacy/{*}",
            "name",
            "scopes admin",
            "5 per 60s by principal",
            "unchecked"
        ]
    );
    assert_eq!(lines[6], ["whatever is unknown", "name", "members"]);
    assert_eq!(
        lines[8],
        [
            "unknown-routes@* /legacy/{*}: It is not known which routes there are [API9:2023 Improper Inventory Management]"
        ]
    );
}

#[test]
fn markdown_is_a_table_in_which_text_stays_text() {
    let api: Api = Api::new(members()).get("/a_b", async || (), public("a | b <i>"));
    let markdown = api.audit().to_markdown();
    let mut lines = markdown.lines();
    assert_eq!(
        lines.next().unwrap(),
        "| Route | Who | Needs | Limits | Body | Policy |"
    );
    assert_eq!(lines.next().unwrap(), "|---|---|---|---|---|---|");
    assert_eq!(
        lines.next().unwrap(),
        "| GET (HEAD) /a\\_b | anybody: a \\| b &lt;i&gt; |  |  |  |  |"
    );
    assert!(markdown.contains("## Findings"));
}

#[test]
fn json_can_be_read_again() {
    let audit = api().audit();
    let json = audit.to_json();
    let row = &json["routes"][1];
    assert_eq!(row["method"], "POST");
    assert_eq!(row["credentials"], json!([["name"]]));
    assert_eq!(row["quotas"][0]["units"], 30);
    assert_eq!(row["body"]["schema"]["name"], "Article");
    assert_eq!(json["findings"][0]["concern"], "unknown-routes");
    let read = Audit::from_json(&json).unwrap();
    assert_eq!(read.routes, audit.routes);
    assert!(Audit::from_json(&json!({ "routes": 1 })).is_err());
    assert!(Audit::from_json(&Value::Null).is_err());
}

/// What is found of one route.
fn found<H, T>(method: &Method, path: &str, handler: H, policy: impl Into<Policy>) -> Vec<Concern>
where
    H: axum::handler::Handler<T, ()>,
    T: 'static,
{
    let api: Api = Api::new(members()).on(method.clone(), path, handler, policy);
    let audit = api.audit();
    audit
        .findings()
        .iter()
        .map(|finding| finding.concern)
        .collect()
}

#[test]
#[allow(clippy::too_many_lines)] // a line for each case
fn each_concern_is_found_where_it_is_and_nowhere_else() {
    use Concern as C;

    let (get, post) = (&Method::GET, &Method::POST);
    let anyone = || public("a test").and(limited());
    let writers = || scoped("write", 30);
    let none: [Concern; 0] = [];

    assert_eq!(found(get, "/a", async || (), anyone()), none);
    assert_eq!(found(post, "/a", async || (), writers()), none);

    assert_eq!(found(post, "/a", async || (), anyone()), [C::PublicWrite]);
    let hours = says(Demand::Other("office hours".into())).and(limited());
    assert_eq!(
        found(get, "/a", async || (), &hours),
        [C::PublicWithoutReason]
    );
    assert_eq!(
        found(post, "/a", async || (), members().and(limited())),
        [C::WriteWithoutPermission]
    );
    assert_eq!(found(post, "/a", async || (), members().and(&hours)), none);
    assert_eq!(found(get, "/a", async || (), members()), [C::NoRateLimit]);
    let reported = RateLimit::per_client(Quota::per_minute(1))
        .unwrap()
        .with_reports_only();
    let reported = members().and(Shield::new().with(reported));
    assert_eq!(found(get, "/a", async || (), reported), [C::NoRateLimit]);

    let guessable = [C::PublicWrite, C::GuessableCredentials];
    assert_eq!(found(post, "/auth/Token", async || (), anyone()), guessable);
    assert_eq!(
        found(post, "/auth/token/x", async || (), anyone()),
        [C::PublicWrite]
    );
    let slow = RateLimit::per_client(Quota::per_minute(10)).unwrap();
    let slow = public("a login").and(Shield::new().with(slow));
    assert_eq!(found(post, "/token", async || (), slow), [C::PublicWrite]);
    let throttle = LoginThrottle::new("login").unwrap();
    let throttled = anyone().throttled_by(&throttle);
    assert_eq!(
        found(post, "/token", async || (), throttled),
        [C::PublicWrite]
    );

    assert_eq!(
        found(get, "/a", async |_: Principal| (), anyone()),
        [C::CallerNeverKnown]
    );
    assert_eq!(found(get, "/a", async |_: Principal| (), writers()), none);
    assert_eq!(
        found(get, "/a", async |_: Option<Principal>| (), anyone()),
        none
    );
    let in_query = Demand::credential("key", vec![Carried::Query("key".to_owned())]);
    assert_eq!(
        found(get, "/a", async || (), says(in_query).and(limited())),
        [C::CredentialInQuery]
    );

    assert_eq!(
        found(post, "/a", async |_: Bytes| (), writers()),
        [C::UncheckedBody]
    );
    assert_eq!(
        found(post, "/a", async |_: axum::Json<Value>| (), writers()),
        [C::UncheckedBody]
    );
    assert_eq!(found(get, "/a", async |_: Bytes| (), writers()), none);
    assert_eq!(
        found(post, "/a", async |_: ValidatedJson<Article>| (), writers()),
        [C::UnnamedSchema]
    );
    let reads = writers().reads::<Article>();
    assert_eq!(
        found(post, "/a", async |_: ValidatedJson<Article>| (), reads),
        none
    );
    let reads = || writers().reads::<Article>();
    assert_eq!(
        found(post, "/a", async |_: Bytes| (), reads()),
        [C::UntakenSchema]
    );
    assert_eq!(
        found(post, "/a", async |_: ValidatedJson<Loose>| (), reads()),
        [C::UntakenSchema]
    );
    let loose = writers().reads::<Loose>();
    assert_eq!(
        found(post, "/a", async |_: ValidatedJson<Loose>| (), loose),
        [C::UnboundedSchema]
    );
    let broken = writers().reads::<Broken>();
    assert_eq!(
        found(post, "/a", async |_: ValidatedJson<Broken>| (), broken),
        [C::BrokenSchema]
    );

    let origins = |origin: &str| Demand::Origins(OriginDemand::new(vec![origin.to_owned()], false));
    assert_eq!(
        found(get, "/a", async || (), says(origins("*")).and(writers())),
        [C::AnyOrigin]
    );
    assert_eq!(
        found(
            get,
            "/a",
            async || (),
            says(origins("https://a.example")).and(writers())
        ),
        none
    );

    let version = |deprecation, sunset| {
        says(Demand::Version(
            VersionDemand::new("v1").ending(deprecation, sunset),
        ))
        .and(writers())
    };
    assert_eq!(found(get, "/a", async || (), version(None, None)), none);
    assert_eq!(
        found(get, "/a", async || (), version(Some(1), Some(2))),
        none
    );
    assert_eq!(
        found(get, "/a", async || (), version(Some(1), None)),
        [C::VersionWithoutSunset]
    );
}

#[cfg(feature = "derive")]
#[test]
fn a_body_that_is_judged_field_by_field_is_checked() {
    use portcullis::assign::{Assignable, Grant, New, Patch};

    #[derive(Default, Assignable)]
    struct Note {
        #[assign(write)]
        text: String,
    }
    let _ = Note::default().text;
    let post = &Method::POST;
    let writers = || scoped("write", 30);
    for found in [
        found(post, "/a", async |_: New<Note>| (), writers()),
        found(post, "/a", async |_: Grant, _: Patch<Note>| (), writers()),
    ] {
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn an_older_version_without_an_end_is_found() {
    let version = |_| scoped("read", 60);
    let api: Api = Api::new(members())
        .get("/api/v1/a", async || (), version(1))
        .get("/api/v2/a", async || (), version(2))
        .get("/other/v1/a", async || (), version(1));
    let ids: Vec<_> = api
        .audit()
        .findings()
        .iter()
        .map(portcullis::api::Finding::id)
        .collect();
    assert_eq!(ids, ["version-without-sunset@GET /api/v1/a"]);
}

#[test]
fn what_is_accepted_must_be_found() {
    let audit = api().audit();
    audit.assert_accepted(&["unknown-routes@* /legacy/{*}"]);
    let beyond = audit.unaccepted(&["no-rate-limit@GET /health"]);
    assert_eq!(beyond.findings.len(), 1);
    assert_eq!(beyond.outdated, ["no-rate-limit@GET /health"]);
    let refused = std::panic::catch_unwind(|| audit.assert_accepted(&[])).unwrap_err();
    let words = refused.downcast_ref::<String>().unwrap();
    assert!(
        words.contains("not accepted: unknown-routes@* /legacy/{*}"),
        "{words}"
    );
}
