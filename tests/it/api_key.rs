//! api_key, through a real router.
