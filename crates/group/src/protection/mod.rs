//! Protecting and unprotecting messages.
//!
//! RFC 9420 §6: PublicMessage with its membership tag, PrivateMessage with its sender data, and padding.

mod padding;
mod private;
mod public;

pub(crate) use padding::padded_length;
pub(crate) use private::{OpenKeys, open_private, open_sender, ratchet_kind, seal_private};
pub(crate) use public::{check_membership_tag, to_public};
