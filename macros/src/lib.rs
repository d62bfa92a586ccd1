//! The derives of `portcullis::assign`, which exports and describes them.

mod assignable;
mod case;
mod faults;
mod model;
mod options;
mod rule;
#[cfg(test)]
mod tests;
mod view;
mod wire;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Says of each field of a model who may set it; see `portcullis::assign`.
///
/// On the struct: `#[assign(role = Path)]`, the enum of roles, if rules name roles;
/// `#[assign(validate = path)]`, a function from `&Self` to a `Vec<FieldFault>`, which looks at the
/// whole before a change counts; `#[assign(max_bytes = number)]`.
///
/// On each field one rule:
///
/// | Rule | Who sets the field |
/// |---|---|
/// | `#[assign(never)]` | no caller |
/// | `#[assign(write)]` | whoever has a grant |
/// | `#[assign(write(A, B))]` | those in the role `A` or `B` |
/// | `#[assign(create)]`, `#[assign(create(A))]` | the same, only while the object is made |
/// | `#[assign(create(A), write(B))]` | `A` while the object is made, `B` at any time |
/// | `#[assign(nested)]` | as the rules say of the model that is its type |
///
/// `optional` beside a rule lets the field be left out while the object is made; `whole` lets its
/// value hold objects, of which its type then takes what it knows.
///
/// Fields have the names that `serde` gives them by `rename` and `rename_all`.
#[proc_macro_derive(Assignable, attributes(assign, serde))]
pub fn assignable(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    assignable::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Says of each field of a model who may see it; see `portcullis::assign`.
///
/// On the struct: `#[view(role = Path)]`, the enum of roles, if rules name roles.
///
/// On each field one rule:
///
/// | Rule | Who sees the field |
/// |---|---|
/// | `#[view(never)]` | no caller |
/// | `#[view(read)]` | whoever has a grant |
/// | `#[view(read(A, B))]` | those in the role `A` or `B` |
/// | `#[view(nested)]` | as the rules say of the model that is its type |
///
/// Fields have the names that `serde` gives them by `rename` and `rename_all`;
/// `skip_serializing_if` holds as well.
#[proc_macro_derive(View, attributes(view, serde))]
pub fn view(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    view::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
