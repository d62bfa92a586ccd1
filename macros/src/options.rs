//! What is said of the whole model.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::{DeriveInput, Expr, Path, Result};

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) role: Option<Path>,
    pub(crate) validate: Option<Path>,
    pub(crate) max_bytes: Option<Expr>,
}

impl Options {
    /// Those in the attributes `attribute`, of which `known` may be said.
    pub(crate) fn of(input: &DeriveInput, attribute: &str, known: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        for found in &input.attrs {
            if found.path().is_ident(attribute) {
                found.parse_nested_meta(|meta| options.read(&meta, known))?;
            }
        }
        Ok(options)
    }

    fn read(&mut self, meta: &ParseNestedMeta<'_>, known: &[&str]) -> Result<()> {
        let is = |word| known.contains(&word) && meta.path.is_ident(word);
        if is("role") {
            self.role = Some(meta.value()?.parse()?);
        } else if is("validate") {
            self.validate = Some(meta.value()?.parse()?);
        } else if is("max_bytes") {
            self.max_bytes = Some(meta.value()?.parse()?);
        } else {
            let known = known.join("`, `");
            return Err(meta.error(format!("of a whole model can be said: `{known}`")));
        }
        Ok(())
    }

    /// The enum of roles.
    pub(crate) fn role(&self) -> TokenStream {
        let role = self.role.as_ref().map(|role| quote!(#role));
        role.unwrap_or_else(|| quote!(::portcullis::assign::Anyone))
    }
}
