//! The versions of an interface.

use std::sync::Arc;

use super::declared::Version;
use super::guard::{Known, VersionGuard};
use super::rule::Stage;
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::identity::ApiVersion;

/// The versions of an interface. Its clones count together.
#[derive(Clone, Debug)]
pub struct Versions {
    pub(super) base: Arc<str>,
    pub(super) known: Arc<[Arc<Known>]>,
    clock: Arc<dyn Clock>,
}

/// How a version stands.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VersionReport {
    /// Which it is.
    pub version: ApiVersion,
    /// Where in its life it stands.
    pub stage: Stage,
    /// From when on it should be used no more, in seconds since the Unix epoch.
    pub deprecation: Option<u64>,
    /// From when on it is not served, in seconds since the Unix epoch.
    pub sunset: Option<u64>,
    /// How many requests it was asked since the process began, by these handles of the list.
    pub requests: u64,
}

impl Versions {
    /// These versions, each below `base` and its name: `/api/v1`. An empty `base` is the root.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or one twice; if a sunset is before its deprecation, or a
    /// date, a link, a brown-out or a status cannot be; if `base` is no plain path from the root.
    pub fn under(
        base: &str,
        versions: impl IntoIterator<Item = Version>,
    ) -> Result<Self, ConfigError> {
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        let is_path = base.is_empty() || base.starts_with('/') && !base.ends_with('/');
        if !is_path || !base.bytes().all(is_good) || base.contains("//") {
            return Err(ConfigError::new(format!(
                "{base:?} is no path that versions can stand below: name it like /api, or leave it \
                 empty"
            )));
        }
        let mut versions: Vec<_> = versions.into_iter().collect();
        versions.sort_by_key(|version| version.number);
        if versions.is_empty() {
            return Err(ConfigError::new("an interface has at least one version"));
        }
        let mut known: Vec<Arc<Known>> = Vec::new();
        for (i, declared) in versions.iter().enumerate() {
            let version = declared.checked()?;
            if known.last().is_some_and(|last| last.version == version) {
                return Err(ConfigError::new(format!(
                    "{version} stands twice: say it once"
                )));
            }
            let later = versions.iter().skip(i + 1);
            let successor = successor(base, declared, later);
            known.push(Arc::new(Known::new(version, declared, successor)));
        }
        Ok(Self {
            base: base.into(),
            known: known.into(),
            clock: Arc::new(SystemClock),
        })
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The guard of the version of this number.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no such version.
    pub fn guard(&self, number: u16) -> Result<VersionGuard, ConfigError> {
        let known = self
            .known
            .iter()
            .find(|known| known.version.number() == number);
        known.map(|known| self.guard_of(known)).ok_or_else(|| {
            ConfigError::new(format!("there is no version {number}: add it to the list"))
        })
    }

    /// How each version stands now, the oldest first.
    #[must_use]
    pub fn report(&self) -> Vec<VersionReport> {
        let now = self.clock.now();
        self.known.iter().map(|known| known.report(now)).collect()
    }

    pub(super) fn guard_of(&self, known: &Arc<Known>) -> VersionGuard {
        VersionGuard::new(Arc::clone(known), Arc::clone(&self.clock))
    }
}

/// Where to go from a version that will end: to the next that is not deprecated, of those that are
/// `later`.
fn successor<'a>(
    base: &str,
    declared: &Version,
    mut later: impl Iterator<Item = &'a Version>,
) -> Option<String> {
    let next = later.find(|other| !other.dates.will_end())?;
    declared
        .dates
        .will_end()
        .then(|| format!("{base}/v{}", next.number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn a_list_that_cannot_be_is_not_built() {
        let list = |base, numbers: &[u16]| {
            Versions::under(base, numbers.iter().copied().map(Version::new)).is_ok()
        };
        for (base, numbers, good) in [
            ("/api", &[1, 2, 65_535][..], true),
            ("", &[1], true),
            ("/a/b-c", &[2], true),
            ("/api", &[], false),
            ("/api", &[1, 2, 1], false),
            ("/api", &[0], false),
            ("/api/", &[1], false),
            ("/", &[1], false),
            ("api", &[1], false),
            ("//api", &[1], false),
            ("/{base}", &[1], false),
            ("/a>b", &[1], false),
        ] {
            assert_eq!(list(base, numbers), good, "{base} {numbers:?}");
        }
        let wrong = Version::new(1).with_deprecation(2).with_sunset(1);
        assert!(Versions::under("/api", [wrong]).is_err());
    }

    #[test]
    fn the_successor_is_the_next_that_stays() {
        let old = |number| Version::new(number).with_deprecation(1);
        let list = [Version::new(4), old(1), old(2), Version::new(3), old(5)];
        let versions = Versions::under("/api", list).unwrap();
        let links: Vec<_> = versions.known.iter().map(|known| known.links()).collect();
        let to = |number: u16| vec![format!("</api/v{number}>; rel=\"successor-version\"")];
        assert_eq!(links, [to(3), to(3), vec![], vec![], vec![]]);
        assert!(versions.guard(5).is_ok());
        assert!(versions.guard(6).is_err());
    }

    #[test]
    fn a_report_says_how_each_version_stands() {
        let clock = ManualClock::at(99);
        let list = [Version::new(2), Version::new(1).with_sunset(100)];
        let versions = Versions::under("", list).unwrap().with_clock(clock.clone());
        let stages = || {
            let all = versions.report().into_iter();
            all.map(|one| (one.version.number(), one.stage))
                .collect::<Vec<_>>()
        };
        assert_eq!(stages(), [(1, Stage::Current), (2, Stage::Current)]);
        clock.advance(std::time::Duration::from_secs(1));
        assert_eq!(stages(), [(1, Stage::Ended), (2, Stage::Current)]);
    }
}
