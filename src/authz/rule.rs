//! The pure decision over scopes, and what a caller who lacks some is told.

use super::expression::{Node, ScopeExpr};
use crate::identity::Scopes;

/// The most ways to meet a rule that a refusal names. Rules can have exponentially many.
const MAX_WAYS: usize = 8;

/// What a caller's scopes come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Met,
    /// Scopes are missing. Each entry would suffice by itself; they are in the order of the rule.
    Missing(Vec<Scopes>),
    /// No scope is missing: the caller has one that must not be there.
    Excluded,
}

/// Whether `held` meets `rule`.
pub(super) fn judge(rule: &ScopeExpr, held: &Scopes) -> Verdict {
    if rule.is_met_by(held) {
        return Verdict::Met;
    }
    let ways = ways(rule, true);
    let has_all = |way: &Way<'_>| way.needs.iter().all(|name| held.contains(name));
    if ways.is_empty() || ways.iter().any(has_all) {
        return Verdict::Excluded;
    }
    Verdict::Missing(ways.iter().map(Way::needed).collect())
}

/// The scopes of which each entry would suffice by itself; none if none are needed.
pub(super) fn sufficient(rule: &ScopeExpr) -> Vec<Scopes> {
    ways(rule, true)
        .iter()
        .filter(|way| !way.needs.is_empty())
        .map(Way::needed)
        .collect()
}

/// One way to meet a rule: these scopes, without those. Disjunctive normal form, if it is spelled
/// out in full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Way<'a> {
    needs: Vec<&'a str>,
    bars: Vec<&'a str>,
}

impl Way<'_> {
    /// Both ways at once, unless they contradict each other.
    fn and(&self, other: &Self) -> Option<Self> {
        let mut both = self.clone();
        join(&mut both.needs, &other.needs);
        join(&mut both.bars, &other.bars);
        let contradicts = both.needs.iter().any(|name| both.bars.contains(name));
        (!contradicts).then_some(both)
    }

    fn needed(&self) -> Scopes {
        Scopes::parse(&self.needs.join(" "))
    }
}

fn join<'a>(names: &mut Vec<&'a str>, more: &[&'a str]) {
    for name in more {
        if !names.contains(name) {
            names.push(name);
        }
    }
}

/// The first ways to meet `rule`, or to fail it if it is not `wanted`.
fn ways(rule: &ScopeExpr, wanted: bool) -> Vec<Way<'_>> {
    match (rule.node(), wanted) {
        (Node::Scope(name), true) => vec![Way {
            needs: vec![name],
            bars: Vec::new(),
        }],
        (Node::Scope(name), false) => vec![Way {
            needs: Vec::new(),
            bars: vec![name],
        }],
        (Node::All(rules), _) => combined(rules, wanted, wanted),
        (Node::Any(rules), _) => combined(rules, wanted, !wanted),
        (Node::None(rules), _) => combined(rules, !wanted, wanted),
    }
}

/// The ways to have `each` of the rules, or one of them, turn out as `wanted`.
fn combined(rules: &[ScopeExpr], wanted: bool, each: bool) -> Vec<Way<'_>> {
    let mut found = if each {
        vec![Way::default()]
    } else {
        Vec::new()
    };
    for rule in rules {
        let more = ways(rule, wanted);
        if each {
            let pairs = found
                .iter()
                .flat_map(|way| more.iter().filter_map(|other| way.and(other)));
            found = distinct(pairs);
        } else {
            found = distinct(found.into_iter().chain(more));
        }
    }
    found
}

fn distinct<'a>(ways: impl Iterator<Item = Way<'a>>) -> Vec<Way<'a>> {
    let mut found = Vec::new();
    for way in ways {
        if found.len() == MAX_WAYS {
            break;
        }
        if !found.contains(&way) {
            found.push(way);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 4] = ["a", "b", "c", "d"];

    fn scope(name: &str) -> ScopeExpr {
        ScopeExpr::scope(name).unwrap()
    }

    #[test]
    fn a_caller_is_told_what_would_suffice() {
        let missing =
            |ways: &[&str]| Verdict::Missing(ways.iter().map(|way| Scopes::parse(way)).collect());
        let either = || scope("admin") | (scope("write") & scope("delete"));
        for (rule, held, verdict) in [
            (either(), "admin", Verdict::Met),
            (either(), "delete write", Verdict::Met),
            (either(), "write", missing(&["admin", "write delete"])),
            (either(), "", missing(&["admin", "write delete"])),
            (!scope("a"), "b", Verdict::Met),
            (!scope("a"), "a", Verdict::Excluded),
            (scope("b") & !scope("a"), "a b", Verdict::Excluded),
            (scope("b") & !scope("a"), "a", missing(&["b"])),
            (scope("a") & !scope("a"), "a", Verdict::Excluded),
            (ScopeExpr::any([]), "a", Verdict::Excluded),
            (ScopeExpr::all([]), "", Verdict::Met),
            (!!scope("a"), "", missing(&["a"])),
            (!(!scope("a") | !scope("b")), "a", missing(&["a b"])),
        ] {
            assert_eq!(
                judge(&rule, &Scopes::parse(held)),
                verdict,
                "{rule:?} {held}"
            );
        }
    }

    #[test]
    fn a_rule_with_a_million_ways_names_a_few() {
        let pair = |n| scope(&format!("a{n}")) | scope(&format!("b{n}"));
        let rule = ScopeExpr::all((0..20).map(pair));
        let Verdict::Missing(ways) = judge(&rule, &Scopes::default()) else {
            panic!("nobody meets it without scopes");
        };
        assert_eq!(ways.len(), MAX_WAYS);
        assert!(ways.iter().all(|way| rule.is_met_by(way)));
    }

    /// The same rule in a form of its own, so that nothing is checked against itself.
    #[derive(Clone, Debug)]
    enum Formula {
        Name(usize),
        All(Vec<Formula>),
        Any(Vec<Formula>),
        None(Vec<Formula>),
    }

    impl Formula {
        /// Bit `n` of the outcome: whether the holder of the scopes in `n`'s bits meets the rule.
        fn truth_table(&self) -> u16 {
            let each = |list: &[Self], start, step: fn(u16, u16) -> u16| {
                list.iter().map(Self::truth_table).fold(start, step)
            };
            match self {
                Self::Name(n) => [0xAAAA, 0xCCCC, 0xF0F0, 0xFF00][*n],
                Self::All(list) => each(list, u16::MAX, |x, y| x & y),
                Self::Any(list) => each(list, 0, |x, y| x | y),
                Self::None(list) => !each(list, 0, |x, y| x | y),
            }
        }

        fn rule(&self) -> ScopeExpr {
            let rules = |list: &[Self]| list.iter().map(Self::rule).collect::<Vec<_>>();
            match self {
                Self::Name(n) => scope(NAMES[*n]),
                Self::All(list) => ScopeExpr::all(rules(list)),
                Self::Any(list) => ScopeExpr::any(rules(list)),
                Self::None(list) => ScopeExpr::none(rules(list)),
            }
        }
    }

    fn formulas() -> impl Strategy<Value = Formula> {
        (0..NAMES.len())
            .prop_map(Formula::Name)
            .prop_recursive(4, 24, 3, |inner| {
                let list = || prop::collection::vec(inner.clone(), 0..4);
                prop_oneof![
                    list().prop_map(Formula::All),
                    list().prop_map(Formula::Any),
                    list().prop_map(Formula::None),
                ]
            })
    }

    fn held(bits: usize) -> Scopes {
        let names = (0..NAMES.len()).filter(|n| bits >> n & 1 == 1);
        Scopes::of(names.map(|n| NAMES[n])).unwrap()
    }

    proptest! {
        #[test]
        fn every_rule_follows_its_truth_table(formula in formulas()) {
            let (rule, table) = (formula.rule(), formula.truth_table());
            for bits in 0..16 {
                let met = table >> bits & 1 == 1;
                prop_assert_eq!(rule.is_met_by(&held(bits)), met);
                prop_assert_eq!(judge(&rule, &held(bits)) == Verdict::Met, met);
            }
        }

        #[test]
        fn whatever_a_refusal_names_would_suffice(formula in formulas(), bits in 0_usize..16) {
            let rule = formula.rule();
            if let Verdict::Missing(ways) = judge(&rule, &held(bits)) {
                prop_assert!(!ways.is_empty());
                for way in ways {
                    prop_assert!(!way.is_empty());
                    prop_assert!(rule.is_met_by(&way), "{} does not suffice", way);
                    prop_assert!(!held(bits).contains_all(&way));
                }
            }
        }
    }
}
