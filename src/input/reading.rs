//! What a schema does with a body.

use serde::de::{Deserialize, DeserializeOwned, DeserializeSeed};

use super::check::Check;
use super::pairs::pairs;
use super::program::Program;
use super::schema::Schema;
use crate::body::{Faults, scan};
use crate::problem::{Kind, Problem};

impl Schema {
    /// Checks `body` without keeping anything of it.
    ///
    /// # Errors
    /// A [`Problem`] of the kind `MalformedBody` if it is not one strict JSON text, of the kind
    /// `InvalidBody` with all faults (at most 32) if it breaks the rules.
    pub fn check(&self, body: &[u8]) -> Result<(), Problem> {
        let mut faults = Faults::default();
        scan(body, |walk, json| {
            let mut check = Check {
                program: &self.program,
                walk,
                faults: &mut faults,
            };
            check.root().deserialize(json)
        })?;
        if faults.is_empty() {
            return Ok(());
        }
        Err(self.invalid(faults, "rules_broken"))
    }

    /// Checks `body` and reads it into `T`.
    ///
    /// # Errors
    /// As [`check`](Self::check). A body that keeps the rules and yet cannot be read into `T` is
    /// `InvalidBody` too, with one fault at `#`.
    pub fn read<'a, T: Deserialize<'a>>(&self, body: &'a [u8]) -> Result<T, Problem> {
        // What serde has to say echoes what was sent, and lists names; it goes no further.
        self.program.read(body).ok_or_else(|| self.refusal_of(body))
    }

    /// The same of `application/x-www-form-urlencoded`: a body, or the query of an address. Values
    /// are read as their rules say, in the one form that JSON has for them; a name stands once
    /// unless its rules are those of an array; there are at most 1,024 pairs.
    ///
    /// # Errors
    /// As `read`. The kinds are those of a body.
    pub fn read_form<T: DeserializeOwned>(&self, form: &[u8]) -> Result<T, Problem> {
        self.read(&self.program.text_of(&pairs(form)?)?)
    }

    /// Reads `text` into `T`. If the schema only reports, what breaks its rules is read too, if it
    /// can be, and told to `report`.
    #[inline]
    pub(super) fn admit<'a, T: Deserialize<'a>>(
        &self,
        text: &'a [u8],
        report: impl FnOnce(Problem),
    ) -> Result<T, Problem> {
        match self.program.read(text) {
            Some(read) => Ok(read),
            None => self.second_look(text, report),
        }
    }

    #[cold]
    fn second_look<'a, T: Deserialize<'a>>(
        &self,
        text: &'a [u8],
        report: impl FnOnce(Problem),
    ) -> Result<T, Problem> {
        let problem = self.refusal_of(text);
        if self.is_reporting
            && problem.kind() == Kind::InvalidBody
            && let Some(read) = Program::of_anything().read(text)
        {
            report(problem);
            return Ok(read);
        }
        Err(problem)
    }

    /// What is wrong with a body that was refused.
    #[cold]
    fn refusal_of(&self, body: &[u8]) -> Problem {
        if let Err(problem) = self.check(body) {
            return problem;
        }
        let mut faults = Faults::default();
        faults.add(
            || "#".to_owned(),
            "type",
            "must have the shape of this resource",
        );
        self.invalid(faults, "type_not_readable")
    }

    fn invalid(&self, faults: Faults, reason: &'static str) -> Problem {
        faults.into_problem(reason).with_status(self.invalid_status)
    }
}
