//! Reading what sources list, on feeds and pages written for these tests.

#![expect(
    clippy::unwrap_used,
    reason = "a test's helpers may stop at the first surprise as the test itself may"
)]

mod feeds_test;
mod layouts_test;
mod sections_test;
mod sitemaps_test;
