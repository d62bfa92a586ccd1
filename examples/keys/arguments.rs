//! What is written behind the name of the tool.

use std::time::Duration;

use portcullis::store::KeyId;

pub(crate) const HELP: &str = "\
Creates, lists, rotates and revokes API keys where the application keeps them.

    keys create --owner NAME (--days N | --never-expires) [--tenant NAME] [--label TEXT]
                [--prefix WORD] [--scopes 'A B'] [--network ADDRESS/BITS]...
    keys list   --owner NAME [--tenant NAME]
    keys rotate ID [--overlap-hours N]
    keys revoke ID
    keys help

The store is a SQLite file or a postgres:// address (built with `--features postgres`): --store, or
KEYS_STORE in the environment, where other users of the machine do not see its password. Tables are
created if they are not there.

    --prefix         how the key begins: its environment (default: key)
    --network        from where the key may be used; several are allowed (default: from everywhere)
    --overlap-hours  for how long the old key stays good (default: 24; 0 for one that has leaked)
    KEYS_PEPPER      NUMBER:SECRET, the pepper of the application, if it has one

A key is shown once, when it is created or rotated. The exit status is 0 if what was asked was
done, 1 if it failed, 2 if it was not understood, 3 if there is no such key.
";

/// What was not understood.
#[derive(Debug, PartialEq)]
pub(crate) struct Usage(pub(crate) String);

#[derive(Debug, PartialEq)]
pub(crate) struct Asked {
    /// None if help was asked for.
    pub(crate) store: Option<String>,
    pub(crate) command: Command,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Create(NewKey),
    List(Owner),
    Rotate { id: KeyId, overlap: Duration },
    Revoke(KeyId),
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Owner {
    pub(crate) subject: String,
    pub(crate) tenant: Option<String>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct NewKey {
    pub(crate) owner: Owner,
    pub(crate) label: Option<String>,
    pub(crate) prefix: String,
    pub(crate) scopes: String,
    pub(crate) networks: Vec<String>,
    /// None if it never expires.
    pub(crate) days: Option<u32>,
}

/// Options and bare words, in the order in which they were written.
#[derive(Default)]
struct Words {
    options: Vec<(String, String)>,
    bare: Vec<String>,
}

const SWITCH: &str = "never-expires";

impl Words {
    fn read(words: impl Iterator<Item = String>) -> Result<Self, Usage> {
        let mut read = Self::default();
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            let Some(name) = word.strip_prefix("--") else {
                read.bare.push(word);
                continue;
            };
            let value = if name == SWITCH {
                Some(String::new())
            } else {
                words.next()
            };
            let value = value.ok_or_else(|| Usage(format!("--{name} needs a value")))?;
            read.options.push((name.to_owned(), value));
        }
        Ok(read)
    }

    fn all(&mut self, name: &str) -> Vec<String> {
        let (own, others) = std::mem::take(&mut self.options)
            .into_iter()
            .partition(|(option, _)| option == name);
        self.options = others;
        let own: Vec<_> = own;
        own.into_iter().map(|(_, value)| value).collect()
    }

    fn one(&mut self, name: &str) -> Result<Option<String>, Usage> {
        let mut values = self.all(name);
        let value = values.pop();
        if values.is_empty() {
            Ok(value)
        } else {
            Err(Usage(format!("--{name} is there twice")))
        }
    }

    fn needed(&mut self, name: &str) -> Result<String, Usage> {
        self.one(name)?
            .ok_or_else(|| Usage(format!("--{name} is missing")))
    }

    fn number(&mut self, name: &str) -> Result<Option<u32>, Usage> {
        let number = self.one(name)?.map(|text| text.parse());
        number
            .transpose()
            .map_err(|_| Usage(format!("--{name} needs a number")))
    }

    fn owner(&mut self) -> Result<Owner, Usage> {
        Ok(Owner {
            subject: self.needed("owner")?,
            tenant: self.one("tenant")?,
        })
    }

    fn id(&mut self) -> Result<KeyId, Usage> {
        let id = self.bare.pop();
        let id = id.ok_or_else(|| Usage("which key? its ID is missing".into()))?;
        KeyId::parse(&id).ok_or_else(|| Usage("that is no ID: 16 letters and digits".into()))
    }

    /// Nothing may be left: a word that is passed over is a wish that is not fulfilled.
    fn end(self) -> Result<(), Usage> {
        let option = self.options.first().map(|(name, _)| format!("--{name}"));
        match option.or(self.bare.first().cloned()) {
            Some(word) => Err(Usage(format!("{word} has no place here"))),
            None => Ok(()),
        }
    }
}

pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Asked, Usage> {
    let command = words.next();
    let mut words = Words::read(words)?;
    let store = words
        .one("store")?
        .or_else(|| std::env::var("KEYS_STORE").ok());
    let command = match command.as_deref() {
        Some("create") => Command::Create(NewKey {
            owner: words.owner()?,
            label: words.one("label")?,
            prefix: words.one("prefix")?.unwrap_or_else(|| "key".into()),
            scopes: words.one("scopes")?.unwrap_or_default(),
            networks: words.all("network"),
            days: end_of(&mut words)?,
        }),
        Some("list") => Command::List(words.owner()?),
        Some("rotate") => Command::Rotate {
            id: words.id()?,
            overlap: Duration::from_hours(words.number("overlap-hours")?.unwrap_or(24).into()),
        },
        Some("revoke") => Command::Revoke(words.id()?),
        Some("help" | "--help" | "-h") => {
            let command = Command::Help;
            return Ok(Asked {
                store: None,
                command,
            });
        }
        Some(other) => return Err(Usage(format!("there is no command {other}"))),
        None => return Err(Usage("which command?".into())),
    };
    words.end()?;
    if store.is_none() {
        return Err(Usage(
            "which store? --store or KEYS_STORE is missing".into(),
        ));
    }
    Ok(Asked { store, command })
}

/// Whoever wants a key that never expires says so.
fn end_of(words: &mut Words) -> Result<Option<u32>, Usage> {
    match (words.number("days")?, words.one(SWITCH)?) {
        (Some(days), None) => Ok(Some(days)),
        (None, Some(_)) => Ok(None),
        _ => Err(Usage("either --days or --never-expires is needed".into())),
    }
}
