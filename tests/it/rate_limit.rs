//! rate_limit, through a real router.
