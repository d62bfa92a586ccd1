//! What a schema says of itself, beside its rules.

use serde_json::{Map, Value, json};

use super::schema::Schema;
use crate::config::ConfigError;

impl Schema {
    /// Does what the notes in the root of a schema say.
    pub(super) fn with_notes(mut self, notes: &Map<String, Value>) -> Result<Self, ConfigError> {
        if let Some(note) = notes.get("x-max-bytes") {
            let bytes = note.as_u64().and_then(|bytes| usize::try_from(bytes).ok());
            self.max_bytes = bytes.filter(|bytes| *bytes > 0).ok_or_else(|| {
                ConfigError::new("schema #: `x-max-bytes` must be a number of bytes from 1 on")
            })?;
        }
        match notes.get("x-invalid-status").map(Value::as_u64) {
            None | Some(Some(422)) => {}
            Some(Some(400)) => self = self.with_invalid_as_bad_request(),
            Some(_) => {
                return Err(ConfigError::new(
                    "schema #: `x-invalid-status` must be 400 or 422",
                ));
            }
        }
        match notes.get("x-reports-only") {
            None | Some(Value::Bool(false)) => {}
            Some(Value::Bool(true)) => self = self.with_reports_only(),
            Some(_) => {
                return Err(ConfigError::new(
                    "schema #: `x-reports-only` must be true or false",
                ));
            }
        }
        match notes.get("x-content-encoding") {
            None => Ok(self),
            Some(list) if *list == json!([]) => Ok(self),
            #[cfg(feature = "compression")]
            Some(list) if *list == json!(["gzip"]) => Ok(self.with_gzip()),
            Some(_) => Err(ConfigError::new(
                "schema #: `x-content-encoding` must be [\"gzip\"], with the feature `compression`",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_does_what_its_step_does_and_is_refused_if_it_says_nothing() {
        let gzip = cfg!(feature = "compression");
        for (note, value, is_good) in [
            ("x-max-bytes", json!(1), true),
            ("x-max-bytes", json!(0), false),
            ("x-invalid-status", json!(400), true),
            ("x-invalid-status", json!(422), true),
            ("x-invalid-status", json!(200), false),
            ("x-reports-only", json!(true), true),
            ("x-reports-only", json!(false), true),
            ("x-reports-only", json!("no"), false),
            ("x-content-encoding", json!([]), true),
            ("x-content-encoding", json!(["gzip"]), gzip),
            ("x-content-encoding", json!("gzip"), false),
            ("x-content-encoding", json!(["gzip", "br"]), false),
            ("x-content-encoding", json!(["br"]), false),
        ] {
            let schema = Schema::from_value(json!({ "type": "boolean", note: value }));
            assert_eq!(schema.is_ok(), is_good, "{note}: {value}");
            let Ok(schema) = schema else { continue };
            let said = (note, !matches!(value, Value::Bool(false)));
            assert_eq!(schema.is_reporting, said == ("x-reports-only", true));
            assert_eq!(schema.takes_gzip, value == json!(["gzip"]));
        }
    }
}
