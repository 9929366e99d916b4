//! Messaging Layer Security for applications.
