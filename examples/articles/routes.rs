//! Every route, with who may call it.

use std::time::Duration;

use portcullis::api::{Api, Policy, public};
use portcullis::api_key::RequireApiKey;
use portcullis::authz::RequireScopes;
use portcullis::config::ConfigError;
use portcullis::guard::Shield;
use portcullis::headers::SecurityHeaders;
use portcullis::jwt::RequireJwt;
use portcullis::rate_limit::{Quota, RateLimit};
use portcullis::version::{Version, Versions};

use super::model::{Article, Login};
use super::{App, change_me, create, list, log_in, statistics};

pub(crate) fn api(jwt: RequireJwt, keys: RequireApiKey) -> Result<Api<App>, ConfigError> {
    let strangers = RateLimit::per_client(Quota::per_minute(300))?.before_authentication()?;
    let logins = RateLimit::per_client(Quota::sliding_window(5, Duration::from_mins(1)))?;
    let by_key = Shield::new()
        .with(keys)
        .with(RateLimit::per_api_key(Quota::per_minute(60))?);
    let by_token = Shield::new()
        .with(jwt)
        .with(RateLimit::per_principal(Quota::per_minute(60))?);
    let members = Policy::from(by_token).named("members");
    let with_scope = |scope| -> Result<Policy, ConfigError> {
        let scopes = Shield::new().with(RequireScopes::all([scope])?);
        Ok(members.clone().and(scopes).named(scope))
    };

    let versions = Versions::under("/api", [Version::new(1)])?;
    let v1 = Api::new(&members)
        .within(Shield::new().with(versions.guard(1)?))
        .get("/articles", list, with_scope("articles:read")?)
        .post(
            "/articles",
            create,
            with_scope("articles:write")?.reads::<Article>(),
        )
        .patch("/users/me", change_me, &members)
        .get("/statistics", statistics, &by_key)
        .post(
            "/token",
            log_in,
            public("who logs in has no token yet")
                .and(Shield::new().with(logins))
                .reads::<Login>(),
        );
    Ok(Api::new(&members)
        .nest("/api/v1", v1)
        .with_audit_at("/audit", with_scope("audit:read")?)
        .within(Shield::new().with(SecurityHeaders::api()).with(strangers)))
}

#[cfg(test)]
mod tests {
    use portcullis::jwt::SigningKey;
    use portcullis::store::memory::MemoryKeyRing;

    use super::*;

    #[test]
    fn nothing_is_the_matter_but_what_is_accepted() {
        let key = SigningKey::hs256([7; 32]).unwrap().verifying_key();
        let jwt = RequireJwt::new("https://id.example", "https://api.example", key).unwrap();
        let keys = RequireApiKey::in_ring(MemoryKeyRing::default());
        let audit = api(jwt, keys).unwrap().audit();
        audit.assert_accepted(&[
            "public-write@POST /api/v1/token", // that is what a login is
            "write-without-permission@PATCH /api/v1/users/me", // everybody may change themselves
        ]);
    }
}
