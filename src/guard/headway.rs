//! How far guards come without waiting.

use super::check::Stop;
use super::pass::Pass;

/// How far a guard came at once. Guards made of guards count the steps that they have behind them,
/// so that none is taken twice.
#[derive(Debug)]
pub enum Headway {
    /// To its decision.
    Decided(Result<Pass, Stop>),
    /// So many steps, which gave this pass; the next one has to wait.
    Waits { steps: usize, pass: Pass },
}

impl From<Option<Result<Pass, Stop>>> for Headway {
    fn from(verdict: Option<Result<Pass, Stop>>) -> Self {
        match verdict {
            Some(verdict) => Self::Decided(verdict),
            None => Self::Waits {
                steps: 0,
                pass: Pass::default(),
            },
        }
    }
}
