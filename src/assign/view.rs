//! What of a model a caller gets to see.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::grant::Grant;
use super::role::{Role, Who};

/// A model of which each field says who may see it. Derive it: see [`crate::assign`].
///
/// References, lists, boxes and options of views are views.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may see its fields",
    label = "no rules for its fields",
    note = "put `#[derive(portcullis::assign::View)]` on it"
)]
pub trait View {
    /// The roles that the rules name; [`Anyone`](super::Anyone) if they name none.
    type Role: Role;

    /// Whether `grant` shows anything of such a model. What shows nothing is left out of the model
    /// around it.
    fn shows_to(grant: &Grant<Self::Role>) -> bool;

    /// Serialises what `grant` shows.
    ///
    /// # Errors
    /// Whatever the serialiser says.
    fn show<S: Serializer>(
        &self,
        grant: &Grant<Self::Role>,
        serializer: S,
    ) -> Result<S::Ok, S::Error>;

    /// The model as the holder of `grant` sees it: hand it to `Json`. To keep the model, call this
    /// on a reference to it.
    fn seen_by(self, grant: &Grant<Self::Role>) -> Seen<Self>
    where
        Self: Sized,
    {
        Seen {
            model: self,
            grant: grant.clone(),
        }
    }
}

/// A model as one caller sees it.
pub struct Seen<V: View> {
    model: V,
    grant: Grant<V::Role>,
}

impl<V: View> Serialize for Seen<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.model.show(&self.grant, serializer)
    }
}

/// The model is not shown, since logs are seen by others.
impl<V: View> fmt::Debug for Seen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").finish_non_exhaustive()
    }
}

/// The members of a model that are being shown, as [`View::show`] writes them.
pub struct Showing<'a, R, S: Serializer> {
    grant: &'a Grant<R>,
    members: S::SerializeMap,
}

impl<'a, R: Role, S: Serializer> Showing<'a, R, S> {
    /// Begins.
    ///
    /// # Errors
    /// Whatever the serialiser says.
    pub fn to(grant: &'a Grant<R>, serializer: S) -> Result<Self, S::Error> {
        let members = serializer.serialize_map(None)?;
        Ok(Self { grant, members })
    }

    /// Shows the field `name` to those in `who`.
    ///
    /// # Errors
    /// Whatever the serialiser says.
    pub fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        who: Who<R>,
        value: &T,
    ) -> Result<(), S::Error> {
        if self.grant.is_among(who) {
            self.members.serialize_entry(name, value)?;
        }
        Ok(())
    }

    /// Shows of the field `name` what its own rules say.
    ///
    /// # Errors
    /// Whatever the serialiser says.
    pub fn nested<V: View<Role = R>>(
        &mut self,
        name: &'static str,
        value: &V,
    ) -> Result<(), S::Error> {
        if V::shows_to(self.grant) {
            let grant = self.grant;
            self.members
                .serialize_entry(name, &Within { value, grant })?;
        }
        Ok(())
    }

    /// Ends.
    ///
    /// # Errors
    /// Whatever the serialiser says.
    pub fn end(self) -> Result<S::Ok, S::Error> {
        self.members.end()
    }
}

impl<R, S: Serializer> fmt::Debug for Showing<'_, R, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Showing").finish_non_exhaustive()
    }
}

impl<R: Role> Grant<R> {
    /// Whether the caller may see what is shown to those in `who`; for [`View::shows_to`].
    #[must_use]
    pub fn shows(&self, who: Who<R>) -> bool {
        self.is_among(who)
    }
}

struct Within<'a, V: View> {
    value: &'a V,
    grant: &'a Grant<V::Role>,
}

impl<V: View> Serialize for Within<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.show(self.grant, serializer)
    }
}

impl<V: View> View for &V {
    type Role = V::Role;

    fn shows_to(grant: &Grant<V::Role>) -> bool {
        V::shows_to(grant)
    }

    fn show<S: Serializer>(&self, grant: &Grant<V::Role>, out: S) -> Result<S::Ok, S::Error> {
        (**self).show(grant, out)
    }
}

impl<V: View> View for Box<V> {
    type Role = V::Role;

    fn shows_to(grant: &Grant<V::Role>) -> bool {
        V::shows_to(grant)
    }

    fn show<S: Serializer>(&self, grant: &Grant<V::Role>, out: S) -> Result<S::Ok, S::Error> {
        (**self).show(grant, out)
    }
}

impl<V: View> View for Option<V> {
    type Role = V::Role;

    fn shows_to(grant: &Grant<V::Role>) -> bool {
        V::shows_to(grant)
    }

    fn show<S: Serializer>(&self, grant: &Grant<V::Role>, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.show(grant, out),
            None => out.serialize_none(),
        }
    }
}

impl<V: View> View for Vec<V> {
    type Role = V::Role;

    fn shows_to(grant: &Grant<V::Role>) -> bool {
        V::shows_to(grant)
    }

    fn show<S: Serializer>(&self, grant: &Grant<V::Role>, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.iter().map(|value| Within { value, grant }))
    }
}
