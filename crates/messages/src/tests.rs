//! Tests of the structures as a whole.

mod extensions;
mod framing;
mod malformed;
mod round_trip;
mod samples;
mod signatures;
