//! A schema: made once, asked for each body.

use std::fmt;

use http::StatusCode;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::close::close;
use super::compile::compile;
use super::lint::{Finding, UNBOUNDED, lint};
use super::program::Program;
use super::size::longest;
use crate::body::{DEFAULT_MAX_BYTES, PerType, numbers_are_plain};
use crate::config::ConfigError;

/// The rules that bodies of one type must follow, in their strict form.
///
/// Notes in the root of a schema set what the builder steps below set as well, so that a derived
/// schema can bear them: `"x-max-bytes": 262144`, `"x-invalid-status": 400`,
/// `"x-content-encoding": ["gzip"]` and `"x-reports-only": true`. In Rust:
/// `#[schemars(extend("x-max-bytes" = 262144))]`.
pub struct Schema {
    pub(super) program: Program,
    document: Value,
    pub(super) max_bytes: usize,
    pub(super) invalid_status: StatusCode,
    pub(super) takes_gzip: bool,
    pub(super) is_reporting: bool,
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

    /// The schema of `T`, as [`of`](Self::of), if `T` can be read from parameters: one object of
    /// values and lists of values. Ask for it at start, for the types of queries, paths, forms and
    /// header fields.
    ///
    /// # Errors
    /// [`ConfigError`] as `of`, and if a member is neither.
    pub fn of_parameters<T: RequestSchema>() -> Result<&'static Self, ConfigError> {
        let schema = Self::of::<T>()?;
        schema.program.check_parameters().map(|()| schema)
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
            takes_gzip: false,
            is_reporting: false,
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

    /// Takes bodies with `Content-Encoding: gzip` too (default: a body with any coding is answered
    /// 415). The limit holds for the body, and for what is sent in its place; a body that is longer
    /// is not undone further than that.
    #[cfg(feature = "compression")]
    #[must_use]
    pub fn with_gzip(mut self) -> Self {
        self.takes_gzip = true;
        self
    }

    /// Refuses nobody for a broken rule: the extractors let through whatever can be read into the
    /// type, as if there were no rules, and tell an event of what would have been refused. For
    /// trying a schema out. What is no body at all (400, 413, 415) is refused as ever, and so are
    /// broken rules by [`check`](Self::check) and [`read`](Self::read).
    #[must_use]
    pub fn with_reports_only(mut self) -> Self {
        self.is_reporting = true;
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
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema")
            .field("document", &self.document)
            .field("max_bytes", &self.max_bytes)
            .field("invalid_status", &self.invalid_status)
            .field("takes_gzip", &self.takes_gzip)
            .field("is_reporting", &self.is_reporting)
            .finish_non_exhaustive()
    }
}
