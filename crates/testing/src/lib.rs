//! Forging and simulation for tests.
