//! `#[derive(Assignable)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path, Result};

use crate::model::{Reached, reached};
use crate::options::Options;
use crate::rule::Grammar;
use crate::wire::Way;

const GRAMMAR: Grammar = Grammar {
    attribute: "assign",
    with_roles: &["write", "create"],
    flags: &["optional", "whole"],
    question: "who may set it?",
};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let options = Options::of(input, "assign", &["role", "validate", "max_bytes"])?;
    let fields = reached(input, &GRAMMAR, &options, Way::In)?;
    let role = options.role();
    let rules = fields.iter().map(|field| rule(field, &role));
    let steps = fields.iter().map(
        |Reached {
             ident, name, rule, ..
         }| {
            if rule.is_nested {
                quote!(said.nested(#name, &mut self.#ident);)
            } else {
                quote!(said.field(#name, &mut self.#ident);)
            }
        },
    );
    let max_bytes = options
        .max_bytes
        .as_ref()
        .map(|max_bytes| quote!(const MAX_BYTES: ::core::primitive::usize = #max_bytes;));
    let faults = faults(&fields, options.validate.as_ref());
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::portcullis::assign::Assignable for #name #arguments #bounds {
            type Role = #role;

            const RULES: &'static [::portcullis::assign::Rule<#role>] = &[#(#rules),*];

            #max_bytes

            #[allow(unused_variables)]
            fn assign(&mut self, said: &mut ::portcullis::assign::Said<'_, #role>) {
                #(#steps)*
            }

            #faults
        }
    })
}

fn rule(field: &Reached<'_>, role: &TokenStream) -> TokenStream {
    let Reached {
        kind, name, rule, ..
    } = field;
    if rule.is_nested {
        let inner = quote!(<#kind as ::portcullis::assign::Assignable>::RULES);
        return quote!(::portcullis::assign::Rule::nested(#name, #inner));
    }
    let (create, write) = (rule.who("create", role), rule.who("write", role));
    let whole = rule.has("whole").then(|| quote!(.whole()));
    let optional = rule.has("optional").then(|| quote!(.optional()));
    quote!(::portcullis::assign::Rule::field(#name, #create, #write) #whole #optional)
}

/// The check of the whole: the model's own, and those of the models within it.
fn faults(fields: &[Reached<'_>], validate: Option<&Path>) -> Option<TokenStream> {
    let nested: Vec<_> = fields
        .iter()
        .filter(|field| field.rule.is_nested)
        .map(|Reached { ident, name, .. }| {
            quote!(faults.extend(::portcullis::assign::Assignable::faults_in(&self.#ident, #name));)
        })
        .collect();
    if nested.is_empty() && validate.is_none() {
        return None;
    }
    let faults_list = quote!(::std::vec::Vec<::portcullis::problem::FieldFault>);
    let own = validate.map_or_else(
        || quote!(::std::vec::Vec::new()),
        |validate| quote!(#validate(self)),
    );
    Some(quote! {
        fn faults(&self) -> #faults_list {
            #[allow(unused_mut)]
            let mut faults: #faults_list = #own;
            #(#nested)*
            faults
        }
    })
}
