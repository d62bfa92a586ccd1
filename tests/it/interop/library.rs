//! The JWT libraries that applications meet, each in a process of its own.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::place::{LIMIT, command};
use super::provider::API;

/// Seconds since the epoch, by the clock that the other processes go by.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs()
}

/// A JWT library of another language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    /// npm's `jose`; it also makes keys and `DPoP` proofs.
    Jose,
    /// Python's `PyJWT`.
    PyJwt,
    /// Python's `Authlib`.
    Authlib,
}

impl Library {
    pub(crate) const ALL: [Self; 3] = [Self::Jose, Self::PyJwt, Self::Authlib];

    /// Does `jobs` in one process, in their order; `tests/interop/with_jose.mjs` tells their shapes. A
    /// job that could not be done fails the test.
    pub(crate) async fn run(self, jobs: &[Value]) -> Vec<Value> {
        let program = match self {
            Self::Jose => "with_jose.mjs",
            Self::PyJwt => "with_pyjwt.py",
            Self::Authlib => "with_authlib.py",
        };
        let input = serde_json::to_vec(jobs).unwrap();
        let output = timeout(LIMIT, async {
            let mut process = command(program).spawn().unwrap_or_else(|error| {
                panic!("{program} does not start ({error}): run tests/run.sh, which installs what it needs")
            });
            // Dropped when written, which tells the program that it has all.
            let mut stdin = process.stdin.take().unwrap();
            stdin.write_all(&input).await.unwrap();
            drop(stdin);
            process.wait_with_output().await.unwrap()
        })
        .await
        .unwrap_or_else(|_| panic!("{program} took too long"));
        assert!(
            output.status.success(),
            "{program} failed: its reason is above"
        );
        let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answers.len(), jobs.len(), "{program}");
        for (job, answer) in jobs.iter().zip(&answers) {
            assert!(answer["error"].is_null(), "{program} on {job}: {answer}");
        }
        answers
    }

    /// Signs `claims` with `key`: a private JWK, or for HMAC the secret as a string. `header` is
    /// laid over `{"typ": "JWT"}`.
    pub(crate) async fn mint(
        self,
        alg: &str,
        key: &Value,
        claims: &Value,
        header: &Value,
    ) -> String {
        let job = json!({"do": "mint", "alg": alg, "key": key, "claims": claims, "header": header});
        let answers = self.run(&[job]).await;
        answers[0]["token"].as_str().unwrap().to_owned()
    }

    /// Whether `token` is an access token (RFC 9068) from `issuer` for [`API`], signed with `alg` by
    /// `key`: a JWK, a JWK Set, or for HMAC the secret as a string. Answers `{"accepted": true,
    /// "header", "claims"}` or `{"accepted": false, "reason"}`.
    pub(crate) async fn verify(self, alg: &str, key: &Value, token: &str, issuer: &str) -> Value {
        let job = json!({
            "do": "verify", "alg": alg, "key": key, "token": token, "issuer": issuer,
            "audience": API, "typ": "at+jwt",
        });
        self.run(&[job]).await.remove(0)
    }
}

/// A key pair as JWKs, with a `kid`, its `alg` and `use`.
#[derive(Debug)]
pub(crate) struct KeyPair {
    pub(crate) private: Value,
    pub(crate) public: Value,
    /// RFC 7638, by SHA-256: what a `DPoP`-bound token's `cnf.jkt` holds.
    pub(crate) thumbprint: String,
}

impl KeyPair {
    /// A fresh pair for `alg`.
    pub(crate) async fn generate(alg: &str) -> Self {
        let job = json!({"do": "key", "alg": alg});
        let made = Library::Jose.run(&[job]).await.remove(0);
        Self {
            private: made["private"].clone(),
            public: made["public"].clone(),
            thumbprint: made["thumbprint"].as_str().unwrap().to_owned(),
        }
    }

    /// A `DPoP` proof (RFC 9449) by this pair. `rest` may hold `access_token`, `nonce`, and `claims` and
    /// `header` to lay over the right ones.
    pub(crate) async fn proof(&self, htm: &str, htu: &str, rest: Value) -> String {
        let mut job = json!({
            "do": "proof", "alg": self.private["alg"], "key": self.private, "htm": htm, "htu": htu,
        });
        if let Value::Object(rest) = rest {
            job.as_object_mut().unwrap().extend(rest);
        }
        let answers = Library::Jose.run(&[job]).await;
        answers[0]["token"].as_str().unwrap().to_owned()
    }
}
