//! A schema: made once, asked for each body.

use std::fmt;

use http::StatusCode;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::{Deserialize, DeserializeSeed};
use serde_json::{Map, Value};

use super::check::Check;
use super::close::close;
use super::compile::compile;
use super::lint::{Finding, UNBOUNDED, lint};
use super::program::Program;
use super::size::longest;
use crate::body::{DEFAULT_MAX_BYTES, Faults, PerType, numbers_are_plain, scan};
use crate::config::ConfigError;
use crate::problem::Problem;

/// The rules that bodies of one type must follow, in their strict form.
///
/// Two notes in the root of a schema set what the builder steps below set as well, so that a
/// derived schema can bear them: `"x-max-bytes": 262144` and `"x-invalid-status": 400`. In Rust:
/// `#[schemars(extend("x-max-bytes" = 262144))]`.
pub struct Schema {
    program: Program,
    document: Value,
    max_bytes: usize,
    invalid_status: StatusCode,
}

/// Gives the schema of a type that bodies are read into.
///
/// Every type that derives `schemars::JsonSchema` has it already. Implement it by hand for a type
/// whose schema is written down, here or in a file (`Schema::from_json(include_str!(..))`):
///
/// ```
/// use portcullis::config::ConfigError;
/// use portcullis::input::{RequestSchema, Schema};
///
/// #[derive(serde::Deserialize)]
/// struct Comment {
///     text: String,
/// }
///
/// impl RequestSchema for Comment {
///     fn schema() -> Result<Schema, ConfigError> {
///         Schema::from_json(
///             r#"{
///                 "type": "object",
///                 "required": ["text"],
///                 "properties": { "text": { "type": "string", "minLength": 1, "maxLength": 500 } }
///             }"#,
///         )
///     }
/// }
///
/// let schema = Schema::of::<Comment>()?;
/// let comment: Comment = schema.read(br#"{"text": "First!"}"#).unwrap();
/// assert_eq!(comment.text, "First!");
/// assert!(schema.read::<Comment>(br#"{"text": ""}"#).is_err());
/// # Ok::<(), ConfigError>(())
/// ```
pub trait RequestSchema: 'static {
    /// Makes the schema. It is called when the first body comes in or [`Schema::of`] asks.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no such schema. Bodies of this type are answered 500 then.
    fn schema() -> Result<Schema, ConfigError>;
}

impl<T: JsonSchema + 'static> RequestSchema for T {
    fn schema() -> Result<Schema, ConfigError> {
        let generator = SchemaSettings::draft2020_12()
            .for_deserialize()
            .into_generator();
        Schema::from_value(generator.into_root_schema_for::<T>().to_value())
    }
}

impl Schema {
    /// The schema of `T`. Ask for it when the program starts, so that a schema that is wrong stops
    /// the start and not the requests.
    ///
    /// # Errors
    /// [`ConfigError`] if the schema does not compile or leaves something open.
    pub fn of<T: RequestSchema>() -> Result<&'static Self, ConfigError> {
        static SCHEMAS: PerType<Result<Schema, ConfigError>> = PerType::new();
        SCHEMAS.get::<T>(T::schema).as_ref().map_err(Clone::clone)
    }

    /// The schema of `T`, as [`of`](Self::of), if it bounds all that a caller may send. The level
    /// of a schema that cannot be bounded says so by `"x-dangerous-unbounded": true`.
    ///
    /// # Errors
    /// [`ConfigError`] as `of`, and one that lists all [`findings`](Self::findings).
    pub fn bounded<T: RequestSchema>() -> Result<&'static Self, ConfigError> {
        let schema = Self::of::<T>()?;
        let findings = schema.findings();
        if findings.is_empty() {
            return Ok(schema);
        }
        let list: Vec<String> = findings.iter().map(Finding::to_string).collect();
        Err(ConfigError::new(format!(
            "schema: bound these, or say `\"{UNBOUNDED}\": true` there: {}",
            list.join("; ")
        )))
    }

    /// The places at which the schema leaves something without a bound, in the order of their
    /// pointers.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        lint(&self.document)
    }

    /// Makes a schema from its JSON text.
    ///
    /// # Errors
    /// [`ConfigError`] as [`from_value`](Self::from_value).
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        let schema = serde_json::from_str(text)
            .map_err(|error| ConfigError::new(format!("schema: the text is not JSON: {error}")))?;
        Self::from_value(schema)
    }

    /// Makes a schema from JSON Schema (2020-12 unless its `$schema` names 2019-09 or draft 7), and closes it: objects take the members that they
    /// name and no others, at every level; integers fit the type that they are read into.
    ///
    /// # Errors
    /// [`ConfigError`] if the schema is none, uses words that nobody would check, refers to
    /// anything outside of itself, leaves a level open without saying so by
    /// `"x-dangerous-open": true`, or could make a verdict cost out of proportion.
    pub fn from_value(schema: Value) -> Result<Self, ConfigError> {
        Self::check_numbers()?;
        let notes = schema.as_object().cloned().unwrap_or_default();
        let document = close(schema)?;
        Self::of_program(compile(&document)?, document).with_notes(&notes)
    }

    pub(super) fn check_numbers() -> Result<(), ConfigError> {
        if numbers_are_plain() {
            return Ok(());
        }
        Err(ConfigError::new(
            "the feature `arbitrary_precision` of serde_json is on, with which callers can \
             counterfeit numbers; turn it off",
        ))
    }

    /// The schema that `program` checks and `document` shows.
    pub(super) fn of_program(program: Program, document: Value) -> Self {
        Self {
            program,
            max_bytes: longest(&document).unwrap_or(DEFAULT_MAX_BYTES),
            document,
            invalid_status: StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// Reads bodies of up to `bytes`. By default that is twice the longest document that keeps the
    /// rules, at least 4 KiB and at most 1 MiB; 64 KiB, if the rules bound none.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Answers 400 to a body that breaks the rules (default: 422).
    #[must_use]
    pub fn with_invalid_as_bad_request(mut self) -> Self {
        self.invalid_status = StatusCode::BAD_REQUEST;
        self
    }

    /// The schema in its strict form, for documents: what it shows is what is checked.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The longest body that is read, in bytes.
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// Whether bodies are checked while they are read, all of them: no part of the schema has several
    /// schemas speak of one value, for which that is read into a tree first.
    #[must_use]
    pub fn is_one_pass(&self) -> bool {
        self.program.is_one_pass()
    }

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

    pub(super) fn with_notes(mut self, notes: &Map<String, Value>) -> Result<Self, ConfigError> {
        if let Some(note) = notes.get("x-max-bytes") {
            let bytes = note.as_u64().and_then(|bytes| usize::try_from(bytes).ok());
            self.max_bytes = bytes.filter(|bytes| *bytes > 0).ok_or_else(|| {
                ConfigError::new("schema #: `x-max-bytes` must be a number of bytes from 1 on")
            })?;
        }
        match notes.get("x-invalid-status").map(Value::as_u64) {
            None | Some(Some(422)) => Ok(self),
            Some(Some(400)) => Ok(self.with_invalid_as_bad_request()),
            Some(_) => Err(ConfigError::new(
                "schema #: `x-invalid-status` must be 400 or 422",
            )),
        }
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema")
            .field("document", &self.document)
            .field("max_bytes", &self.max_bytes)
            .field("invalid_status", &self.invalid_status)
            .finish_non_exhaustive()
    }
}
