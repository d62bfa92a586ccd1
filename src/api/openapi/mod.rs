//! What protects each route, in the words of `OpenAPI` 3.1.

mod document;
mod refusals;
mod schemas;
mod security;
