//! Structures that carry their own signature.

/// Declares a structure whose last field is its signature, and the same without: what is signed.
///
/// The fields are written once, so that the signed octets can't differ from the encoded ones.
macro_rules! signed_struct {
    (
        $(#[$meta:meta])*
        pub struct $signed:ident;
        $(#[$unsigned_meta:meta])*
        pub struct $unsigned:ident;
        {
            $( $(#[$fmeta:meta])* pub $field:ident : $ty:ty ),* $(,)?
        }
    ) => {
        ::copath_codec::wire_struct! {
            $(#[$meta])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $signed {
                $( $(#[$fmeta])* pub $field: $ty, )*
                /// The signature over all fields before it.
                pub signature: ::copath_codec::Opaque,
            }
        }

        ::copath_codec::wire_struct! {
            $(#[$unsigned_meta])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $unsigned {
                $( $(#[$fmeta])* pub $field: $ty, )*
            }
        }

        impl $signed {
            /// Appends all fields but the signature.
            fn encode_unsigned(&self, writer: &mut ::copath_codec::Writer) {
                $( ::copath_codec::Encode::encode(&self.$field, writer); )*
            }
        }

        impl $unsigned {
            /// The structure with a signature that was made elsewhere, unchecked.
            pub fn with_signature(self, signature: ::copath_codec::Opaque) -> $signed {
                $signed { $( $field: self.$field, )* signature }
            }
        }

        impl ::core::convert::From<$signed> for $unsigned {
            fn from(signed: $signed) -> Self {
                Self { $( $field: signed.$field ),* }
            }
        }
    };
}
