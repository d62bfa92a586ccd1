//! What an author says of a version.

use std::time::{Duration, UNIX_EPOCH};

use http::StatusCode;
use http::header::{HeaderName, HeaderValue, LINK};
use httpdate::HttpDate;

use super::rule::{BrownOut, Dates};
use crate::config::ConfigError;
use crate::guard::{Deed, Stamps};
use crate::identity::ApiVersion;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// The first second of the year 10000, which a date of HTTP has no digits for.
const END_OF_DATES: u64 = 253_402_300_800;

/// A version and its dates, which are seconds since the Unix epoch. Whether they can be is looked at
/// when the list of versions is made.
#[derive(Clone, Debug)]
pub struct Version {
    pub(super) number: u16,
    pub(super) dates: Dates,
    deprecation_link: Option<String>,
    sunset_link: Option<String>,
    successor: Option<String>,
    /// The status after its end; none if it is served on.
    pub(super) end: Option<StatusCode>,
}

impl Version {
    /// The version of this number, which is there to be used: `v1` for 1.
    #[must_use]
    pub fn new(number: u16) -> Self {
        Self {
            number,
            dates: Dates::default(),
            deprecation_link: None,
            sunset_link: None,
            successor: None,
            end: Some(StatusCode::GONE),
        }
    }

    /// From this second on it should be used no more (RFC 9745).
    #[must_use]
    pub fn with_deprecation(mut self, at: u64) -> Self {
        self.dates.deprecation = Some(at);
        self
    }

    /// Where it is told why, and what to do.
    #[must_use]
    pub fn with_deprecation_link(mut self, address: impl Into<String>) -> Self {
        self.deprecation_link = Some(address.into());
        self
    }

    /// From this second on it is not served (RFC 8594).
    #[must_use]
    pub fn with_sunset(mut self, at: u64) -> Self {
        self.dates.sunset = Some(at);
        self
    }

    /// Where it is told how versions end.
    #[must_use]
    pub fn with_sunset_link(mut self, address: impl Into<String>) -> Self {
        self.sunset_link = Some(address.into());
        self
    }

    /// What takes its place (default: the next version that is not deprecated, if this one is).
    #[must_use]
    pub fn with_successor(mut self, address: impl Into<String>) -> Self {
        self.successor = Some(address.into());
        self
    }

    /// Is away at these times, before it ends (default: never).
    #[must_use]
    pub fn with_brown_outs(mut self, brown_outs: impl IntoIterator<Item = BrownOut>) -> Self {
        self.dates.brown_outs = brown_outs.into_iter().collect();
        self
    }

    /// Answers with this status after its end (default: 410).
    #[must_use]
    pub fn with_status_after_sunset(mut self, status: StatusCode) -> Self {
        self.end = Some(status);
        self
    }

    /// Goes on being served after its sunset. Then the date means nothing, and everybody learns so.
    #[must_use]
    pub fn dangerous_served_after_sunset(mut self) -> Self {
        self.end = None;
        self
    }

    /// The version, if all that is said of it can be.
    pub(super) fn checked(&self) -> Result<ApiVersion, ConfigError> {
        let number = self.number;
        let fault = |sentence: &str| ConfigError::new(format!("version {number}: {sentence}"));
        let Some(version) = ApiVersion::new(number) else {
            return Err(fault("versions begin with 1, as v0 is none"));
        };
        let Dates {
            deprecation,
            sunset,
            brown_outs,
        } = &self.dates;
        if [deprecation, sunset]
            .into_iter()
            .flatten()
            .any(|date| *date >= END_OF_DATES)
        {
            return Err(fault(
                "a date is after the year 9999: dates are seconds, not milliseconds",
            ));
        }
        if let (Some(deprecation), Some(sunset)) = (deprecation, sunset)
            && sunset < deprecation
        {
            return Err(fault(
                "its sunset is before its deprecation (RFC 9745, section 4): swap them",
            ));
        }
        if self
            .end
            .is_some_and(|end| !end.is_client_error() && !end.is_server_error())
        {
            return Err(fault(
                "after its end it must answer with an error, from 400 to 599",
            ));
        }
        check_brown_outs(brown_outs, deprecation.unwrap_or(0), *sunset).map_err(fault)?;
        let links = [&self.deprecation_link, &self.sunset_link, &self.successor];
        if !links.into_iter().flatten().all(|link| is_address(link)) {
            return Err(fault(
                "a link is no address: name it like https://example.com/docs or /docs",
            ));
        }
        if self.deprecation_link.is_some() && deprecation.is_none() {
            return Err(fault(
                "a link tells of a deprecation that has no date: give it one",
            ));
        }
        if self.sunset_link.is_some() && sunset.is_none() {
            return Err(fault(
                "a link tells of a sunset that has no date: give it one",
            ));
        }
        Ok(version)
    }

    /// Its headers, if `successor` takes its place unless it says otherwise.
    pub(super) fn stamps(&self, successor: Option<String>) -> Stamps {
        let mut stamps = Stamps::default();
        let mut say = |name: HeaderName, text: String| {
            // Dates and addresses that were checked are all that there is in it.
            if let Ok(value) = HeaderValue::try_from(text) {
                match name {
                    LINK => stamps.add(name, value),
                    name => stamps.put(name, Deed::Set(value)),
                }
            }
        };
        if let Some(at) = self.dates.deprecation {
            say(DEPRECATION, format!("@{at}"));
        }
        if let Some(at) = self.dates.sunset {
            let date = HttpDate::from(UNIX_EPOCH + Duration::from_secs(at));
            say(SUNSET, date.to_string());
        }
        let successor = self.successor.clone().or(successor);
        for (address, relation) in [
            (self.deprecation_link.as_ref(), "deprecation"),
            (self.sunset_link.as_ref(), "sunset"),
            (successor.as_ref(), "successor-version"),
        ] {
            if let Some(address) = address {
                say(LINK, format!("<{address}>; rel=\"{relation}\""));
            }
        }
        stamps
    }
}

fn check_brown_outs(
    brown_outs: &[BrownOut],
    from: u64,
    sunset: Option<u64>,
) -> Result<(), &'static str> {
    if brown_outs.is_empty() {
        return Ok(());
    }
    let Some(sunset) = sunset else {
        return Err("it is away at times though it never ends: give it a sunset");
    };
    let mut times: Vec<_> = brown_outs.iter().map(|one| &one.when).collect();
    times.sort_by_key(|when| when.start);
    if times
        .iter()
        .any(|when| when.is_empty() || when.start < from || when.end > sunset)
    {
        return Err("a time at which it is away is empty, or not between deprecation and sunset");
    }
    let mut pairs = times.iter().zip(times.iter().skip(1));
    if pairs.any(|(one, next)| next.start < one.end) {
        return Err("two times at which it is away overlap: make them one");
    }
    Ok(())
}

/// Whether this is a URI reference that a `Link` can bear: with a scheme, or from the root.
fn is_address(text: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_graphic() && !b"<>\"\\^`{|}".contains(&byte);
    let starts = ["https://", "http://", "/"];
    text.bytes().all(is_good) && starts.iter().any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_not_built_and_says_why() {
        let one = || Version::new(1);
        let dated = || one().with_deprecation(100).with_sunset(200);
        let away = |times: &[(u64, u64)]| {
            let times = times
                .iter()
                .map(|(from, until)| BrownOut::gone(*from..*until));
            dated().with_brown_outs(times)
        };
        let ok = StatusCode::OK;
        for (version, fault) in [
            (one(), ""),
            (dated(), ""),
            (one().with_sunset(200), ""),
            (one().with_deprecation(200).with_sunset(200), ""),
            (
                one().with_deprecation(201).with_sunset(200),
                "before its deprecation",
            ),
            (Version::new(0), "begin with 1"),
            (one().with_sunset(END_OF_DATES - 1), ""),
            (one().with_sunset(END_OF_DATES), "year 9999"),
            (one().with_deprecation(END_OF_DATES), "year 9999"),
            (dated().with_status_after_sunset(StatusCode::NOT_FOUND), ""),
            (dated().with_status_after_sunset(ok), "with an error"),
            (away(&[(100, 120), (120, 130), (190, 200)]), ""),
            (away(&[(120, 130), (100, 121)]), "overlap"),
            (away(&[(120, 130), (120, 130)]), "overlap"),
            (away(&[(99, 120)]), "not between"),
            (away(&[(190, 201)]), "not between"),
            (away(&[(120, 120)]), "empty"),
            (one().with_brown_outs([BrownOut::gone(1..2)]), "never ends"),
            (dated().with_sunset_link("https://a.example/x?y#z"), ""),
            (dated().with_sunset_link("a"), "no address"),
            (
                dated().with_deprecation_link("https://a.example/>; rel=x"),
                "no address",
            ),
            (dated().with_successor("/api/v2\r\nx: y"), "no address"),
            (one().with_sunset_link("/docs"), "no date"),
            (one().with_deprecation_link("/docs"), "no date"),
        ] {
            let found = version
                .checked()
                .err()
                .map_or(String::new(), |error| error.to_string());
            assert!(found.contains(fault), "{version:?}: {found}");
            assert_eq!(found.is_empty(), fault.is_empty(), "{version:?}: {found}");
        }
    }
}
