//! `#[derive(View)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

use crate::model::{Reached, reached};
use crate::options::Options;
use crate::rule::Grammar;
use crate::wire::Way;

const GRAMMAR: Grammar = Grammar {
    attribute: "view",
    with_roles: &["read"],
    flags: &[],
    question: "who may see it?",
};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let options = Options::of(input, "view", &["role"])?;
    let fields = reached(input, &GRAMMAR, &options, Way::Out)?;
    let role = options.role();
    let steps = fields.iter().map(|field| {
        let Reached {
            ident,
            name,
            rule,
            skip_if,
            ..
        } = field;
        let step = if rule.is_nested {
            quote!(showing.nested(#name, &self.#ident)?;)
        } else {
            let who = rule.who("read", &role);
            quote!(showing.field(#name, #who, &self.#ident)?;)
        };
        match skip_if {
            Some(is_skipped) => quote!(if !#is_skipped(&self.#ident) { #step }),
            None => step,
        }
    });
    let shown = fields.iter().map(|Reached { kind, rule, .. }| {
        if rule.is_nested {
            quote!(<#kind as ::portcullis::assign::View>::shows_to(grant))
        } else {
            let who = rule.who("read", &role);
            quote!(grant.shows(#who))
        }
    });
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::portcullis::assign::View for #name #arguments #bounds {
            type Role = #role;

            #[allow(unused_variables)]
            fn shows_to(grant: &::portcullis::assign::Grant<#role>) -> ::core::primitive::bool {
                false #(|| #shown)*
            }

            fn show<__S: ::portcullis::assign::Serializer>(
                &self,
                grant: &::portcullis::assign::Grant<#role>,
                serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                #[allow(unused_mut)]
                let mut showing =
                    ::portcullis::assign::Showing::<'_, #role, __S>::to(grant, serializer)?;
                #(#steps)*
                showing.end()
            }
        }
    })
}
