//! Stops requests without a valid JSON Web Token.
