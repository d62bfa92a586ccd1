//! assign, through a real router.
