//! input, through a real router.
