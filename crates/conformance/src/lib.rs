//! The kit that proves a crypto backend.
