//! What authors are told.

use syn::DeriveInput;

use crate::{assignable, view};

/// Every error of both derives.
fn told(model: &str) -> Vec<String> {
    let input: DeriveInput = syn::parse_str(model).unwrap();
    [assignable::expand(&input), view::expand(&input)]
        .into_iter()
        .filter_map(Result::err)
        .flatten()
        .map(|error| error.to_string())
        .collect()
}

/// The only error of the derive whose attribute is in the model.
fn error(model: &str) -> String {
    let input: DeriveInput = syn::parse_str(model).unwrap();
    let expanded = if model.contains("view") {
        view::expand(&input)
    } else {
        assignable::expand(&input)
    };
    let errors: Vec<_> = expanded.unwrap_err().into_iter().collect();
    assert_eq!(errors.len(), 1, "{model}");
    errors[0].to_string()
}

#[test]
fn a_field_without_a_rule_is_told_what_to_say() {
    let told = told("struct A { #[assign(write)] #[view(read)] a: u8, b: u8, c: u8 }");
    assert_eq!(
        told,
        [
            "`b` has no rule: who may set it? Write `#[assign(never)]`, `#[assign(write)]`, \
             `#[assign(write(Role, ...))]`, `#[assign(create)]`, `#[assign(create(Role, ...))]` or \
             `#[assign(nested)]`",
            "`c` has no rule: who may set it? Write `#[assign(never)]`, `#[assign(write)]`, \
             `#[assign(write(Role, ...))]`, `#[assign(create)]`, `#[assign(create(Role, ...))]` or \
             `#[assign(nested)]`",
            "`b` has no rule: who may see it? Write `#[view(never)]`, `#[view(read)]`, \
             `#[view(read(Role, ...))]` or `#[view(nested)]`",
            "`c` has no rule: who may see it? Write `#[view(never)]`, `#[view(read)]`, \
             `#[view(read(Role, ...))]` or `#[view(nested)]`",
        ]
    );
}

#[test]
fn rules_that_say_nothing_or_two_things_are_refused() {
    let stands_alone = "a field has one rule: `never` and `nested` stand alone";
    let no_such = "there is no such rule, or it stands twice; there are `never`, `nested`";
    for (rule, message) in [
        ("#[assign()]", "`a` has no rule"),
        ("#[assign(optional)]", "`a` has no rule"),
        ("#[assign(never, write)]", stands_alone),
        ("#[assign(never)] #[assign(write)]", stands_alone),
        ("#[assign(nested, create(A))]", stands_alone),
        ("#[assign(never, optional)]", "`optional` says nothing here"),
        ("#[assign(nested, whole)]", "`whole` says nothing here"),
        ("#[assign(write, write(A))]", no_such),
        ("#[assign(never, never)]", no_such),
        ("#[assign(read)]", no_such),
        ("#[assign(always)]", no_such),
        ("#[assign(a::write)]", no_such),
        ("#[assign(write())]", "names no role"),
        ("#[assign(write(\"A\"))]", "expected identifier"),
        ("#[assign(write = \"A\")]", "expected"),
        ("#[assign]", "expected attribute arguments"),
        ("#[view(write)]", no_such),
        ("#[view(read, optional)]", no_such),
    ] {
        let role = if rule.contains("view") {
            "view"
        } else {
            "assign"
        };
        let told = error(&format!("#[{role}(role = R)] struct M {{ {rule} a: u8 }}"));
        assert!(told.starts_with(message), "{rule}: {told}");
    }
}

#[test]
fn a_role_without_an_enum_of_roles_is_refused() {
    let told = error("struct M { #[assign(write(A))] a: u8 }");
    assert_eq!(
        told,
        "no roles are known; put `#[assign(role = ...)]` on the struct"
    );
    let told = error("struct M { #[view(read(A))] a: u8 }");
    assert_eq!(
        told,
        "no roles are known; put `#[view(role = ...)]` on the struct"
    );
    let told = error("#[view(validate = a)] struct M { #[view(read)] a: u8 }");
    assert_eq!(told, "of a whole model can be said: `role`");
}

#[test]
fn what_serde_would_read_or_write_otherwise_is_refused_where_callers_reach_it() {
    for word in ["flatten", "skip", "with = \"a\""] {
        let serde = format!("#[serde({word})]");
        for (rule, reached) in [
            ("#[assign(write)] #[view(never)]", 1),
            ("#[assign(never)] #[view(read)]", 1),
            ("#[assign(never)] #[view(never)]", 0),
            ("#[assign(nested)] #[view(nested)]", 2),
        ] {
            let told = told(&format!("struct M {{ {rule} {serde} a: A }}"));
            assert_eq!(told.len(), reached, "{rule} {serde}");
        }
    }
    for (word, reached) in [
        ("alias = \"b\"", 1),
        ("deserialize_with = \"b\"", 1),
        ("serialize_with = \"b\"", 1),
        ("default", 0),
        (
            "default = \"b\", rename(serialize = \"x\"), bound(serialize = \"T: Copy\")",
            0,
        ),
    ] {
        let model = format!("struct M {{ #[assign(write)] #[view(read)] #[serde({word})] a: A }}");
        assert_eq!(told(&model).len(), reached, "{word}");
    }
}

#[test]
fn one_name_is_one_field_and_only_structs_with_names_have_rules() {
    let twice =
        "struct M { #[assign(write)] a: u8, #[assign(write)] #[serde(rename = \"a\")] b: u8 }";
    assert_eq!(error(twice), "callers know another field by this name");
    let shadowed =
        "struct M { #[assign(never)] a: u8, #[assign(write)] #[serde(rename = \"a\")] b: u8 }";
    assert!(
        told(shadowed)
            .iter()
            .all(|told| told.contains("who may see it?"))
    );
    let case = "#[serde(rename_all = \"Camel\")] struct M { #[assign(write)] a: u8 }";
    assert_eq!(error(case), "`serde` knows no such case");
    for other in [
        "enum M { A }",
        "struct M(u8);",
        "struct M;",
        "union M { a: u8 }",
    ] {
        assert!(
            told(other)
                .iter()
                .all(|told| told.starts_with("only a struct"))
        );
        assert_eq!(told(other).len(), 2);
    }
}

#[test]
fn a_model_whose_fields_are_nobodys_compiles() {
    assert!(told("struct M { #[assign(never)] #[view(never)] a: u8 }").is_empty());
    assert!(told("struct M {}").is_empty());
}
