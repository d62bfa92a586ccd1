//! Whatever a token says of its scopes, each is taken whole: a rule finds one only if it stands
//! between spaces.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::authz::ScopeExpr;
use portcullis::identity::{Permissions, Scopes};

fuzz_target!(|input: (&str, &str)| {
    let (held, name) = input;
    let found = held.split(' ').any(|scope| scope == name);
    let scopes = Scopes::parse(held);
    if let Ok(scope) = ScopeExpr::scope(name) {
        assert_eq!(scope.is_met_by(&scopes), found);
        assert_eq!((!scope).is_met_by(&scopes), !found);
    }
    if let Ok(permissions) = Permissions::of(held.split(' ')) {
        assert_eq!(permissions.contains(name), found && !name.is_empty());
    }
});
