//! The rules of a model, and what of them holds for one caller.

use serde_json::Value;

use super::grant::Grant;
use super::listing::{Listing, holds_object};
use super::role::{Role, Who};
use crate::body::Path;

/// Who may set one field of a model. A field without a rule is nobody's to set.
#[derive(Clone, Copy, Debug)]
pub struct Rule<R: 'static> {
    name: &'static str,
    kind: Kind<R>,
}

#[derive(Clone, Copy, Debug)]
enum Kind<R: 'static> {
    Field {
        create: Who<R>,
        write: Who<R>,
        is_whole: bool,
        is_optional: bool,
    },
    Nested(&'static [Rule<R>]),
}

impl<R> Rule<R> {
    /// The field `name`, which those in `create` set while the object is made, and those in `write`
    /// at any time.
    #[must_use]
    pub const fn field(name: &'static str, create: Who<R>, write: Who<R>) -> Self {
        let kind = Kind::Field {
            create,
            write,
            is_whole: false,
            is_optional: false,
        };
        Self { name, kind }
    }

    /// The field `name`, which holds an object with rules of its own.
    #[must_use]
    pub const fn nested(name: &'static str, rules: &'static [Self]) -> Self {
        let kind = Kind::Nested(rules);
        Self { name, kind }
    }

    /// Lets the value hold objects, of which the field's type takes what it knows.
    #[must_use]
    pub const fn whole(mut self) -> Self {
        if let Kind::Field { is_whole, .. } = &mut self.kind {
            *is_whole = true;
        }
        self
    }

    /// Lets the field be left out while the object is made.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        if let Kind::Field { is_optional, .. } = &mut self.kind {
            *is_optional = true;
        }
        self
    }

    /// The name of the field, as callers write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// What is asked of the rules: for whom, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a, R> {
    pub(super) grant: &'a Grant<R>,
    pub(super) moment: Moment,
}

/// When a field is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// While the object is made.
    Creation,
    /// Later.
    Change,
}

impl<R: Role> Asked<'_, R> {
    /// Whether the caller may set the field of `rule` now, or one within it. An object of which a
    /// caller may set nothing must not show by its name that it is there.
    fn reaches(self, rule: &Rule<R>) -> bool {
        match rule.kind {
            Kind::Field { create, write, .. } => {
                let creates = self.moment == Moment::Creation && self.grant.is_among(create);
                creates || self.grant.is_among(write)
            }
            Kind::Nested(rules) => rules.iter().any(|rule| self.reaches(rule)),
        }
    }

    /// The rule of the field `name` in `rules`, if the caller may set it now.
    pub(super) fn rule(self, rules: &'static [Rule<R>], name: &str) -> Option<&'static Rule<R>> {
        rules
            .iter()
            .find(|rule| rule.name == name)
            .filter(|rule| self.reaches(rule))
    }

    /// Whether a caller who may set the field of `rule` now must.
    pub(super) fn demands(self, rule: &Rule<R>) -> bool {
        let may_be_left_out = match rule.kind {
            Kind::Field { is_optional, .. } => is_optional,
            Kind::Nested(_) => true, // it is asked of those within
        };
        self.moment == Moment::Creation && !may_be_left_out
    }
}

/// What a caller may set now, for the check of what they sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Permitted<'a, R: 'static> {
    asked: Asked<'a, R>,
    kind: Kind<R>,
}

impl<'a, R: Role> Permitted<'a, R> {
    /// What of an object with these rules.
    pub(super) fn of(rules: &'static [Rule<R>], asked: Asked<'a, R>) -> Self {
        let kind = Kind::Nested(rules);
        Self { asked, kind }
    }

    /// Whether the value at `pointer` (such as `#/seo/title`) is the caller's to set, or in one that
    /// is.
    pub(super) fn reaches(self, pointer: &str) -> bool {
        let path = pointer.strip_prefix('#').unwrap_or(pointer);
        if !path.is_empty() && !path.starts_with('/') {
            return false; // no pointer
        }
        let steps = path.split('/').skip(1);
        let mut at = self;
        for step in steps {
            let Kind::Nested(rules) = at.kind else {
                return true;
            };
            let is_meant = |rule: &&Rule<R>| {
                Path::default().pointer_to(rule.name).strip_prefix("#/") == Some(step)
            };
            let Some(rule) = rules.iter().find(is_meant) else {
                return false;
            };
            match at.member(rule.name) {
                Some(member) => at = member,
                None => return false,
            }
        }
        true
    }
}

impl<R: Role> Listing for Permitted<'_, R> {
    fn member(self, name: &str) -> Option<Self> {
        let Kind::Nested(rules) = self.kind else {
            return None;
        };
        let kind = self.asked.rule(rules, name)?.kind;
        Some(Self { kind, ..self })
    }

    fn each(self) -> Option<Self> {
        None // a list is one value
    }

    fn has_members(self) -> bool {
        matches!(self.kind, Kind::Nested(_))
    }

    fn takes(self, value: &Value) -> bool {
        match self.kind {
            Kind::Field { is_whole, .. } => is_whole || !holds_object(value),
            Kind::Nested(_) => false,
        }
    }
}
