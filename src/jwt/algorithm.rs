//! The signature algorithms.

/// A signature algorithm (RFC 7518, section 3.1; RFC 8037; RFC 9864). Every key has exactly one;
/// what a token says of itself never chooses it (RFC 8725, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// `EdDSA` on Curve25519. Tokens call it `EdDSA` or `Ed25519`; this crate writes `EdDSA`.
    Ed25519,
}

/// What kind of key an algorithm takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Hmac,
    Rsa,
    Ec,
    Edwards,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 13] = [
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::Ed25519,
    ];

    /// The name that tokens bear in `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Ed25519 => "EdDSA",
        }
    }

    /// The algorithm that goes by `name`, to the letter.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "Ed25519" => Some(Self::Ed25519),
            _ => Self::ALL.into_iter().find(|known| known.name() == name),
        }
    }

    pub(super) const fn family(self) -> Family {
        match self {
            Self::Hs256 | Self::Hs384 | Self::Hs512 => Family::Hmac,
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                Family::Rsa
            }
            Self::Es256 | Self::Es384 | Self::Es512 => Family::Ec,
            Self::Ed25519 => Family::Edwards,
        }
    }

    /// The length of the secret in bytes below which HMAC is weaker than its hash (RFC 7518,
    /// section 3.2), or that of one coordinate of a public point.
    pub(super) const fn unit(self) -> usize {
        match self {
            Self::Hs384 | Self::Es384 => 48,
            Self::Hs512 => 64,
            Self::Es512 => 66,
            _ => 32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_goes_by_its_name_to_the_letter() {
        for known in Algorithm::ALL {
            assert_eq!(Algorithm::named(known.name()), Some(known));
            assert_eq!(Algorithm::named(&known.name().to_lowercase()), None);
        }
        assert_eq!(Algorithm::named("Ed25519"), Some(Algorithm::Ed25519));
        for name in [
            "", "none", "None", "NONE", "HS1", "ES256K", "RSA-OAEP", "Ed448",
        ] {
            assert_eq!(Algorithm::named(name), None, "{name}");
        }
    }
}
