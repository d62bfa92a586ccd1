//! A model as its author wrote it, read for one of the derives.

use std::collections::BTreeSet;

use syn::{Data, DeriveInput, Error, ExprPath, Field, Fields, Ident, Result, Type};

use crate::faults::Faults;
use crate::options::Options;
use crate::rule::{Grammar, Rule};
use crate::wire::{Way, Wire};

/// A field that callers reach.
pub(crate) struct Reached<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) kind: &'a Type,
    /// As callers write it.
    pub(crate) name: String,
    pub(crate) rule: Rule,
    pub(crate) skip_if: Option<ExprPath>,
}

/// The fields of a model that callers reach by its rules.
pub(crate) fn reached<'a>(
    input: &'a DeriveInput,
    grammar: &Grammar,
    options: &Options,
    way: Way,
) -> Result<Vec<Reached<'a>>> {
    let fields = named_fields(input)?;
    let whole = Wire::of(&input.attrs, way)?;
    let mut faults = Faults::default();
    let mut names = BTreeSet::new();
    let mut all = Vec::new();
    for field in fields {
        let Some(rule) = faults.take(Rule::of(field, grammar)) else {
            continue;
        };
        if let Some(role) = rule.a_role().filter(|_| options.role.is_none()) {
            let attribute = grammar.attribute;
            faults.at(
                role,
                format!("no roles are known; put `#[{attribute}(role = ...)]` on the struct"),
            );
        }
        if rule.is_never {
            continue;
        }
        let Some(reached) = faults.take(reach(field, rule, &whole, way)) else {
            continue;
        };
        if !names.insert(reached.name.clone()) {
            faults.at(field, "callers know another field by this name");
        }
        all.push(reached);
    }
    faults.into_result()?;
    Ok(all)
}

fn reach<'a>(field: &'a Field, rule: Rule, whole: &Wire, way: Way) -> Result<Reached<'a>> {
    let own = Wire::of(&field.attrs, way)?;
    let ident = field.ident.as_ref();
    Ok(Reached {
        ident: ident.ok_or_else(|| Error::new_spanned(field, "a field needs a name"))?,
        kind: &field.ty,
        name: whole.name_of(field, &own)?,
        rule,
        skip_if: own.skip_if,
    })
}

fn named_fields(input: &DeriveInput) -> Result<impl Iterator<Item = &Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter()),
            _ => Err(Error::new_spanned(
                &input.ident,
                "only a struct with named fields can have rules for each of them",
            )),
        },
        _ => Err(Error::new_spanned(
            &input.ident,
            "only a struct can have rules for each of its fields",
        )),
    }
}
