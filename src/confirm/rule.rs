//! Whether a confirmation is one of this request.

use super::action::Fingerprint;
use super::token::{Claims, Purpose};

/// Whether `claims` are of the kind that was asked for, still good at `now`, and this caller's.
///
/// # Errors
/// The reason, for the event alone.
pub(super) fn holds(
    claims: &Claims,
    purpose: Purpose,
    caller: &Fingerprint,
    now: u64,
) -> Result<(), &'static str> {
    if claims.purpose != purpose {
        return Err("confirmation_of_another_kind");
    }
    if now >= claims.expires {
        return Err("confirmation_expired");
    }
    if claims.caller != *caller {
        return Err("confirmation_of_another_caller");
    }
    Ok(())
}

/// Whether `claims` are for this method and path.
pub(super) fn is_aimed_at(claims: &Claims, target: &Fingerprint) -> Result<(), &'static str> {
    if claims.action.target == *target {
        Ok(())
    } else {
        Err("confirmation_of_another_target")
    }
}

/// Whether `claims` are for this body.
pub(super) fn bears(claims: &Claims, body: &Fingerprint) -> Result<(), &'static str> {
    if claims.action.body == *body {
        Ok(())
    } else {
        Err("confirmation_of_another_body")
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::super::action::Action;
    use super::Purpose::{Confirmation, Ticket};
    use super::*;

    #[test]
    fn a_confirmation_holds_until_it_expires_for_its_own_caller() {
        let action = Action::new(&Method::POST, "/", b"x");
        let claims = |purpose| Claims {
            purpose,
            expires: 1_120,
            settled: 1_120,
            nonce: [0; 16],
            caller: [4; 32],
            action: action.clone(),
        };
        for (made_for, asked_for, caller, now, verdict) in [
            (Confirmation, Confirmation, [4; 32], 0, Ok(())),
            (Confirmation, Confirmation, [4; 32], 1_119, Ok(())),
            (
                Confirmation,
                Confirmation,
                [4; 32],
                1_120,
                Err("confirmation_expired"),
            ),
            (
                Confirmation,
                Confirmation,
                [5; 32],
                0,
                Err("confirmation_of_another_caller"),
            ),
            (
                Ticket,
                Confirmation,
                [4; 32],
                0,
                Err("confirmation_of_another_kind"),
            ),
            (
                Confirmation,
                Ticket,
                [4; 32],
                0,
                Err("confirmation_of_another_kind"),
            ),
            (Ticket, Ticket, [4; 32], 1_119, Ok(())),
        ] {
            assert_eq!(holds(&claims(made_for), asked_for, &caller, now), verdict);
        }
        let claims = claims(Confirmation);
        let other = Action::new(&Method::POST, "/other", b"y");
        assert!(is_aimed_at(&claims, &action.target).is_ok());
        assert!(bears(&claims, &action.body).is_ok());
        assert!(is_aimed_at(&claims, &other.target).is_err());
        assert!(bears(&claims, &other.body).is_err());
    }
}
