//! What `serde`'s attributes say of names, so that one field has one name.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, ExprPath, Field, Ident, LitStr, Result, token};

use crate::case::renamed;

/// Which of the two names: the one that is read or the one that is written.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Way {
    In,
    Out,
}

impl Way {
    fn word(self) -> &'static str {
        match self {
            Self::In => "deserialize",
            Self::Out => "serialize",
        }
    }

    /// The attributes that would make `serde` read or write a field otherwise than its type does,
    /// or under more than one name.
    fn unheeded(self) -> &'static [&'static str] {
        match self {
            Self::In => &[
                "flatten",
                "alias",
                "with",
                "deserialize_with",
                "skip",
                "skip_deserializing",
            ],
            Self::Out => &[
                "flatten",
                "with",
                "serialize_with",
                "skip",
                "skip_serializing",
            ],
        }
    }
}

/// What was found in the attributes of a field or a struct.
#[derive(Default)]
pub(crate) struct Wire {
    rename: Option<LitStr>,
    rename_all: Option<LitStr>,
    pub(crate) skip_if: Option<ExprPath>,
}

impl Wire {
    pub(crate) fn of(attributes: &[Attribute], way: Way) -> Result<Self> {
        let mut wire = Self::default();
        for attribute in attributes {
            if attribute.path().is_ident("serde") {
                attribute.parse_nested_meta(|meta| wire.read(&meta, way))?;
            }
        }
        Ok(wire)
    }

    fn read(&mut self, meta: &ParseNestedMeta<'_>, way: Way) -> Result<()> {
        let name = meta.path.get_ident().map(Ident::to_string);
        let name = name.unwrap_or_default();
        match name.as_str() {
            "rename" => one_of_two(meta, way, &mut self.rename),
            "rename_all" => one_of_two(meta, way, &mut self.rename_all),
            "skip_serializing_if" => {
                let path: LitStr = meta.value()?.parse()?;
                self.skip_if = Some(path.parse()?);
                Ok(())
            }
            unheeded if way.unheeded().contains(&unheeded) => Err(meta.error(format!(
                "`serde({unheeded})` on a field that callers reach would make it another field \
                 than the rules say; leave it out, or wrap the value in a type of its own"
            ))),
            _ => passed_over(meta),
        }
    }

    /// The name of `field` in a struct of which `self` was found.
    pub(crate) fn name_of(&self, field: &Field, own: &Self) -> Result<String> {
        if let Some(name) = &own.rename {
            return Ok(name.value());
        }
        let name = field.ident.as_ref().map(Ident::to_string);
        let name = name.unwrap_or_default();
        let name = name.trim_start_matches("r#");
        let Some(rule) = &self.rename_all else {
            return Ok(name.to_owned());
        };
        renamed(name, &rule.value())
            .ok_or_else(|| syn::Error::new_spanned(rule, "`serde` knows no such case"))
    }
}

/// `rename = "a"`, or of `rename(serialize = "a", deserialize = "b")` the one that is asked for.
fn one_of_two(meta: &ParseNestedMeta<'_>, way: Way, found: &mut Option<LitStr>) -> Result<()> {
    if !meta.input.peek(token::Paren) {
        *found = Some(meta.value()?.parse()?);
        return Ok(());
    }
    meta.parse_nested_meta(|inner| {
        let name: LitStr = inner.value()?.parse()?;
        if inner.path.is_ident(way.word()) {
            *found = Some(name);
        }
        Ok(())
    })
}

/// Reads on to the next attribute.
fn passed_over(meta: &ParseNestedMeta<'_>) -> Result<()> {
    if meta.input.peek(token::Paren) {
        meta.parse_nested_meta(|inner| passed_over(&inner))
    } else if meta.input.peek(syn::Token![=]) {
        meta.value()?.parse::<syn::Expr>().map(drop)
    } else {
        Ok(())
    }
}
