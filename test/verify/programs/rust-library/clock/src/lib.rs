//! As much of `time` as the library of Standard Webhooks asks for, and a way to set it.
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
