//! Runners of the MLS working group's test vectors.
