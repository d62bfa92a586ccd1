//! jwt, through a real router.
