//! The part of the crate `time` that the Standard Webhooks library uses, with a clock that can be set.
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

static NOW: AtomicI64 = AtomicI64::new(0);

pub struct OffsetDateTime(i64);

impl OffsetDateTime {
    pub fn set(seconds: i64) {
        NOW.store(seconds, SeqCst);
    }

    pub fn now_utc() -> Self {
        Self(NOW.load(SeqCst))
    }

    pub fn unix_timestamp(&self) -> i64 {
        self.0
    }
}
