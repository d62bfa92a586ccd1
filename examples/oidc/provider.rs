//! A provider on this machine for those who have none, and the commands that use it.

use std::error::Error;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// What its tokens are for.
pub(crate) const API: &str = "https://api.example.com";

pub(crate) fn print_commands(issuer: &str, api: &str) {
    let token = |resource: &str, scope: &str| {
        let form =
            format!("-d grant_type=client_credentials -d scope={scope} -d resource={resource}");
        let ask = format!("curl -s -u shop:only-for-loopback-0123456789 {form} {issuer}/token");
        format!(r#"-H "Authorization: Bearer $({ask} | cut -d '"' -f 4)""#)
    };
    let read = token(API, "orders:read");
    let forged = format!("{}x\"", read.trim_end_matches('"'));
    println!("\n# 200 with a token of the provider\ncurl -si {read} {api}/orders");
    for alg in ["RS256", "PS256", "EdDSA"] {
        let signed = token(&format!("{API}/{alg}"), "orders:read");
        println!("# 200 with one signed by {alg}\ncurl -si {signed} {api}/orders");
    }
    println!("# 401 without one\ncurl -si {api}/orders");
    println!("# 401 with a forged one\ncurl -si {forged} {api}/orders");
    let foreign = token("https://other.example.com", "orders:read");
    println!("# 401 with one for another service\ncurl -si {foreign} {api}/orders");
    println!("# 400 with two at once\ncurl -si {read} {read} {api}/orders");
    println!("# 403 without the scope orders:write\ncurl -si -X POST {read} {api}/orders");
    let write = token(API, "orders:write");
    println!("# 200 with it\ncurl -si -X POST {write} {api}/orders");
    println!("# 200 and how things stand with the keys\ncurl -si {api}/health");
    println!("\nPress Ctrl-C to stop.");
}

/// Starts oidc-provider on a free port of the loopback interface; it ends when it is dropped.
pub(crate) async fn start() -> Result<(String, Child), Box<dyn Error>> {
    let folders: Vec<PathBuf> = std::env::current_exe()?
        .ancestors()
        .map(|f| f.join("interop"))
        .collect();
    let home = folders
        .into_iter()
        .find(|folder| folder.join("ready").is_file());
    let home = home.ok_or(
        "no provider is installed: run tests/interop/setup.sh, or name one by its address",
    )?;
    let mut child = Command::new(home.join("node"))
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/interop/provider.mjs"
        ))
        .args([
            "--client-id",
            "shop",
            "--client-secret",
            "only-for-loopback-0123456789",
        ])
        .env("INTEROP_HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let lines = child.stdout.take().ok_or("the provider has no output")?;
    let ready = BufReader::new(lines)
        .lines()
        .next_line()
        .await?
        .ok_or("the provider did not start")?;
    let ready: Value = serde_json::from_str(&ready)?;
    Ok((
        ready
            .get("issuer")
            .and_then(Value::as_str)
            .ok_or("the provider has no issuer")?
            .to_owned(),
        child,
    ))
}
