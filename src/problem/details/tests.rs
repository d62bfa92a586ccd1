use super::*;

#[test]
fn a_problem_is_one_pointer_wide_and_keeps_its_cause() {
    assert_eq!(size_of::<Problem>(), size_of::<usize>());
    let problem = Problem::new(Kind::Unavailable).caused_by("no route to store");
    assert_eq!(problem.source().unwrap().to_string(), "no route to store");
    assert!(!problem.to_string().contains("store"));
}

#[test]
fn the_metadata_is_named_in_each_challenge_for_a_token_and_nowhere_else() {
    let problem = ["Bearer", "ApiKey", "DPoP"]
        .into_iter()
        .fold(Problem::new(Kind::Unauthenticated), |all, scheme| {
            all.with_challenge(&Challenge::new(scheme))
        })
        .naming_metadata("u");
    let lines = problem.headers().get_all(WWW_AUTHENTICATE);
    let named = |scheme| format!("{scheme} resource_metadata=\"u\"");
    assert_eq!(
        lines.iter().collect::<Vec<_>>(),
        [&*named("Bearer"), "ApiKey", &*named("DPoP")]
    );
    let other = Problem::new(Kind::Forbidden).naming_metadata("u");
    assert!(other.headers().is_empty());
}
