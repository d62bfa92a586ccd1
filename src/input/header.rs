//! Header fields as named parameters.

use http::header::HeaderMap;

use super::pairs::{Pair, malformed, pointer_to, repeated};
use super::program::Program;
use crate::field::exactly_one;
use crate::problem::{FieldFault, Problem};

impl Program {
    /// The fields whose names the rules know. No other is looked at: a request bears many that are
    /// none of a handler's business.
    pub(super) fn fields<'h>(&'h self, headers: &'h HeaderMap) -> Result<Vec<Pair<'h>>, Problem> {
        let mut pairs = Vec::new();
        let known = self.parameters().map(|object| &object.members);
        for member in known.into_iter().flatten() {
            let lines = exactly_one(headers, kebab(&member.name));
            let Some(line) = lines.map_err(|_| repeated(&member.name))? else {
                continue;
            };
            let text = line.to_str().map_err(|_| {
                let pointer = pointer_to(&member.name);
                malformed(
                    "field_not_ascii",
                    &pointer,
                    "syntax",
                    "must be printable ASCII",
                )
            })?;
            pairs.push((member.name.as_ref().into(), text.into()));
        }
        Ok(pairs)
    }
}

/// The same problem, with the names of fields in its pointers.
pub(super) fn by_field(problem: Problem) -> Problem {
    let named = |fault: &FieldFault| {
        let mut fault = fault.clone();
        fault.pointer = kebab(&fault.pointer);
        fault
    };
    let (faults, truncated) = (problem.faults().iter().map(named), problem.is_truncated());
    let faults = faults.collect();
    problem.with_faults(faults, truncated)
}

/// The name of the field that a member stands for: `request_id` and `requestId` for `request-id`.
fn kebab(member: &str) -> String {
    let mut field = String::with_capacity(member.len() + 4);
    for character in member.chars() {
        if character == '_' {
            field.push('-');
            continue;
        }
        let begins_word = field
            .chars()
            .next_back()
            .is_some_and(|c| c.is_ascii_lowercase());
        if character.is_ascii_uppercase() && begins_word {
            field.push('-');
        }
        field.push(character.to_ascii_lowercase());
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_stands_for_the_field_of_the_usual_name() {
        for (member, field) in [
            ("accept", "accept"),
            ("request_id", "request-id"),
            ("requestId", "request-id"),
            ("RequestId", "request-id"),
            ("Request-Id", "request-id"),
            ("request-id", "request-id"),
            ("x_request_id", "x-request-id"),
            ("eTag", "e-tag"),
            ("#/requestId", "#/request-id"),
        ] {
            assert_eq!(kebab(member), field, "{member}");
        }
    }
}
