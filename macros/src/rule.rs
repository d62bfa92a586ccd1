//! The rule of one field, as it was written.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Field, Ident, Result, Token, parenthesized, token};

/// The words of one derive.
pub(crate) struct Grammar {
    /// The name of the attribute.
    pub(crate) attribute: &'static str,
    /// The rules that name roles.
    pub(crate) with_roles: &'static [&'static str],
    /// What may stand beside such a rule.
    pub(crate) flags: &'static [&'static str],
    /// What is asked of an author who gave no rule.
    pub(crate) question: &'static str,
}

/// What was written at a field.
#[derive(Default)]
pub(crate) struct Rule {
    pub(crate) is_never: bool,
    pub(crate) is_nested: bool,
    allowed: Vec<(String, Option<Punctuated<Ident, Token![,]>>)>,
    flags: Vec<String>,
}

impl Rule {
    /// The rule of `field`.
    pub(crate) fn of(field: &Field, grammar: &Grammar) -> Result<Self> {
        let own = |attribute: &&Attribute| attribute.path().is_ident(grammar.attribute);
        let mut rule = Self::default();
        for attribute in field.attrs.iter().filter(own) {
            attribute.parse_nested_meta(|meta| rule.read(&meta, grammar))?;
        }
        let kinds = [rule.is_never, rule.is_nested, !rule.allowed.is_empty()];
        match kinds.iter().filter(|is_there| **is_there).count() {
            0 => Err(Error::new_spanned(field, missing(field, grammar))),
            1 if rule.allowed.is_empty() && !rule.flags.is_empty() => Err(Error::new_spanned(
                field,
                format!("`{}` says nothing here", rule.flags.join("`, `")),
            )),
            1 => Ok(rule),
            _ => Err(Error::new_spanned(
                field,
                "a field has one rule: `never` and `nested` stand alone",
            )),
        }
    }

    fn read(&mut self, meta: &ParseNestedMeta<'_>, grammar: &Grammar) -> Result<()> {
        let word = meta.path.get_ident().map(Ident::to_string);
        let word = word.unwrap_or_default();
        match word.as_str() {
            "never" if !self.is_never => self.is_never = true,
            "nested" if !self.is_nested => self.is_nested = true,
            rule if grammar.with_roles.contains(&rule) && self.roles_of(rule).is_none() => {
                let roles = if meta.input.peek(token::Paren) {
                    Some(roles(meta)?)
                } else {
                    None
                };
                self.allowed.push((word, roles));
            }
            flag if grammar.flags.contains(&flag) && !self.has(flag) => self.flags.push(word),
            _ => {
                let known = [&["never", "nested"], grammar.with_roles, grammar.flags].concat();
                return Err(meta.error(format!(
                    "there is no such rule, or it stands twice; there are `{}`",
                    known.join("`, `")
                )));
            }
        }
        Ok(())
    }

    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|own| own == flag)
    }

    fn roles_of(&self, rule: &str) -> Option<&Option<Punctuated<Ident, Token![,]>>> {
        let mut allowed = self.allowed.iter();
        allowed.find(|(own, _)| own == rule).map(|(_, roles)| roles)
    }

    /// Whom the rule `word` lets, as code.
    pub(crate) fn who(&self, word: &str, role: &TokenStream) -> TokenStream {
        match self.roles_of(word) {
            None => quote!(::portcullis::assign::Who::Nobody),
            Some(None) => quote!(::portcullis::assign::Who::Anyone),
            Some(Some(roles)) => {
                let roles = roles.iter();
                quote!(::portcullis::assign::Who::Roles(&[#(<#role>::#roles),*]))
            }
        }
    }

    /// A role that the rule names, if it names one.
    pub(crate) fn a_role(&self) -> Option<&Ident> {
        let mut named = self.allowed.iter().filter_map(|(_, roles)| roles.as_ref());
        named.find_map(Punctuated::first)
    }
}

fn missing(field: &Field, grammar: &Grammar) -> String {
    let name = field.ident.as_ref().map(Ident::to_string);
    let name = name.unwrap_or_default();
    let choices = grammar.with_roles.iter().map(|word| {
        let attribute = grammar.attribute;
        format!("`#[{attribute}({word})]`, `#[{attribute}({word}(Role, ...))]`")
    });
    format!(
        "`{name}` has no rule: {} Write `#[{1}(never)]`, {2} or `#[{1}(nested)]`",
        grammar.question,
        grammar.attribute,
        choices.collect::<Vec<_>>().join(", "),
    )
}

fn roles(meta: &ParseNestedMeta<'_>) -> Result<Punctuated<Ident, Token![,]>> {
    let content;
    let parentheses = parenthesized!(content in meta.input);
    let roles = Punctuated::parse_terminated(&content)?;
    if roles.is_empty() {
        return Err(Error::new(
            parentheses.span.join(),
            "names no role; name those whom the rule lets, or leave the parentheses out for \
             whoever has a grant",
        ));
    }
    Ok(roles)
}
