use super::*;

#[test]
fn demands_read_as_a_sentence() {
    let credential = Demand::Any(vec![
        Demand::Credential("JWT".into()),
        Demand::Credential("API key".into()),
    ]);
    let all = Demand::Nothing
        .and(credential)
        .and(Demand::Scopes(Scopes::parse("a b")))
        .and(Demand::Quota("100 a minute".into()));
    assert_eq!(
        all.to_string(),
        "(JWT or API key), scopes a b, 100 a minute"
    );
    let reported = Demand::Quota(QuotaDemand::new("9 a day").reported_only());
    let version = Demand::Version(VersionDemand::new("v1").ending(None, Some(1)));
    let origins = Demand::Origins(OriginDemand::new(vec!["*".to_owned()], false));
    assert_eq!(
        reported.and(version).and(origins).to_string(),
        "9 a day (reported only), version v1, origins *"
    );
}
